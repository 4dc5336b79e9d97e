"""How this study set every switch that published set-ups left confounded: one row each, from the settings and numbers.

The list is that of the project's protocol: its table of parameters, its numbered confounds, and what the referee of
Study A asks for. A row says how it is set here, in words made from the study file with its defaults filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collapse_lab.report.reading import Run
from collapse_lab.report.table import MISSING, Column, Table, shown
from collapse_lab.study_tasks import IN_WORDS

Said = Callable[[Run], str]
_TRAINED = {
    "packing": "Documents share rows.",
    "joined": "They see each other there.",
    "fim_rate": "Some have their middle last.",
    "adapter": "Low-rank matrices are trained in place of all weights.",
}
_POOLS = {
    "pocket": "the generated tasks",
    "functions": "functions that people wrote, found in packages",
    "stack": "The Stack",
    "reveal": "ReVeal, yes and no equally often",
    "codesearchnet": "CodeSearchNet",
}
_PROSE = {
    "packages": "what authors of packages say of them",
    "wikipedia": "beginnings of Wikipedia's articles",
    "file": "texts of a file",
}


def table(run: Run) -> Table:
    """Return the table of switches."""
    columns = (
        Column("switch", "Switch"),
        Column("why", "Why it matters"),
        Column("here", "In this study"),
    )
    rows = [{"switch": switch, "why": why, "here": said(run)} for switch, why, said in _ROWS]
    return Table("settings", "Every known confound, and how it is set here", columns, rows, stacked=True)


def _at(run: Run, *path: str) -> Any:
    found: Any = run.settings
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _samples(run: Run) -> str:
    n, tasks = _at(run, "evaluation", "samples"), run.summary["benchmarks"]
    sizes = ", ".join(f"{name} {facts['tasks']}" for name, facts in tasks.items())
    seeds = len(run.seeds)
    return (
        f"One greedy answer and {n} sampled ones a task; {seeds} {'seed' if seeds == 1 else 'seeds'} of the "
        f"recursion on {len({a.key[0] for a in run.arms})} base model(s); tasks: {sizes}. Intervals are paired over "
        "tasks and seeds."
    )


def _thresholds(run: Run) -> str:
    policies = [a for a in run.labels if run.group(a) != "control"]
    quantile = [a for a in policies if "quantile" in a]
    frozen = [a for a in policies if "frozen" in a and a not in quantile and "judge" not in a]
    return (
        f"Kept share (quantile): {_listed(quantile)}. Threshold frozen on round 0: {_listed(frozen)}. A fixed "
        "quantile cannot relax; acceptance at the frozen threshold stands beside it."
    )


def _ends(run: Run) -> str:
    rates = _first_last(run, "none", "degeneracy", "cap_rate")
    return f"Share of samples cut off at {_at(run, 'sampling', 'max_tokens')} tokens, arm `none`: {rates}."


def _epochs(run: Run) -> str:
    training = _at(run, "training") or {}
    steps, batch = training.get("steps"), training.get("batch")
    if steps is None:
        return f"{training.get('epochs')} epochs a round."
    if training.get("packing"):
        return (
            f"{steps} steps x {batch} rows of {training['packing']} tokens; how many epochs that is hangs on lengths."
        )
    passed = steps * batch
    shares = []
    for label in run.labels:
        counts = [sum(c.values()) for arm in run.arms_of(label) if (c := arm.value(0, "documents"))]
        if counts and sum(counts):
            shares.append(passed / (sum(counts) / len(counts)))
    said = f"{min(shares):.1f} to {max(shares):.1f}" if shares else MISSING
    return f"{steps} steps x {batch} documents, so {said} epochs in round 1, by how much a gate lets through."


def _loss(run: Run) -> str:
    only = _at(run, "training", "completion_only")
    return "Loss on the completion only; prompts are not learnt." if only else "Loss on all tokens, prompts included."


def _acceptance(run: Run) -> str:
    measured = [label for label in run.labels if run.mean(label, 0, "acceptance") is not None]
    return f"Accepted / raw, measured in {len(measured)} of {len(run.labels)} arms; never set to 1 by construction."


def _rule(run: Run) -> str:
    rules = sorted({str(arm.facts["data_rule"]) for arm in run.arms})
    shares = sorted({float(arm.facts["human_share"]) for arm in run.arms})
    return f"Data rule: {_listed(rules)}; human share: {_listed([f'{s:.0%}' for s in shares])}."


def _start(run: Run) -> str:
    starts = sorted({str(arm.facts["start"]) for arm in run.arms})
    return f"A round starts from: {_listed(starts)}; a fresh optimiser each round."


def _sampling(run: Run) -> str:
    s, e = _at(run, "sampling") or {}, _at(run, "evaluation", "sampling") or {}
    return (
        f"Pools: temperature {s.get('temperature')}, top-p {s.get('top_p')}; scores: temperature "
        f"{e.get('temperature')}, top-p {e.get('top_p')}. Every sample has a seed of its own; batches do not matter."
    )


def _prompts(run: Run) -> str:
    fresh = "fresh ones each round" if _at(run, "fresh_prompts") else "the same ones each round"
    where = _POOLS.get(_at(run, "tasks", "pool", "name"), "the study's own tasks")
    return f"{_at(run, 'prompts')} prompts a round, {fresh}, drawn by seed from {where}."


def _passing(run: Run) -> str:
    if _at(run, "tasks", "kind") != "code":
        return "All hidden cases of a task; a gate sees the visible ones only, and no case is in both."
    pool = _at(run, "tasks", "pool", "name")
    if run.answered:
        said = "Answers in words are compared, not run: yes or no with the label; no summary is right or wrong."
        code = [c["name"] for c in _at(run, "tasks", "benchmarks") if c["name"] not in IN_WORDS]
        return f"{said} Of {_listed(code)}, code: all that it tests." if code else said
    said = "All that a benchmark tests, its added tests included; a gate sees what the prompt shows only."
    return (
        said if pool == "pocket" else f"{said} Samples of the pool have no tests: nothing says whether they are right."
    )


def _quota(run: Run) -> str:
    quota = _at(run, "data", "quota")
    if quota:
        return (
            f"{quota} distinct accepted samples a round, at most {_at(run, 'data', 'most_raw')} times the prompts raw."
        )
    return "Fixed raw count: a stricter gate trains on fewer documents (controls `random@...` have as few)."


def _training(run: Run) -> str:
    t = _at(run, "training") or {}
    first = " in round 1 only" if t.get("warmup_rounds") == "first" else ""
    said = (
        f"AdamW, peak {t.get('learning_rate')}, cosine begun anew each round, warm-up {t.get('warmup')}{first}, weight "
        f"decay {t.get('weight_decay')}, clipped at {t.get('clip')}, {t.get('precision')}."
    )
    return " ".join([said, *(words for key, words in _TRAINED.items() if t.get(key))])


def _noise(run: Run) -> str:
    flips = sorted({float(arm.facts["flip"]) for arm in run.arms})
    return f"Share of verdicts turned over: {_listed([f'{f:.0%}' for f in flips])}."


def _controls(run: Run) -> str:
    found = [label for label in run.labels if run.group(label) in ("none", "control")]
    absent = [name for name in ("none", "human", "oracle") if name not in found]
    said = f"In this run: {_listed(found)}."
    return f"{said} Missing: {_listed(absent)}." if absent else said


def _held_out(run: Run) -> str:
    has = any(arm.value(0, "held_out") for arm in run.arms)
    return (
        f"Gates judge {_at(run, 'probes', 'held_out')} answers to benchmark prompts, fresh each round and frozen "
        "from round 0."
        if has
        else "No gate was measured on held-out samples in this run."
    )


def _contamination(run: Run) -> str:
    grams = _at(run, "probes", "contamination") or []
    return (
        f"Runs of {_listed([str(n) for n in grams])} tokens and whole programs (AST), each round, beside human answers."
    )


def _limits(run: Run) -> str:
    limits = _at(run, "limits") or {}
    return (
        f"{limits.get('cpu_seconds')} s of CPU time judge; wall clock is a backstop at {limits.get('wall_factor')} "
        f"times as much; {limits.get('memory_mib')} MiB."
    )


def _judge(run: Run) -> str:
    judge = _at(run, "judge")
    if not judge:
        return "The base was taught no judging."
    own, pairs = judge["own_samples"], judge["human_pairs"]
    return f"The base learnt to judge on {own} own samples and {pairs} human pairs, before round 1."


def _model(run: Run) -> str:
    model = _at(run, "model") or {}
    if model.get("kind") == "pretrained":
        return f"Pretrained weights, {model.get('name')}: one base, which seeds share. {_tuned(run)}"
    bases = model.get("bases") or []
    size = f"width {model['width']}, {model['layers']} layers" if "width" in model else ""
    return (
        f"{str(model.get('kind', '')).capitalize()} model {size}; {len(bases)} base(s), trained here, none downloaded."
    )


def _tuned(run: Run) -> str:
    """Return what round 0 is: the weights as they come, or after a training on human documents, and on which."""
    tuned = _at(run, "model", "tuned")
    if not tuned:
        return "Round 0 is these weights as they come."
    training, where = tuned["training"], _POOLS.get(_at(run, "tasks", "pool", "name"), "the study's own tasks")
    much = f"{training['steps']} steps" if training.get("steps") is not None else f"{training.get('epochs')} epochs"
    return (
        f"Round 0 is these weights tuned on {tuned['documents']} human documents from {where} ({much}, peak "
        f"{training.get('learning_rate')}), none of which is a prompt or a document of a round; retention is measured "
        "from there."
    )


def _mixed_in(run: Run) -> str:
    rate = _at(run, "training", "fim_rate")
    shares = sorted({float(arm.facts.get("prose_share") or 0) for arm in run.arms})
    if not rate and not any(shares):
        return "Neither is used: documents are a prompt and its completion."
    middle = f"{rate:.0%} of the documents have their middle last." if rate else "No document has its middle last."
    if not any(shares):
        return f"{middle} Natural language is not mixed in."
    where = _PROSE.get(_at(run, "tasks", "prose", "name"), "texts")
    said = _listed([f"{share:.0%}" for share in shares])
    return f"{middle} {said} of a round's documents are natural language: {where}."


def _in_time(run: Run) -> str:
    if _at(run, "model", "kind") != "pretrained":
        return "Does not arise where the base is trained here: benchmark functions are in no pool, by hash."
    dated = [choice for choice in _at(run, "tasks", "benchmarks") or [] if choice.get("since")]
    if not dated:
        return "No benchmark of this run is: the weights may have seen the tasks."
    return f"Tasks of {_listed([choice['name'] for choice in dated])} appeared after {dated[0]['since']}."


def _quality(run: Run) -> str:
    found = [a for a in run.labels if run.group(a) == "exogenous"]
    return f"Policies without a model's say in this run: {_listed(found)}; the summary holds their hashes."


def _perplexity(run: Run) -> str:
    return f"Arms: {_listed([a for a in run.labels if a.startswith('perplexity')])}."


def _fixed(words: str) -> Said:
    return lambda _run: words


def _first_last(run: Run, label: str, *path: str) -> str:
    if label not in run.labels:
        return "no such arm"
    t = run.last_of(label)
    first, last = (shown(run.mean(label, at, *path), "share") for at in (0, t))
    return f"{first} in round 0, {last} in round {t}"


def _listed(names: list[str]) -> str:
    return ", ".join(names) if names else "none"


_ROWS: tuple[tuple[str, str, Said], ...] = (
    ("Seeds and samples", "One greedy answer and one seed leave most gate rankings to 1 to 5 problems.", _samples),
    ("Quantile or frozen threshold", "A published pass rate rose by how it was divided, not by the gate.", _thresholds),
    ("Samples that never stop", "They distort every rate that is divided by all samples.", _ends),
    ("Epochs a round", "38 passes over the same documents mix memorising with recursion.", _epochs),
    ("Loss on prompts", "Human prefixes in the loss make “all synthetic” untrue.", _loss),
    ("Acceptance as measured", "Pass rates recorded as 1 by construction say nothing.", _acceptance),
    ("Stop mark on cut samples", "A model taught that cut-off code is complete writes less.", _fixed(
        "Every document ends in the stop mark, cut-off samples included; “Samples that never stop” counts them.")),
    ("What counts as passing", "Scores on added tests alone are not comparable with published ones.", _passing),
    ("Data rule", "Adding data up instead of replacing it avoids collapse in other studies.", _rule),
    ("Start of a round", "Going on from the last model compounds; going back to the base does not.", _start),
    ("Temperature", "Tuned temperatures make raw self-training help in one study.", _sampling),
    ("Direction of perplexity", "Keeping the least surprising samples made collapse worse in one study.", _perplexity),
    ("Prompts", "A changing pool moves every curve.", _prompts),
    ("Quota or raw count", "With fixed steps a strict gate also means more epochs.", _quota),
    ("Optimiser", "Warm-up in round 1 only, or a restarted schedule, changes the first drop.", _training),
    ("Precision and batches", "Scores that shift with the batch shift gates.", _fixed(
        "Gates score in fp32; a row depends on its own text alone.")),
    ("Noise on verdicts", "A gate that errs is the common case.", _noise),
    ("Controls", "Fine-tuning alone costs skill; fewer documents alone do, too.", _controls),
    ("Quality gate", "Its rule decides what it is worth; published rules changed between releases.", _quality),
    ("Judge stage", "A model that was never taught to judge makes a useless judge.", _judge),
    ("Base models", "One base is one draw.", _model),
    ("Fill-in-the-middle, natural language", "Both were mixed in by some published set-ups.", _mixed_in),
    ("Held-out samples", "The self-confirming condition must be seen on samples never trained on.", _held_out),
    ("Overlap with the benchmark", "Accepted code may hold the answers.", _contamination),
    ("Benchmark held out in time", "Real models may have seen a benchmark.", _in_time),
    ("Limits of a test run", "Wall-clock limits make scores depend on the machine.", _limits),
)  # fmt: skip
