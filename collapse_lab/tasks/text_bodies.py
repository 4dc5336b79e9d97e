"""Bodies of functions on texts."""

from __future__ import annotations

from random import Random
from typing import cast

from collapse_lab.tasks.bodies import LONGEST_LINE, choice_lines
from collapse_lab.tasks.flow import Lines, indented
from collapse_lab.tasks.names import Names
from collapse_lab.tasks.operations import Measure, Step, Test
from collapse_lab.tasks.specification import Specification


def body(specification: Specification, names: Names, random: Random) -> Lines:
    """Return the lines of a body, without the function's own indent."""
    text = names.parameters[0]
    if specification.shape.form == "branch":
        ask, yes, no = specification.operations
        first, second = (random.choice(cast("Step", o).code).format(t=text) for o in (yes, no))
        return choice_lines(cast("Test", ask).code.format(v=text), first, second, names, random)
    first_step = specification.operations[0]
    if (
        len(specification.operations) == 1
        and isinstance(first_step, Step)
        and first_step.fold
        and random.random() < 0.2
    ):
        rest = f"{names.function}({text}[1:])"
        written = first_step.fold.format(c=f"{text}[0]", rest=rest)
        return [f"if not {text}:", '    return ""', f"return {written}"]
    return _Writer(names, random).write(specification)


class _Writer:
    """Writes one step after the other: nested where it stays readable, or through a variable, or as a loop."""

    def __init__(self, names: Names, random: Random) -> None:
        self.names, self.random = names, random
        self.lines: Lines = []
        self.expression = names.parameters[0]
        self.atom = True
        self.stepwise = random.random() < 0.45
        self.looping = random.random() < 0.4
        self.variable = names.parameters[0] if random.random() < 0.5 else ""

    def write(self, specification: Specification) -> Lines:
        for operation in specification.operations:
            if isinstance(operation, Measure):
                return self._measure(operation)
            self._step(cast("Step", operation))
        return [*self.lines, f"return {self.expression}"]

    def _bind(self) -> None:
        """Give the expression a name."""
        if not self.expression.isidentifier():
            self.variable = self.variable or self.names.draw("whole")
            self.lines.append(f"{self.variable} = {self.expression}")
            self.expression, self.atom = self.variable, True

    def _step(self, step: Step) -> None:
        if self.looping and step.char is not None:
            self.looping = False
            self._loop(step)
            return
        code = self.random.choice(step.code)
        if self.stepwise or not self.atom or step.many or len(self.expression) + len(code) > LONGEST_LINE - 12:
            self._bind()
        self.expression, self.atom = code.format(t=self.expression), step.atom

    def _loop(self, step: Step) -> None:
        test, value = cast("tuple[str, str]", step.char)
        self._bind()
        acc, char = self.names.draw("whole"), self.names.draw("char")
        written = value.format(c=char, acc=acc)
        grow = f"{acc} = {written}" if "{acc}" in value else f"{acc} += {written}"
        self._over(acc, '""', char, test.format(c=char, acc=acc), grow)
        self.expression, self.atom = acc, True
        self.variable = ""

    def _over(self, acc: str, start: str, char: str, test: str, grow: str) -> None:
        inner = [f"if {test}:", f"    {grow}"] if test else [grow]
        self.lines += [f"{acc} = {start}", f"for {char} in {self.expression}:", *indented(inner)]

    def _measure(self, measure: Measure) -> Lines:
        if measure.char and self.random.random() < 0.4:
            self._bind()
            acc, char = self.names.draw("whole"), self.names.draw("char")
            self._over(acc, "0", char, measure.char.format(c=char), f"{acc} += 1")
            return [*self.lines, f"return {acc}"]
        code = self.random.choice(measure.code)
        if self.stepwise or not self.atom or measure.many or len(self.expression) + len(code) > LONGEST_LINE - 12:
            self._bind()
        return [*self.lines, f"return {code.format(t=self.expression)}"]
