"""What a study file may say of its tasks: the generated ones, or benchmarks and pools that others made."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from collapse_lab.models.model import Strict, said

IN_WORDS = ("reveal", "codesearchnet")
"""The data sets that ask for an answer in words, not for code."""


class PocketTasks(Strict):
    """The generated tasks: sizes of the two benchmarks, and the share of correct but untidy reference bodies."""

    kind: Literal["pocket"] = "pocket"
    seed: int = 0
    benchmark: int = Field(default=300, ge=1)
    second_benchmark: int = Field(default=200, ge=0)
    zipf: float = Field(default=1.1, gt=0)
    untidy: float = Field(default=0.12, ge=0, le=1)

    @property
    def tested(self) -> bool:
        """Whether the pool's tasks have tests."""
        return True

    @property
    def answered(self) -> bool:
        """Whether the pool's tasks ask for an answer in words, not for code."""
        return False


class BenchmarkChoice(Strict):
    """A benchmark that is scored: ``first`` tasks of it, in its own order, where it should be shorter; a file of the
    published form in ``path``; of a dated benchmark, the ``release`` and the days between which its tasks appeared.

    ``reveal`` and ``codesearchnet`` ask for an answer in words: a fifth of their functions, which no pool has.
    ``max_tokens`` caps this benchmark's answers in place of the evaluation's: a function is longer than a word.
    """

    name: Literal[
        "everyday", "humaneval", "humaneval-plus", "mbpp", "mbpp-plus", "livecodebench", "reveal", "codesearchnet"
    ]
    first: int | None = Field(default=None, ge=1)
    path: str | None = None
    release: str | None = None
    since: date | None = None
    until: date | None = None
    max_tokens: int | None = Field(default=None, ge=1, le=4096)

    @property
    def answered(self) -> bool:
        """Whether it asks for an answer in words, not for code."""
        return self.name in IN_WORDS

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, object]:
        return said(written(self), "max_tokens")


class PoolChoice(Strict):
    """Where prompts and human documents come from.

    ``pocket``: the generated tasks, with hidden tests. ``functions``: a file that ``collapse-lab harvest`` wrote
    (``path``; without one, what a harvest of this machine gives). ``stack``: The Stack (dedup, Python) on the Hub.
    Tasks of these two have no tests: whether an answer is right is known for benchmarks only. ``reveal`` and
    ``codesearchnet``: what is not the benchmark's of the same name; human documents have the true answers.
    """

    name: Literal["pocket", "functions", "stack", "reveal", "codesearchnet"] = "pocket"
    path: str | None = None
    seed: int = 0

    @property
    def tested(self) -> bool:
        """Whether its tasks have tests, or labels."""
        return self.name in ("pocket", "reveal")

    @property
    def answered(self) -> bool:
        """Whether its tasks ask for an answer in words, not for code."""
        return self.name in IN_WORDS


class ProseChoice(Strict):
    """Where natural-language texts come from that a ``prose_share`` mixes in.

    ``packages``: what the authors of installed packages say of them. ``wikipedia``: beginnings of English articles,
    from the Hub. ``file``: any corpus, as JSON lines with a ``text``, in ``path``; of the other two it is a file that
    was written before. What overlaps a benchmark of the study is never drawn.
    """

    name: Literal["packages", "wikipedia", "file"]
    path: str | None = None
    seed: int = 0

    @model_validator(mode="after")
    def _has_a_file(self) -> ProseChoice:
        if self.name == "file" and self.path is None:
            raise ValueError("`name: file` needs a `path`: JSON lines, each with a `text`")
        return self


class CodeTasks(Strict):
    """Real benchmarks, the first of which is scored in every round, and a pool of prompts apart from them; ``prose``
    where natural language is mixed in."""

    kind: Literal["code"] = "code"
    benchmarks: tuple[BenchmarkChoice, ...] = Field(min_length=1)
    pool: PoolChoice = PoolChoice()
    prose: ProseChoice | None = None

    @model_serializer(mode="wrap")
    def _as_before(self, written: SerializerFunctionWrapHandler) -> dict[str, object]:
        return said(written(self), "prose")

    @model_validator(mode="after")
    def _once(self) -> CodeTasks:
        names = [choice.name for choice in self.benchmarks]
        if len(set(names)) < len(names):
            raise ValueError("a benchmark stands twice among `benchmarks`")
        return self

    @model_validator(mode="after")
    def _apart(self) -> CodeTasks:
        for choice in self.benchmarks:
            if self.pool.answered and choice.name == self.pool.name and choice.path != self.pool.path:
                raise ValueError(
                    f"the benchmark and the pool `{choice.name}` need the same `path`: only of one file is it "
                    "sure that they have no function in common"
                )
        if self.pool.answered and not self.benchmarks[0].answered:
            raise ValueError(
                f"`{self.benchmarks[0].name}` asks for code and the pool `{self.pool.name}` for words: gates are "
                "measured on the first benchmark, so name one that asks for words first, and this one behind it"
            )
        return self

    @property
    def tested(self) -> bool:
        """Whether the pool's tasks have tests."""
        return self.pool.tested

    @property
    def answered(self) -> bool:
        """Whether the pool's tasks ask for an answer in words, not for code."""
        return self.pool.answered
