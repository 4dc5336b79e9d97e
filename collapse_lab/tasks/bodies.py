"""Bodies of functions on lists and integers, in the styles that people write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import cast

from collapse_lab.tasks.flow import Flow, Lines, indented
from collapse_lab.tasks.names import Names
from collapse_lab.tasks.operations import Arrange, Classic, Filter, Map, Reduce, Source, Test
from collapse_lab.tasks.specification import Specification

LONGEST_LINE = 95
Style = Callable[[Flow, "Reduce | Arrange | None", Names, Random], "Lines | None"]


def body(specification: Specification, names: Names, random: Random) -> Lines:
    """Return the lines of a body, without the function's own indent."""
    first = specification.operations[0]
    if isinstance(first, Classic):
        return _classic(specification, names, random)
    if specification.shape.form == "branch":
        return _branch(specification, names, random)
    if specification.shape.form == "replace":
        return _replace(specification, names, random)
    return _line(specification, names, random)


def _line(specification: Specification, names: Names, random: Random) -> Lines:
    for start in (random.choice(("at once", "list")), "list", "list of ranges, too"):
        attempt = names.again()
        setup, flow = _start(specification, start, attempt)
        last: Reduce | Arrange | None = None
        for operation in specification.operations:
            if isinstance(operation, Filter):
                flow = flow.filtered(random.choice(operation.code))
            elif isinstance(operation, Map):
                flow = flow.mapped(operation, random.choice(operation.code))
            elif isinstance(operation, Reduce | Arrange):
                last = operation
        if lines := _styled(flow, last, attempt, random):
            return setup + lines
    raise ValueError(f"no style writes {specification.names}: give one of its operations another way of writing it")


def _styled(flow: Flow, last: Reduce | Arrange | None, names: Names, random: Random) -> Lines | None:
    """Return the body in a style that has a way of writing it in lines that are not too long."""
    styles = dict(_STYLES)
    while styles:
        style = random.choices(list(styles), list(styles.values()))[0]
        lines = style(flow, last, names.again(), random)
        if lines and all(len(line) <= LONGEST_LINE for line in lines):
            return lines
        del styles[style]
    return None


def _start(specification: Specification, start: str, names: Names) -> tuple[Lines, Flow]:
    """Return the lines before the pipeline and the pipeline without operations.

    *start* says whether what a source makes is a list of its own first.
    """
    first = specification.operations[0]
    item = names.draw("word" if specification.takes == "words" else "number")
    if not isinstance(first, Source):
        return [], Flow(names.parameters[0], item, item, item)
    holes = dict(zip(("a", "b") if len(names.parameters) == 2 else ("n",), names.parameters, strict=True))
    test = first.test.format(x=item, **holes)
    element = first.element.format(x=item)
    flow = Flow(first.over.format(**holes), item, element, element, False, (test,) if test else ())
    if start == "at once" or (flow.plain and start == "list"):
        return [], flow
    kept = names.draw("list")
    again = names.draw("number")
    return [f"{kept} = {flow.listed()}"], Flow(kept, again, again, again)


def _expression(flow: Flow, last: Reduce | Arrange) -> str | None:
    """Return the whole pipeline as one expression."""
    lst = last.lst if isinstance(last, Reduce) else "".join(last.lst[:1])
    empty = last.empty if isinstance(last, Reduce) else ""
    if flow.plain and flow.named and lst:
        written = lst.format(v=flow.over)
        return f"{written} if {flow.over} else {empty}" if empty else written
    return _generated(flow, last)


def _generated(flow: Flow, last: Reduce | Arrange) -> str | None:
    if not last.gen:
        return None
    each = last.each if isinstance(last, Reduce) else ""
    if flow.plain and not each:
        return None if "{{" in last.gen else last.gen.format(it=flow.over, its=flow.over)
    it = flow.asked(each).comprehension()
    return last.gen.format(it=it, its=f"({it})")


def _one_line(flow: Flow, last: Reduce | Arrange | None, names: Names, random: Random) -> Lines | None:
    if last is None:
        return [f"return {flow.listed()}"]
    if isinstance(last, Arrange) and flow.plain and flow.named and last.lst:
        return [f"return {random.choice(last.lst).format(v=flow.over)}"]
    if (isinstance(last, Reduce) and random.random() < 0.5) or not flow.plain:
        written = _generated(flow, last) or _expression(flow, last)
    else:
        written = _expression(flow, last)
    return [f"return {written}"] if written else None


def _helper(flow: Flow, last: Reduce | Arrange | None, names: Names, random: Random) -> Lines | None:
    """The list first, then what is made of it."""
    if last is None:
        kept = names.draw("whole")
        return [f"{kept} = {flow.listed()}", f"return {kept}"]
    if flow.plain and flow.named:
        return _guarded(flow.over, last) if isinstance(last, Reduce) else None
    kept = names.draw("list")
    if flow.tests and flow.value != flow.element and random.random() < 0.5:
        setup = f"{kept} = {replace(flow, value=flow.element).listed()}"
        if flow.element == flow.item and (written := _generated(replace(flow, over=kept, tests=()), last)):
            return [setup, f"return {written}"]
    setup = f"{kept} = {flow.listed()}"
    if isinstance(last, Reduce) and last.empty and random.random() < 0.5:
        return [setup, *(_guarded(kept, last) or ())]
    written = _expression(Flow(kept, flow.item, flow.item, flow.item), last)
    return [setup, f"return {written}"] if written else None


def _steps(flow: Flow, last: Reduce | Arrange | None, names: Names, random: Random) -> Lines | None:
    """What is kept first, then what becomes of it, then the result: short lines, whatever the operations."""
    if flow.element != flow.item or flow.plain:
        return None
    lines, over = [], flow.over
    for tests, value in ((flow.tests, flow.item), ((), flow.value)):
        part = replace(flow, over=over, tests=tests, value=value)
        if not part.plain:
            over = names.draw("list" if tests else "whole")
            lines.append(f"{over} = {part.listed()}")
    written = _expression(Flow(over, flow.item, flow.item, flow.item), last) if last else over
    return [*lines, f"return {written}"] if written else None


def _guarded(kept: str, last: Reduce) -> Lines | None:
    if not last.empty:
        return None
    return [f"if not {kept}:", f"    return {last.empty}", f"return {last.lst.format(v=kept)}"]


def _stream(flow: Flow, last: Reduce | Arrange | None, names: Names, random: Random) -> Lines | None:
    """A generator first, then what is made of it."""
    if last is None or not last.gen or flow.plain or "{{" in last.gen:
        return None
    stream = names.draw("stream")
    each = last.each if isinstance(last, Reduce) else ""
    written = last.gen.format(it=stream, its=stream)
    return [f"{stream} = ({flow.asked(each).comprehension()})", f"return {written}"]


def _loop(flow: Flow, last: Reduce | Arrange | None, names: Names, random: Random) -> Lines | None:
    start, inner, result = ("[]", "{acc}.append({v})", "{acc}") if last is None else last.loop or ("", "", "")
    bare = flow.plain and (start == '""' or "{v}" not in inner)
    if not inner or bare:  # a linter would say: join, or an unused variable
        return None
    acc = names.draw("whole")
    value, lines = flow.value, []
    if inner.count("{v}") > 1 and value != flow.item:
        value = names.draw("third")
        lines = [f"{value} = {flow.value}"]
    lines += inner.format(acc=acc, v=value).split("\n")
    return [
        *([f"{acc} = {start}"] if start else []),
        *flow.loop(lines),
        f"return {result.format(acc=acc)}",
    ]


def _recursion(flow: Flow, last: Reduce | Arrange | None, names: Names, random: Random) -> Lines | None:
    """The first item, joined with what the function gives for the others."""
    over = names.parameters[0]
    start, fold = "[]", "[{v}] + {rest}"
    if last is not None:
        start, fold = (last.loop[0], last.fold) if isinstance(last, Reduce) and last.loop else ("", "")
    if flow.over != over or not fold:
        return None
    lines = [f"if not {over}:", f"    return {start}"]
    others = f"{names.function}({over}[1:])"
    if flow.plain:
        return [*lines, f"return {fold.format(v=f'{over}[0]', rest=others)}"]
    lines.append(f"{flow.item} = {over}[0]")
    held = flow.value if flow.atom or not fold.startswith("{v} *") else f"({flow.value})"
    if not flow.tests:
        return [*lines, f"return {fold.format(v=held, rest=others)}"]
    rest = names.draw("rest")
    lines.append(f"{rest} = {others}")
    return [*lines, f"return {fold.format(v=held, rest=rest)} if {' and '.join(flow.tests)} else {rest}"]


_STYLES: dict[Style, int] = {_one_line: 9, _helper: 4, _loop: 8, _stream: 2, _steps: 1, _recursion: 1}


def _branch(specification: Specification, names: Names, random: Random) -> Lines:
    ask, yes, no = specification.operations
    over = names.parameters[0]
    if isinstance(ask, Filter):
        test = random.choice(ask.code).format(x=over)
        first, second = (random.choice(cast("Map", o).code).format(x=over) for o in (yes, no))
    else:
        test = cast("Test", ask).code.format(v=over)
        item = names.draw("word" if specification.takes == "words" else "number")
        flow = Flow(over, item, item, item)
        first, second = (cast("str", _expression(flow, cast("Reduce", o))) for o in (yes, no))
    return choice_lines(test, first, second, names, random)


def choice_lines(test: str, first: str, second: str, names: Names, random: Random) -> Lines:
    """Return the body that gives *first* where *test* holds and *second* otherwise."""
    kind = random.random()
    inline = f"return {_held(first)} if {test} else {second}"
    if kind < 0.35 and len(inline) <= LONGEST_LINE:
        return [inline]
    if kind < 0.8:
        return [f"if {test}:", f"    return {first}", f"return {second}"]
    result = names.draw("whole")
    return [f"if {test}:", f"    {result} = {first}", "else:", f"    {result} = {second}", f"return {result}"]


def _held(expression: str) -> str:
    return f"({expression})" if " if " in expression and " else " in expression else expression


def _replace(specification: Specification, names: Names, random: Random) -> Lines:
    ask, yes, no = specification.operations
    over, item = names.parameters[0], names.draw("number")
    test = random.choice(cast("Filter", ask).code).format(x=item)
    first, second = (random.choice(cast("Map", o).code).format(x=item) for o in (yes, no))
    written = f"[{first} if {test} else {second} for {item} in {over}]"
    kind = random.random()
    if kind < 0.45 and len(written) < LONGEST_LINE - 10:
        return [f"return {written}"]
    result = names.draw("whole")
    if kind < 0.6 and len(written) < LONGEST_LINE - 10:
        return [f"{result} = {written}", f"return {result}"]
    inner = [f"if {test}:", f"    {result}.append({first})", "else:", f"    {result}.append({second})"]
    return [f"{result} = []", f"for {item} in {over}:", *indented(inner), f"return {result}"]


def _classic(specification: Specification, names: Names, random: Random) -> Lines:
    classic = cast("Classic", specification.operations[0])
    bodies = [b for b in classic.bodies if len(specification.operations) == 1 or "return <" in b]
    holes = dict(zip(("a", "b") if len(names.parameters) == 2 else ("n",), names.parameters, strict=True))
    locals_ = {"p": names.draw("whole"), "q": names.draw("counter"), "r": names.draw("third")}
    lines = random.choice(bodies).format(**holes, **locals_, f=names.function).split("\n")
    if not lines[-1].startswith("return <"):
        return lines
    value = lines.pop().removeprefix("return <")[:-1]
    if len(specification.operations) == 1:
        return [*lines, f"return {value}"]
    if not value.isidentifier():
        name = names.draw("rest")
        lines.append(f"{name} = {value}")
        value = name
    code = random.choice(cast("Map", specification.operations[1]).code)
    return [*lines, f"return {code.format(x=value)}"]
