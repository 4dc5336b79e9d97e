"""Functions that have a name of their own, with whole bodies."""

from __future__ import annotations

import math
from collections.abc import Sequence

from collapse_lab.tasks.operations import Classic
from collapse_lab.tasks.tables.numbers import digits, divisors, is_prime


def _fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def _collatz(n: int) -> int:
    steps = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def _root(n: int) -> int:
    while n > 9:
        n = sum(digits(n))
    return n


def _largest_prime_factor(n: int) -> int:
    return max((d for d in divisors(n) if is_prime(d)), default=0)


CLASSICS: Sequence[Classic] = (
    Classic(
        key="factorial",
        run=math.factorial,
        takes="natural",
        words="the factorial of {n}",
        gives="int",
        bodies=(
            "{p} = 1\nfor {q} in range(2, {n} + 1):\n    {p} *= {q}\nreturn <{p}>",
            "if {n} < 2:\n    return 1\nreturn {n} * {f}({n} - 1)",
            "{p} = 1\nwhile {n} > 1:\n    {p} *= {n}\n    {n} -= 1\nreturn <{p}>",
        ),
    ),
    Classic(
        key="fibonacci",
        run=_fibonacci,
        takes="natural",
        words="the Fibonacci number with index {n} (index 0 is 0, index 1 is 1)",
        gives="int",
        bodies=(
            "{p}, {q} = 0, 1\nfor _ in range({n}):\n    {p}, {q} = {q}, {p} + {q}\nreturn <{p}>",
            "if {n} < 2:\n    return {n}\nreturn {f}({n} - 1) + {f}({n} - 2)",
            "{p} = [0, 1]\nwhile len({p}) <= {n}:\n    {p}.append({p}[-1] + {p}[-2])\nreturn <{p}[{n}]>",
        ),
    ),
    Classic(
        key="primes",
        run=lambda n: sum(is_prime(i) for i in range(n + 1)),
        takes="natural",
        words="the number of primes up to and including {n}",
        gives="int",
        bodies=(
            (
                "{p} = 0\nfor {q} in range(2, {n} + 1):\n    if all({q} % {r} for {r} in range(2, {q})):\n"
                "        {p} += 1\nreturn <{p}>"
            ),
            "{p} = [{q} for {q} in range(2, {n} + 1) if all({q} % {r} for {r} in range(2, {q}))]\nreturn <len({p})>",
        ),
    ),
    Classic(
        key="backwards",
        run=lambda n: int(str(n)[::-1]),
        takes="digits",
        words="the number with the digits of {n} in reverse order",
        gives="int",
        bodies=(
            "return <int(str({n})[::-1])>",
            "{p} = 0\nwhile {n} > 0:\n    {p} = {p} * 10 + {n} % 10\n    {n} //= 10\nreturn <{p}>",
        ),
    ),
    Classic(
        key="root",
        run=math.isqrt,
        takes="digits",
        words="the rounded down square root of {n}",
        gives="int",
        bodies=(
            "{p} = 0\nwhile ({p} + 1) ** 2 <= {n}:\n    {p} += 1\nreturn <{p}>",
            "return <int({n} ** 0.5)>",
        ),
    ),
    Classic(
        key="bits",
        run=int.bit_count,
        takes="digits",
        words="the number of ones in the binary form of {n}",
        gives="int",
        bodies=(
            'return <bin({n}).count("1")>',
            "{p} = 0\nwhile {n} > 0:\n    {p} += {n} % 2\n    {n} //= 2\nreturn <{p}>",
            "if {n} == 0:\n    return 0\nreturn {n} % 2 + {f}({n} // 2)",
        ),
    ),
    Classic(
        key="collatz",
        run=_collatz,
        takes="natural",
        words="the number of Collatz steps (halve if even, else triple and add 1) from {n} until it is at most 1",
        gives="int",
        bodies=(
            (
                "{p} = 0\nwhile {n} > 1:\n    if {n} % 2 == 0:\n        {n} //= 2\n"
                "    else:\n        {n} = 3 * {n} + 1\n    {p} += 1\nreturn <{p}>"
            ),
            "{p} = 0\nwhile {n} > 1:\n    {n} = {n} // 2 if {n} % 2 == 0 else 3 * {n} + 1\n    {p} += 1\nreturn <{p}>",
        ),
    ),
    Classic(
        key="digital-root",
        run=_root,
        takes="digits",
        words="the digital root of {n} (add up the digits until one is left)",
        gives="int",
        bodies=(
            "while {n} > 9:\n    {n} = sum(int({p}) for {p} in str({n}))\nreturn <{n}>",
            "if {n} < 10:\n    return {n}\nreturn {f}(sum(int({p}) for {p} in str({n})))",
        ),
    ),
    Classic(
        key="prime-factor",
        run=_largest_prime_factor,
        takes="natural",
        words="the largest prime factor of {n}, or 0 if {n} is less than 2",
        gives="int",
        bodies=(
            (
                "{p} = 0\n{q} = 2\nwhile {n} >= {q}:\n    if {n} % {q} == 0:\n        {p} = {q}\n        {n} //= {q}\n"
                "    else:\n        {q} += 1\nreturn <{p}>"
            ),
        ),
    ),
    Classic(
        key="triangle-root",
        run=lambda n: (math.isqrt(8 * n + 1) - 1) // 2,
        takes="digits",
        words="how many of 1, 2, 3 and so on can be added up without exceeding {n}",
        gives="int",
        bodies=("{p} = 0\nwhile {n} > {p}:\n    {p} += 1\n    {n} -= {p}\nreturn <{p}>",),
    ),
    Classic(
        key="tribonacci",
        run=lambda n: _tribonacci(n),
        takes="natural",
        words="the Tribonacci number with index {n} (indices 0, 1 and 2 are 0, 0 and 1)",
        gives="int",
        bodies=(
            (
                "{p}, {q}, {r} = 0, 0, 1\nfor _ in range({n}):\n"
                "    {p}, {q}, {r} = {q}, {r}, {p} + {q} + {r}\nreturn <{p}>"
            ),
        ),
    ),
    Classic(
        key="halvings",
        run=lambda n: max(n, 1).bit_length() - 1,
        takes="digits",
        words="how often {n} can be halved, rounding down, until it is at most 1",
        gives="int",
        bodies=(
            "{p} = 0\nwhile {n} > 1:\n    {n} //= 2\n    {p} += 1\nreturn <{p}>",
            "if {n} < 2:\n    return 0\nreturn 1 + {f}({n} // 2)",
        ),
    ),
)


def _tribonacci(n: int) -> int:
    a, b, c = 0, 0, 1
    for _ in range(n):
        a, b, c = b, c, a + b + c
    return a


QUESTIONS: Sequence[Classic] = (
    Classic(
        key="prime",
        run=is_prime,
        takes="natural",
        words="whether {n} is prime",
        gives="bool",
        bodies=(
            (
                "if {n} < 2:\n    return False\n"
                "for {p} in range(2, {n}):\n    if {n} % {p} == 0:\n        return False\nreturn <True>"
            ),
            "return <{n} > 1 and all({n} % {p} for {p} in range(2, {n}))>",
        ),
    ),
    Classic(
        key="palindrome",
        run=lambda n: str(n) == str(n)[::-1],
        takes="digits",
        words="whether the digits of {n} read the same in both directions",
        gives="bool",
        bodies=("return <str({n}) == str({n})[::-1]>", "{p} = str({n})\nreturn <{p} == {p}[::-1]>"),
    ),
    Classic(
        key="power-of-2",
        run=lambda n: n > 0 and n & (n - 1) == 0,
        takes="natural",
        words="whether {n} is a power of 2 (1 is one)",
        gives="bool",
        bodies=(
            'return <bin({n}).count("1") == 1>',
            "{p} = 1\nwhile {p} < {n}:\n    {p} *= 2\nreturn <{p} == {n}>",
        ),
    ),
    Classic(
        key="square",
        run=lambda n: math.isqrt(n) ** 2 == n,
        takes="natural",
        words="whether {n} is a perfect square",
        gives="bool",
        bodies=(
            "return <int({n} ** 0.5) ** 2 == {n}>",
            "return <any({p} * {p} == {n} for {p} in range({n} + 1))>",
            "{p} = 0\nwhile {p} * {p} < {n}:\n    {p} += 1\nreturn <{p} * {p} == {n}>",
        ),
    ),
    Classic(
        key="binary",
        run=lambda n: f"{n:b}",
        takes="digits",
        words="the binary form of {n} as text",
        gives="str",
        bodies=("return <bin({n})[2:]>",),
    ),
    Classic(
        key="harshad",
        run=lambda n: n > 0 and n % sum(digits(n)) == 0,
        takes="digits",
        words="whether {n} is positive and divisible by the sum of its digits",
        gives="bool",
        bodies=("return <{n} > 0 and {n} % sum(int({p}) for {p} in str({n})) == 0>",),
    ),
)

PAIRS: Sequence[Classic] = (
    Classic(
        key="gcd",
        run=math.gcd,
        takes="pair",
        words="the greatest common divisor of {a} and {b}",
        gives="int",
        bodies=(
            "while {b} > 0:\n    {a}, {b} = {b}, {a} % {b}\nreturn <{a}>",
            "if {b} == 0:\n    return {a}\nreturn {f}({b}, {a} % {b})",
        ),
    ),
    Classic(
        key="larger",
        run=max,
        takes="pair",
        words="the larger of {a} and {b}",
        gives="int",
        bodies=("return <max({a}, {b})>", "return <{a} if {a} > {b} else {b}>"),
    ),
    Classic(
        key="distance",
        run=lambda a, b: abs(a - b),
        takes="pair",
        words="the absolute difference between {a} and {b}",
        gives="int",
        bodies=("return <abs({a} - {b})>", "{p} = {a} - {b}\nreturn <abs({p})>"),
    ),
    Classic(
        key="multiple",
        run=math.lcm,
        takes="pair",
        words="the least common multiple of {a} and {b}",
        gives="int",
        bodies=(
            "{p} = {a}\nwhile {p} % {b} != 0:\n    {p} += {a}\nreturn <{p}>",
            "{p}, {q} = {a}, {b}\nwhile {q} > 0:\n    {p}, {q} = {q}, {p} % {q}\nreturn <{a} * {b} // {p}>",
        ),
    ),
    Classic(
        key="power",
        run=pow,
        takes="pair",
        words="{a} to the power of {b}",
        gives="int",
        bodies=(
            "if {b} == 0:\n    return 1\nreturn {a} * {f}({a}, {b} - 1)",
            "{p} = 1\nfor _ in range({b}):\n    {p} *= {a}\nreturn <{p}>",
        ),
    ),
    Classic(
        key="remainder",
        run=lambda a, b: a % b,
        takes="pair",
        words="the remainder of {a} divided by {b}",
        gives="int",
        bodies=("return <{a} % {b}>", "while {a} >= {b}:\n    {a} -= {b}\nreturn <{a}>"),
    ),
    Classic(
        key="quotient",
        run=lambda a, b: a // b,
        takes="pair",
        words="the rounded down quotient of {a} divided by {b}",
        gives="int",
        bodies=("return <{a} // {b}>", "{p} = 0\nwhile {a} >= {b}:\n    {a} -= {b}\n    {p} += 1\nreturn <{p}>"),
    ),
    Classic(
        key="common",
        run=lambda a, b: len(divisors(math.gcd(a, b))),
        takes="pair",
        words="the number of common divisors of {a} and {b}",
        gives="int",
        bodies=(
            (
                "{p} = 0\nfor {q} in range(1, {a} + 1):\n"
                "    if {a} % {q} == 0 and {b} % {q} == 0:\n        {p} += 1\nreturn <{p}>"
            ),
        ),
    ),
    Classic(
        key="squares",
        run=lambda a, b: a * a + b * b,
        takes="pair",
        words="the sum of the squares of {a} and {b}",
        gives="int",
        bodies=("return <{a} * {a} + {b} * {b}>", "return <{a} ** 2 + {b} ** 2>"),
    ),
    Classic(
        key="ceiling",
        run=lambda a, b: -(-a // b),
        takes="pair",
        words="the rounded up quotient of {a} divided by {b}",
        gives="int",
        bodies=("return <({a} + {b} - 1) // {b}>", "return <-(-{a} // {b})>"),
    ),
)
