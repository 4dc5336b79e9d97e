"""A corpus filtered and weighed: Parquet and JSON lines, files and folders, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli.pour import replacing
from app.export import parquet_corpus
from app.export.apply import apply, check_places
from app.export.choice import Choice, Columns, CorpusError, Tally
from app.export.known import Knowledge
from tests.app.export.test_known import A, B, knowledge, merge

pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
pq = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")

C = "c" * 40
ROWS: list[dict[str, Any]] = [
    {"repository": "octo/shop", "path": "src/a.py", "blob": A, "text": "half"},
    {"repository": "octo/shop", "path": "src/b.py", "blob": B, "text": "good"},
    {"repository": "octo/shop", "path": "src/b.py", "blob": C, "text": "unknown content"},
    {"repository": "octo/other", "path": "src/a.py", "blob": A, "text": "unknown repository"},
    {"repository": None, "path": "src/a.py", "blob": A, "text": "no repository"},
    {"repository": "Octo/Shop", "path": None, "blob": A, "text": "no path"},
]
TEXTS = [one["text"] for one in ROWS]


@pytest.fixture
def known() -> Knowledge:
    return knowledge(merge((1, 5, False), (6, 10, True)), merge((1, 10, False), path="src/b.py", blob=B))


def write(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path, **options)
    else:
        path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        told: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return told
    return [json.loads(line) for line in path.read_text().splitlines()]


def applied(corpus: Path, known: Knowledge, choice: Choice | None = None, columns: Columns | None = None) -> Tally:
    output = corpus.parent / f"out{corpus.suffix}"
    return apply(corpus, output, replacing, columns or Columns(), known, choice or Choice())


FORMS = pytest.mark.parametrize("form", ["parquet", "jsonl"])


@FORMS
@pytest.mark.parametrize(
    ("choice", "kept", "unknown"),
    [
        (Choice(), TEXTS[1:], 4),
        (Choice(keep_unknown=False), ["good"], 4),
        (Choice(least=0.5), TEXTS, 4),
        (Choice(keep_unknown=False, least=0.5), ["half", "good"], 4),
    ],
)
def test_a_corpus_is_filtered(
    tmp_path: Path, known: Knowledge, form: str, choice: Choice, kept: list[str], unknown: int
) -> None:
    tally = applied(write(tmp_path / f"c.{form}", ROWS), known, choice)
    assert read(tmp_path / f"out.{form}") == [one for one in ROWS if one["text"] in kept]
    assert (tally.read, tally.kept, tally.unknown) == (len(ROWS), len(kept), unknown)


@FORMS
def test_a_corpus_is_weighed(tmp_path: Path, known: Knowledge, form: str) -> None:
    tally = applied(write(tmp_path / f"c.{form}", ROWS), known, Choice(weigh=True))
    assert read(tmp_path / f"out.{form}") == [
        {**one, "weight": weight} for one, weight in zip(ROWS, (0.5, 1, 1, 1, 1, 1), strict=True)
    ]
    assert tally.mean_weight == pytest.approx(5.5 / 6)
    applied(write(tmp_path / f"c.{form}", ROWS), known, Choice(weigh=True, keep_unknown=False))
    assert [(one["text"], one["weight"]) for one in read(tmp_path / f"out.{form}")] == [("half", 0.5), ("good", 1)]


@FORMS
def test_columns_may_have_other_names(tmp_path: Path, known: Knowledge, form: str) -> None:
    rows = [{"repo_name": one["repository"], "file": one["path"], "blob_id": one["blob"]} for one in ROWS]
    tally = applied(write(tmp_path / f"c.{form}", rows), known, columns=Columns("repo_name", "file", "blob_id"))
    assert (tally.kept, tally.unknown) == (5, 4)


@FORMS
def test_nothing_at_all_is_a_corpus_too(tmp_path: Path, known: Knowledge, form: str) -> None:
    corpus = write(tmp_path / f"c.{form}", ROWS)
    if form == "parquet":
        pq.write_table(pq.read_table(corpus).slice(0, 0), corpus)
    else:
        corpus.write_bytes(b"\n \n")
    assert applied(corpus, known) == Tally()
    assert read(tmp_path / f"out.{form}") == []


@FORMS
def test_a_folder_keeps_its_files_and_leaves_out_what_is_none(tmp_path: Path, known: Knowledge, form: str) -> None:
    corpus = tmp_path / "corpus"
    (corpus / "deep").mkdir(parents=True)
    write(corpus / f"one.{form}", ROWS[:2])
    write(corpus / "deep" / f"two.{form}", ROWS[1:])
    (corpus / "README.md").write_text("About")
    output = tmp_path / "out"
    tally = apply(corpus, output, replacing, Columns(), known, Choice())
    assert (tally.read, tally.kept) == (7, 6)
    assert sorted(p.relative_to(output).as_posix() for p in output.rglob("*.*")) == [f"deep/two.{form}", f"one.{form}"]
    assert read(output / f"one.{form}") == ROWS[1:2]
    assert read(output / "deep" / f"two.{form}") == ROWS[1:]


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path, known: Knowledge) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    write(corpus / "a.jsonl", ROWS)
    (corpus / "b.parquet").write_bytes(b"no parquet")
    with pytest.raises(CorpusError, match=r"b\.parquet cannot be read"):
        apply(corpus, tmp_path / "out", replacing, Columns(), known, Choice())
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_json_lines_leave_as_they_came(tmp_path: Path, known: Knowledge) -> None:
    lines = [
        b'{"blob":"%s" ,  "path":"src/b.py","repository":"octo/shop", "n": 1.10, "n2": 123456789012345678901}'
        % B.encode(),
        '{"repository": "ü", "path": "\\ud800", "blob": "x"} '.encode(),
    ]
    (tmp_path / "c.jsonl").write_bytes(b"\n".join(lines))
    applied(tmp_path / "c.jsonl", known)
    assert (tmp_path / "out.jsonl").read_bytes() == lines[0] + b"\n" + lines[1].rstrip() + b"\n"
    applied(tmp_path / "c.jsonl", known, Choice(weigh=True))
    assert (tmp_path / "out.jsonl").read_bytes().splitlines()[0] == lines[0][:-1] + b', "weight": 1.0}'


def test_parquet_keeps_schema_metadata_compression_and_order(tmp_path: Path, known: Knowledge) -> None:
    table = pa.table(
        {
            "repository": pa.array(["octo/shop", "octo/shop"] * 50).dictionary_encode(),
            "path": pa.array(["src/a.py", "src/b.py"] * 50, pa.large_string()),
            "blob": pa.array([A, B] * 50),
            "nested": pa.array([{"n": [n]} for n in range(100)]),
        }
    ).replace_schema_metadata({"who": "knows"})
    pq.write_table(table, tmp_path / "c.parquet", compression="gzip", row_group_size=7)
    applied(tmp_path / "c.parquet", known)
    file = pq.ParquetFile(tmp_path / "out.parquet")
    assert file.schema_arrow.metadata[b"who"] == b"knows"
    assert file.schema_arrow.equals(table.schema)
    assert file.metadata.row_group(0).column(0).compression == "GZIP"
    assert [one["n"] for one in file.read()["nested"].to_pylist()] == [[n] for n in range(1, 100, 2)]
    applied(tmp_path / "c.parquet", known, Choice(weigh=True))
    assert pq.read_table(tmp_path / "out.parquet")["weight"].to_pylist() == [0.5, 1.0] * 50


@pytest.mark.parametrize("kind", ["string", "large_string"])
def test_every_kind_of_text_is_read(tmp_path: Path, known: Knowledge, kind: str) -> None:
    table = pa.Table.from_pylist(ROWS)
    schema = pa.schema([(name, getattr(pa, kind)()) for name in table.column_names])
    pq.write_table(table.cast(schema), tmp_path / "c.parquet")
    tally = applied(tmp_path / "c.parquet", known)
    assert (tally.kept, tally.unknown) == (5, 4)


def test_texts_that_are_no_utf_8_do_no_harm(tmp_path: Path, known: Knowledge) -> None:
    bad = pa.array([b"octo/shop", b"octo/shop", b"\xff"]).view(pa.string())
    paths = pa.array([b"\xff\xfe", b"src/a.py", b"src/a.py"]).view(pa.string())
    table = pa.table({"repository": bad, "path": paths, "blob": pa.array([A, A, A])})
    pq.write_table(table, tmp_path / "c.parquet")
    tally = applied(tmp_path / "c.parquet", known, Choice(weigh=True))
    assert (tally.read, tally.unknown) == (3, 1)  # the first is a renamed file


def test_small_groups_are_put_together(tmp_path: Path, known: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "c.parquet", ROWS * 10, row_group_size=1)
    applied(tmp_path / "c.parquet", known)
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups == 1
    monkeypatch.setattr(parquet_corpus, "_GROUP_BYTES", 1)
    applied(tmp_path / "c.parquet", known)
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups == 50
    assert read(tmp_path / "out.parquet") == ROWS[1:] * 10


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "line 2 is no JSON (JSONDecodeError)"),
        (b"\xff", "line 2 is no JSON (UnicodeDecodeError)"),
        (b"[" * 100_000, "line 2 is no JSON (RecursionError)"),
        (b"[]", "line 2 is no JSON object"),
        (b'{"repository": "a/b", "path": "p"}', "line 2 has no 'blob'. Say what it is called with --column."),
        (b'{"repository": "a/b", "path": "p", "blob": 7}', "line 2: 'blob' is no text"),
        (b'{"repository": "a/b", "path": "p", "blob": "b", "weight": 1}', "line 2 has a weight already"),
    ],
)
def test_what_is_wrong_with_a_line(tmp_path: Path, known: Knowledge, line: bytes, words: str) -> None:
    (tmp_path / "c.jsonl").write_bytes(json.dumps(ROWS[0]).encode() + b"\n" + line)
    with pytest.raises(CorpusError) as caught:
        applied(tmp_path / "c.jsonl", known, Choice(weigh=True))
    assert str(tmp_path / "c.jsonl") in str(caught.value)
    assert words in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["c.jsonl"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"repository": ["a"], "path": ["b"]}, "has no column 'blob', or two. It has: repository, path."),
        ({"repository": ["a"], "path": ["b"], "blob": [1]}, "the column 'blob' holds int64, no text"),
        ({"repository": ["a"], "path": ["b"], "blob": ["c"], "weight": [1]}, "has a column 'weight' already"),
    ],
)
def test_what_is_wrong_with_a_table(tmp_path: Path, known: Knowledge, table: dict[str, Any], words: str) -> None:
    pq.write_table(pa.table(table), tmp_path / "c.parquet")
    with pytest.raises(CorpusError) as caught:
        applied(tmp_path / "c.parquet", known, Choice(weigh=True))
    assert words in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["c.parquet"]


def test_a_damaged_file_is_a_sentence(tmp_path: Path, known: Knowledge) -> None:
    write(tmp_path / "c.parquet", ROWS * 1000, compression="none", use_dictionary=False)
    content = bytearray((tmp_path / "c.parquet").read_bytes())
    for at in (slice(4, 400), slice(len(content) - 60, len(content) - 20)):
        broken = content.copy()
        broken[at] = bytes(len(broken[at]))
        (tmp_path / "c.parquet").write_bytes(broken)
        with pytest.raises(CorpusError, match=r"cannot be read or filtered as Parquet: .*\.$"):
            applied(tmp_path / "c.parquet", known)


def test_without_pyarrow_it_is_a_sentence(tmp_path: Path, known: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = write(tmp_path / "c.parquet", ROWS)

    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(parquet_corpus, "import_module", absent)
    with pytest.raises(CorpusError, match="pip install pyarrow"):
        applied(corpus, known)


def test_places_that_would_do_harm_are_refused(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    file = write(corpus / "c.jsonl", ROWS)
    full = tmp_path / "full"
    full.mkdir()
    (full / "x").touch()
    for source, output, words in (
        (tmp_path / "none", tmp_path / "out", "is not there"),
        (corpus, corpus, "is the corpus, or in it"),
        (corpus, corpus / "out", "is the corpus, or in it"),
        (file, file, "is the corpus, or in it"),
        (corpus, full, "not an empty folder"),
        (corpus, full / "x", "not an empty folder"),
        (file, full, "is a folder"),
        (corpus, tmp_path / "none" / "out", "there is no directory"),
    ):
        with pytest.raises(CorpusError, match=words):
            check_places(source, output)
    check_places(corpus, tmp_path / "out")
    check_places(file, corpus / "out.jsonl")


def test_a_name_that_is_no_corpus_and_an_empty_folder_are_refused(tmp_path: Path, known: Knowledge) -> None:
    (tmp_path / "c.csv").touch()
    with pytest.raises(CorpusError, match="no corpus by its name"):
        applied(tmp_path / "c.csv", known)
    with pytest.raises(CorpusError, match=r"holds no file that ends in \.parquet"):
        apply(tmp_path, tmp_path / "out", replacing, Columns(), known, Choice())
