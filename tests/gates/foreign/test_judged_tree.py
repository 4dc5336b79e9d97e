from __future__ import annotations

from collections.abc import Mapping

from gates.change import Change, MemorySnapshot
from gates.foreign.settings import CommandSettings
from gates.foreign.trees import judged_tree

BASE = {
    "src/a.go": "package a",
    "src/a_test.go": "package a // tests",
    "Makefile": "test:\n\tgo test",
    "check.sh": "exit 1",
    "package.json": '{"scripts": {"test": "jest"}}',
}


def tree_of(
    head: Mapping[str, str | None], command: CommandSettings
) -> tuple[dict[str, bytes], list[tuple[str | None, str]]]:
    files = {**BASE, **head}
    after = MemorySnapshot.of({path: text for path, text in files.items() if text is not None})
    tree, findings = judged_tree(Change.between(MemorySnapshot.of(BASE), after), command)
    return dict(tree.read_many(list(tree.entries))), [(f.path, f.rule) for f in findings]


def test_tests_and_settings_of_runners_are_the_bases() -> None:
    head = {
        "src/a.go": "package a // new",
        "src/a_test.go": None,
        "src/b_test.go": "package b",
        "Makefile": "test:\n\ttrue",
        "GNUmakefile": "test:\n\ttrue",
        "tests/helper.js": "cheat()",
    }
    files, findings = tree_of(head, CommandSettings(run=("make", "test")))
    assert files["src/a.go"] == b"package a // new"
    assert files["src/a_test.go"] == BASE["src/a_test.go"].encode()
    assert files["Makefile"] == BASE["Makefile"].encode()
    assert not files.keys() & {"GNUmakefile", "src/b_test.go", "tests/helper.js"}
    assert dict(findings) == dict.fromkeys(
        ["GNUmakefile", "Makefile", "src/a_test.go", "src/b_test.go", "tests/helper.js"], "from-base"
    )


def test_the_file_that_the_command_names_is_the_bases() -> None:
    for run in (("./check.sh", "-v"), ("sh", "check.sh"), "cd . && ./check.sh"):
        files, findings = tree_of({"check.sh": "exit 0"}, CommandSettings(run=run))
        assert files["check.sh"] == b"exit 1"
        assert findings == [("check.sh", "from-base")]


def test_a_file_in_place_of_a_directory_of_tests_gives_way() -> None:
    files, _ = tree_of({"src/a_test.go": None, "src/a.go": None, "src": "a file"}, CommandSettings(run=("go", "test")))
    assert "src" not in files
    assert files["src/a_test.go"] == BASE["src/a_test.go"].encode()


def test_scripts_of_package_json_are_merged() -> None:
    head = {"package.json": '{"scripts": {"test": "true"}, "version": "2"}', "web/package.json": '{"jest": {}}'}
    files, findings = tree_of(head, CommandSettings(run="npm test"))
    assert files["package.json"].split() == b'{ "version": "2", "scripts": { "test": "jest" } }'.split()
    assert files["web/package.json"] == b"{}"
    assert findings == [("package.json", "from-base"), ("web/package.json", "from-base")]


def test_an_edited_manifest_is_used_and_shown() -> None:
    files, findings = tree_of({"Cargo.toml": "[lib]\ntest = false"}, CommandSettings(run="cargo test"))
    assert files["Cargo.toml"] == b"[lib]\ntest = false"
    assert findings == [("Cargo.toml", "manifest-edited")]


def test_the_list_can_be_replaced_and_added_to() -> None:
    head = {"Makefile": "new", "src/a.go": "new"}
    replaced, _ = tree_of(head, CommandSettings(run="x", from_base=("src/",)))
    assert (replaced["Makefile"], replaced["src/a.go"]) == (b"new", b"package a")
    added, _ = tree_of(head, CommandSettings(run="x", more_from_base=("src/",)))
    assert (added["Makefile"], added["src/a.go"]) == (BASE["Makefile"].encode(), b"package a")


def test_trees_with_other_content_have_other_ids() -> None:
    def id_of(package: str) -> str:
        change = Change.between(MemorySnapshot.of(BASE), MemorySnapshot.of({**BASE, "package.json": package}))
        return judged_tree(change, CommandSettings(run="npm test"))[0].id

    ids = {
        id_of('{"scripts": {}, "version": "2"}'),
        id_of('{"scripts": {}, "version": "3"}'),
        id_of(BASE["package.json"]),
    }
    assert len(ids) == 3
    assert id_of('{"scripts": {}, "version": "2"}') in ids
