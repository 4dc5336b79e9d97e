"""How large a study's parts are, for estimates: the model, its texts, its benchmarks. Nothing is read to tell."""

from __future__ import annotations

from dataclasses import dataclass

from collapse_lab.study import BenchmarkChoice, CodeTasks, PocketModel, PocketTasks, Study

# Of the pocket tasks under the pocket tokenizer: its entries; mean tokens of 8,000 prompts, and of their reference
# bodies with the stop. What a model writes is of like length, unless it comes to write without end.
_VOCABULARY, _POCKET = 710, (33.3, 28.0)
# Tasks of the published benchmarks, and of our own (LiveCodeBench: its first release; the last two: a fifth of what is
# published, less what is left out, by estimate).
_TASKS = {
    "everyday": 244,
    "humaneval": 164,
    "humaneval-plus": 164,
    "mbpp": 974,
    "mbpp-plus": 378,
    "livecodebench": 400,
    "reveal": 4_300,
    "codesearchnet": 5_000,
}
# Tokens of a prompt and of an answer under a code model's tokenizer, by pool. An answer from The Stack's files goes on
# until it is cut. ReVeal's are measured on a tenth of it, CodeSearchNet's are an estimate.
_TEXTS: dict[str, tuple[float, float | None]] = {
    "pocket": (45.0, 40.0),
    "functions": (110.0, 110.0),
    "stack": (1024.0, None),
    "reveal": (350.0, 3.0),
    "codesearchnet": (200.0, 25.0),
}
# Tokens of a natural-language text, at four characters each: the mean of a harvest of packages, and what is taken for
# other corpora, whose texts are mostly cut where they are as long as may be.
_PROSE = {"packages": 240.0}
_LONGEST = 500.0


@dataclass(frozen=True)
class Sizes:
    """``weights`` of the model; mean tokens of a ``prompt`` and of an answer (``body``); tasks of the benchmark that is
    scored in every round, and of all the ``others``; mean tokens of a natural-language ``text``; tasks of the others
    that ask for ``code`` where the pool asks for words, which are not among these, with mean tokens of a prompt
    (``code_prompt``) and of an answer (``code_body``)."""

    weights: int
    prompt: float
    body: float
    benchmark: int
    others: int
    text: float = 0.0
    code: int = 0
    code_prompt: float = 0.0
    code_body: float = 0.0

    @property
    def whole(self) -> float:
        """Mean tokens of a prompt with its answer."""
        return self.prompt + self.body


def sizes_of(study: Study) -> Sizes:
    """Return a study's sizes."""
    prompt, body = _texts(study)
    first, *others = _benchmarks(study.tasks)
    code = _code_beside_words(study.tasks)
    # As long as found functions are, by estimate.
    lengths = (_TEXTS["functions"][0], _TEXTS["functions"][1] or 0.0) if code else (0.0, 0.0)
    return Sizes(_weights(study), prompt, body, first, sum(others) - code, _prose(study), code, *lengths)


def parameters(model: PocketModel) -> int:
    """Return the weights of the pocket model: shared keys and values, tied embedding, an inner width of three."""
    width, head = model.width, model.width // model.heads
    attention = 2 * width**2 + 2 * width * head
    layer = attention + 3 * width * 3 * width + 2 * width
    return _VOCABULARY * width + model.layers * layer + width


def _weights(study: Study) -> int:
    if isinstance(study.model, PocketModel):
        return parameters(study.model)
    from collapse_lab.models.known import known

    return known(study.model.name).parameters


def _texts(study: Study) -> tuple[float, float]:
    if isinstance(study.model, PocketModel):
        return _POCKET
    pool = study.tasks.pool.name if isinstance(study.tasks, CodeTasks) else "pocket"
    prompt, body = _TEXTS[pool]
    return prompt, min(body or study.sampling.max_tokens, study.sampling.max_tokens)


def _prose(study: Study) -> float:
    prose = study.tasks.prose if isinstance(study.tasks, CodeTasks) else None
    return _PROSE.get(prose.name, _LONGEST) if prose else 0.0


def _benchmarks(tasks: PocketTasks | CodeTasks) -> list[int]:
    if isinstance(tasks, PocketTasks):
        return [tasks.benchmark, tasks.second_benchmark]
    return [_size(choice) for choice in tasks.benchmarks]


def _code_beside_words(tasks: PocketTasks | CodeTasks) -> int:
    if isinstance(tasks, PocketTasks) or not tasks.answered:
        return 0
    return sum(_size(choice) for choice in tasks.benchmarks[1:] if not choice.answered)


def _size(choice: BenchmarkChoice) -> int:
    return min(_TASKS[choice.name], choice.first or _TASKS[choice.name])
