"""Natural language among what a round trains on: what a study may say of it, and rounds of a tiny model with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collapse_lab.arms import cells
from collapse_lab.cost import estimate
from collapse_lab.sizes import sizes_of
from collapse_lab.studies import StudyError, parse
from collapse_lab.study import DataRule, ProseChoice, Study

CODE: dict[str, Any] = {"kind": "code", "benchmarks": [{"name": "everyday", "first": 3}], "pool": {"name": "pocket"}}
REVEAL: dict[str, Any] = {"kind": "code", "benchmarks": [{"name": "reveal"}], "pool": {"name": "reveal"}}
SMOL = {"kind": "pretrained", "name": "smollm2"}
QUARTER = {"prose_share": 0.25}


def study(*arms: dict[str, Any], **settings: Any) -> Study:
    tasks = {**CODE, "prose": {"name": "packages"}}
    given = {"name": "s", "question": "?", "arms": list(arms), "seeds": [0], "model": SMOL, "tasks": tasks}
    return Study.model_validate({**given, **settings})


# What a study may say ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tasks": CODE, "data": QUARTER}, "`prose_share` needs texts: write `prose: {name: packages}` under `tasks`"),
        ({"tasks": CODE, "arms": [{"policy": "none", "data": QUARTER}]}, "`prose_share` needs texts"),
        ({"tasks": {}, "model": {}, "data": QUARTER}, "a pocket model knows no words but those of the generated tasks"),
        ({"model": {}, "data": QUARTER}, "a pocket model knows no words"),
        ({"tasks": {}, "data": QUARTER}, "needs `tasks: {kind: code}` and a pretrained model"),
        (
            {"tasks": {**REVEAL, "prose": {"name": "packages"}}, "data": QUARTER},
            "`prose_share` is for code",
        ),
        ({"data": {"prose_share": 1}}, "less than 1"),
        ({"tasks": {**CODE, "prose": {"name": "file"}}}, "`name: file` needs a `path`"),
    ],
)
def test_what_cannot_be_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("{", r"\{").replace("(", r"\(")):
        study({"policy": "none"}, **settings)


def test_the_file_is_refused_with_a_sentence_when_it_is_checked() -> None:
    head = "name: mine\nquestion: Why?\nmodel: {kind: pretrained, name: %s}\narms: [{policy: none}]\n"
    tasks = "tasks: {kind: code, benchmarks: [{name: everyday}], pool: {name: pocket}%s}\n"
    share = "data: {prose_share: 0.25}\n"
    with pytest.raises(StudyError, match=r"^mine\.yml, line 1: `prose_share` needs texts"):
        parse(head % "smollm2" + tasks % "" + share, "mine.yml")
    texts = ", prose: {name: packages}"
    assert parse(head % "smollm2" + tasks % texts + share, "mine.yml").mixes_prose
    with pytest.raises(StudyError, match=r"^mine\.yml, line 6: data: .*smollm2-instruct is trained on conversations"):
        parse(head % "smollm2-instruct" + tasks % texts + share, "mine.yml")


def test_what_nobody_says_leaves_no_trace() -> None:
    """Keys and settings of studies without it are as they were before there was any."""
    assert DataRule().model_dump(mode="json") == {
        "rule": "replace",
        "human_share": 0.0,
        "quota": None,
        "most_raw": 4.0,
    }
    plain = study({"policy": "none"}, tasks=CODE)
    assert set(plain.tasks.model_dump(mode="json")) == {"kind", "benchmarks", "pool"}
    assert "prose" not in plain.model_dump_json()
    # Also where it is said that there is none.
    (silent,) = cells(plain)
    (said,) = cells(study({"policy": "none", "data": {"prose_share": 0}}))
    assert said.data == silent.data
    assert said.label == silent.label == "none"


def test_what_is_said_is_read_again() -> None:
    for share in (0.0, 0.25):
        one = study({"policy": "none"}, {"control": "human", "data": {"prose_share": share}}, data=QUARTER)
        again = Study.model_validate(json.loads(one.model_dump_json()))
        assert again == one
        assert cells(again) == cells(one)


def test_an_arm_with_data_of_its_own_has_the_studys_share() -> None:
    made = cells(
        study(
            {"policy": "none"},
            {"control": "human"},
            {"policy": "compile", "data": {"quota": 5, "most_raw": 2}},
            {"policy": "none", "data": {"rule": "hybrid", "human_share": 0.1}},
            {"policy": "none", "data": {"rule": "accumulate"}},
            {"control": "random", "match": "compile", "data": {"quota": 5, "most_raw": 2}},
            data=QUARTER,
        )
    )
    assert {cell.prose_share for cell in made} == {0.25}
    # It goes without saying.
    labels = ["none", "human", "compile, replace, quota 5", "none, hybrid, human 10%", "none, accumulate"]
    assert [cell.label for cell in made] == [*labels, "random@compile, replace, quota 5"]


def test_an_arm_that_differs_from_the_study_says_so() -> None:
    arms = ({"policy": "none"}, {"policy": "none", "data": {"prose_share": 0}})
    assert [c.label for c in cells(study(*arms, data=QUARTER))] == ["none", "none, replace, no prose"]
    mixed = cells(study({"policy": "none"}, {"policy": "none", "data": {"prose_share": 0.5}}))
    assert [(c.label, c.prose_share) for c in mixed] == [("none", 0.0), ("none, replace, prose 50%", 0.5)]


def test_a_choice_names_where_texts_come_from() -> None:
    assert ProseChoice(name="wikipedia").path is None
    with pytest.raises(ValueError, match="wikipedia"):
        ProseChoice.model_validate({"name": "gutenberg"})


# What it costs ------------------------------------------------------------------------------------------------------


def trained(share: float, **training: Any) -> float:
    one = study({"policy": "none"}, prompts=30, rounds=2, training=training, data={"prose_share": share})
    return estimate(one, cells(one), 2).arms[0].trained


def test_tokens_of_texts_are_counted() -> None:
    sizes = sizes_of(study({"policy": "none"}))
    # A third of 30 documents.
    assert trained(0.25, epochs=3, batch=4) - trained(0, epochs=3, batch=4) == pytest.approx(2 * 3 * 10 * sizes.text)
    mean = (30 * sizes.whole + 10 * sizes.text) / 40
    assert trained(0.25, steps=5, batch=4) == pytest.approx(2 * 5 * 4 * mean)
    assert trained(0.25, steps=5, batch=4, packing=64) == trained(0, steps=5, batch=4, packing=64)
    assert sizes_of(study({"policy": "none"}, tasks=CODE)).text == 0


# Rounds of a tiny model ---------------------------------------------------------------------------------------------

SHORT = {"temperature": 0.8, "top_p": 0.95, "max_tokens": 6}
FEW: dict[str, Any] = {
    "rounds": 2,
    "prompts": 6,
    "sampling": SHORT,
    "training": {"steps": 3, "batch": 4, "learning_rate": 0.003},
    "evaluation": {"samples": 0, "greedy": {"temperature": 0, "max_tokens": 6}},
    "probes": {"texts": 2, "held_out": 0, "prompts": 1, "per_prompt": 2},
}
ARMS: tuple[dict[str, Any], ...] = (
    {"policy": "none"},
    {"control": "human"},
    {"policy": "none", "data": {"rule": "hybrid", "human_share": 0.5}},
    {"policy": "none", "data": {"rule": "accumulate"}},
    {"policy": "none", "data": {"prose_share": 0}},
)


# Of these all is done, of the others what trains them.
WHOLE = [0, 4]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    torch = pytest.importorskip("torch", reason="needs torch: pip install 'exogate[lab]'")
    from tests.collapse_lab.models.tiny import write

    folder = tmp_path_factory.mktemp("prose")
    texts = folder / "texts.jsonl"
    words = ["owls", "foxes", "seas", "mills", "snow", "kings", "boats", "moons", "loaves", "bees"]
    lines = (f"{words[n % 10]} and {words[n // 10]}, number {n}, are all that this text is about." for n in range(60))
    texts.write_text("".join(json.dumps({"text": line}) + "\n" for line in lines), "utf-8")
    tasks = {**CODE, "prose": {"name": "file", "path": str(texts)}}
    model = {**SMOL, "source": str(write("smollm2", folder / "weights"))}
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield study(*ARMS, model=model, tasks=tasks, data=QUARTER, **FEW)
    torch.set_num_threads(before)


def run(chosen: Study, out: Path, bases: Path, numbers: list[int], stop_at: str = "") -> None:
    """Run some of the arms in this process, up to the end or to where a page called *stop_at* would be written."""
    from collapse_lab.job import Plan, do
    from collapse_lab.manifest import claim
    from collapse_lab.place import Place
    from collapse_lab.workshop import Workshop

    plan = Plan(chosen, "*", None, chosen.rounds, str(bases))
    claim(out, chosen)
    plan.write(out)

    def wanted() -> None:
        written = {page.name for page in out.glob("arms/*/round-*.json")}
        if stop_at and stop_at in written:
            raise InterruptedError(stop_at)

    with Workshop(chosen) as workshop:
        for number in numbers:
            do(Place.named(out, None), plan, number, workshop, out / "logs" / f"{number}.jsonl", wanted)


@pytest.fixture(scope="module")
def ran(tiny: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ran") / "run"
    run(tiny, out, out.parent / "bases", WHOLE)
    return out


@pytest.fixture(scope="module")
def mixed(tiny: Study, ran: Path) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """Return what each arm trains on after rounds 0 and 1, by its label."""
    from collapse_lab.lab import Lab
    from collapse_lab.place import Place
    from collapse_lab.workshop import Workshop

    with Workshop(tiny) as workshop:
        lab = Lab(tiny, *Place.named(ran, None).stores(ran.parent / "bases"), workshop, lambda *_: None)
        rows = {(cell.label, t): lab.documents(cell, t) for cell in cells(tiny) for t in range(2)}
    return {arm: artifact.rows("documents.jsonl") for arm, artifact in rows.items()}


@pytest.mark.sandbox
def test_every_arm_and_rule_has_its_share_each_round(mixed: dict[tuple[str, int], list[dict[str, Any]]]) -> None:
    counted = {arm: Counter(row["origin"] for row in rows) for arm, rows in mixed.items()}
    assert counted == {
        ("none", 0): {"synthetic": 6, "prose": 2},
        ("none", 1): {"synthetic": 6, "prose": 2},
        ("human", 0): {"human": 6, "prose": 2},
        ("human", 1): {"human": 6, "prose": 2},
        ("none, hybrid, human 50%", 0): {"synthetic": 3, "human": 3, "prose": 2},
        ("none, hybrid, human 50%", 1): {"synthetic": 3, "human": 3, "prose": 2},
        # A share of all that has accumulated.
        ("none, accumulate", 0): {"synthetic": 6, "prose": 2},
        ("none, accumulate", 1): {"synthetic": 12, "prose": 4},
        ("none, replace, no prose", 0): {"synthetic": 6},
        ("none, replace, no prose", 1): {"synthetic": 6},
    }


@pytest.mark.sandbox
def test_texts_are_whole_without_a_prompt_fresh_and_none_twice(
    mixed: dict[tuple[str, int], list[dict[str, Any]]],
) -> None:
    drawn: dict[int, set[frozenset[str]]] = {0: set(), 1: set()}
    for (_, t), rows in mixed.items():
        texts = [row for row in rows if row["origin"] == "prose"]
        assert all(row["prompt"] == "" and row["task"].startswith("file-") for row in texts)
        assert all(row["completion"].endswith("are all that this text is about.") for row in texts)
        assert len({row["completion"] for row in texts}) == len(texts)
        if len(texts) == 2:
            drawn[t].add(frozenset(row["completion"] for row in texts))
    # Arms of one seed have the same texts in a round, where they have as many; the next round has others.
    assert len(drawn[0]) == len(drawn[1]) == 1
    assert not drawn[0] & drawn[1]


@pytest.mark.sandbox
def test_a_page_counts_them(ran: Path) -> None:
    pages = [[json.loads((ran / "arms" / f"{n:03d}" / f"round-{t}.json").read_text()) for t in range(3)] for n in WHOLE]
    usual = {"synthetic": 6, "human": 0, "lesson": 0}
    assert [page["documents"] for page in pages[0]] == [{**usual, "prose": 2}, {**usual, "prose": 2}, None]
    # Where there are none, a page is what it was before there could be any.
    assert [page["documents"] for page in pages[1]] == [usual, usual, None]


@pytest.mark.sandbox
def test_the_summary_says_it_and_is_what_the_schema_says(tiny: Study, ran: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    import collapse_lab
    from collapse_lab.summary import write_summary

    summary = json.loads(write_summary(ran, quick=False, command="collapse-lab run s").read_text("utf-8"))
    schema = json.loads((Path(collapse_lab.__file__).parent / "summary.schema.json").read_text("utf-8"))
    jsonschema.validate(summary, schema)
    assert [arm.get("prose_share") for arm in summary["arms"]] == [0.25, None]
    assert Study.model_validate(summary["settings"]) == tiny


@pytest.mark.sandbox
def test_stopped_on_its_way_and_run_again_it_gives_the_same(tiny: Study, ran: Path, tmp_path: Path) -> None:
    from tests.collapse_lab.pages import pages

    out, bases = tmp_path / "run", ran.parent / "bases"
    with pytest.raises(InterruptedError):
        run(tiny, out, bases, [0], stop_at="round-1.json")
    stopped = pages(out)
    run(tiny, out, bases, [0])
    whole = {name: text for name, text in pages(ran).items() if name.startswith("arms/000/")}
    assert stopped.items() < whole.items()
    assert pages(out) == whole


@pytest.mark.sandbox
def test_a_model_learns_its_texts(tiny: Study, tmp_path: Path) -> None:
    """What is drawn is trained on, all of it: texts that it saw it finds likelier than those that it did not."""
    from collapse_lab.lab import Lab
    from collapse_lab.store import Store
    from collapse_lab.workshop import Workshop

    much = {"steps": 30, "batch": 4, "learning_rate": 0.01, "completion_only": True}
    given = {**tiny.model_dump(), "training": much, "data": {"prose_share": 0.5}, "arms": [{"control": "human"}]}
    chosen = Study.model_validate(given)
    (cell,) = cells(chosen)
    with Workshop(chosen) as workshop:
        stores = (Store(tmp_path / "run"), Store(tmp_path / "bases"))
        lab = Lab(chosen, *stores, workshop, lambda *_: None)
        rows = lab.documents(cell, 0).rows("documents.jsonl")
        texts = [("", row["completion"]) for row in rows if row["origin"] == "prose"]
        assert len(texts) == 6
        before, after = (lab.open(lab.model(cell, t)).score(texts) for t in (0, 1))
        assert sum(s.nll for s in after) < 0.5 * sum(s.nll for s in before)
