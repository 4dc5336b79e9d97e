"""The ``secrets`` gate. Every credential here is made up, and put together so that no scanner finds it in this file."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gates.change import Change, MemorySnapshot
from gates.exogenous.secrets import GATE, SecretsSettings, allowed_by
from gates.gate import Context, CouldNotJudgeError
from gates.interpreter import Interpreter
from gates.sandbox.bubblewrap import Bubblewrap
from gates.verdict import Outcome, Severity, Verdict
from gates.workspace import Workspace

CLOUD = "AKIA" + "Q3EGRZ7XYW2VN5TD"
GITHUB = "ghp_" + "n4Kd8sQz1LxV7pRt2WmYc6BhJf9GuE3aTo5N"
PRIVATE = "-----BEGIN " + "RSA PRIVATE KEY-----"
PASSWORD = "tr0ub4dor&" + "3!x"
RANDOM = "q8Zr2LxW9vNc4TyP" + "6mKd1BsHf7GjUe3AoR5i"


@pytest.fixture(scope="module")
def plain() -> Iterator[Context]:
    with Workspace() as workspace:
        yield Context(workspace, Interpreter.own(), Interpreter.own())


def judge(
    context: Context, head: Mapping[str, str | bytes], base: Mapping[str, str | bytes] | None = None, **options: Any
) -> Verdict:
    before = MemorySnapshot.of(base or {})
    change = Change.between(before, MemorySnapshot.of({**(base or {}), **head}))
    return GATE.judge([change], SecretsSettings(**options), context)[0]


def rules(verdict: Verdict) -> set[tuple[str, Severity]]:
    return {(f.rule, f.severity) for f in verdict.findings}


@pytest.mark.sandbox
def test_in_the_sandbox(plain: Context) -> None:
    sandboxed = replace(plain, sandbox=Bubblewrap())
    verdict = judge(sandboxed, {"a.py": f'x = 1\nKEY = "{CLOUD}"\n'})
    assert verdict.outcome is Outcome.REJECT
    assert (verdict.findings[0].path, verdict.findings[0].line) == ("a.py", 2)
    assert judge(sandboxed, {"a.py": "x = 1\n"}).outcome is Outcome.ACCEPT


TOKENS = {
    "anthropic": "sk-" + "ant-api03-" + RANDOM[:31] * 3,
    "digitalocean": "dop_" + "v1_" + "0f3a9c4e17d2b586" * 4,
    "github": "github" + "_pat_" + RANDOM[:22] + "_" + RANDOM[:30] + RANDOM[:29],
    "google": "AI" + "za" + RANDOM[:35],
    "google_client": "GOC" + "SPX-" + RANDOM[:28],
    "hugging_face": "h" + "f_" + RANDOM[:34],
    "npm": "np" + "m_" + RANDOM[:36],
    "openai": "sk-" + "proj-" + RANDOM + RANDOM[:12],
}
CREDENTIALS = [
    ("a.py", f'client("{CLOUD}")'),
    ("a.py", f'c = boto3.client("{CLOUD}")'),
    ("tests/test_a.py", f"TOKEN = '{GITHUB}'"),
    ("deploy/key.pem", PRIVATE),
    ("ci.yml", f"env:\n  TOKEN: {GITHUB}\n"),
    ("README.md", f"Use {GITHUB} to log in."),
    ("poetry.lock", f"token = {GITHUB}"),
    ("swagger.json", json.dumps({"token": GITHUB})),
    ("settings.py", f'PASSWORD = "{PASSWORD}"'),
    ("settings.py", 'PASSWORD = "p4$$' + 'w%rd<9barn"'),
    (".env", f"DB_PASSWORD={PASSWORD}"),
    ("app.yaml", f"password: {PASSWORD}"),
    ("app.ini", f"password = {PASSWORD}"),
    ("main.go", f'password := "{PASSWORD}"'),
    ("x.bin", f"{GITHUB}\n"),
    ("a.py", f'connect("postgres://admin:{PASSWORD[:9]}7@db/")'),
    (".aws/credentials", f"[default]\naws_secret_access_key = {RANDOM}4tYu\n"),
    ("Dockerfile", f"ENV DB_PASSWORD={PASSWORD}\n"),
    ("tests/test_a.py", f'KEY = """{PRIVATE}\n{RANDOM}{RANDOM}\n"""'),
    ("a.py", f'KEY = "{PRIVATE}\\n{RANDOM}"'),
    ("a.py", f'KEY = (\n    "{PRIVATE}\\n"\n    "{RANDOM}\\n"\n)'),
    *((f"{name}.py", f'connect("{token}")') for name, token in TOKENS.items()),
    ("long.js", "a" * 300_000 + f' "{GITHUB}" ' + "b" * 5_000),
]


@pytest.fixture(scope="module")
def verdicts(plain: Context) -> list[Verdict]:
    """One scan for all: what takes the time is the start."""
    base = MemorySnapshot.of({})
    changes = [Change.between(base, MemorySnapshot.of({path: text})) for path, text in CREDENTIALS]
    return GATE.judge(changes, SecretsSettings(), plain)


@pytest.mark.parametrize("case", range(len(CREDENTIALS)), ids=[path for path, _ in CREDENTIALS])
def test_credentials_are_found_and_never_shown(case: int, verdicts: list[Verdict]) -> None:
    verdict = verdicts[case]
    assert verdict.outcome is Outcome.REJECT, verdict
    said = repr(verdict)
    for value in (CLOUD, GITHUB, PASSWORD, RANDOM, *TOKENS.values()):
        assert value not in said
        assert value[2:8] not in said


def test_utf_16_does_not_hide_one(plain: Context) -> None:
    assert judge(plain, {"a.env": f'TOKEN="{GITHUB}"'.encode("utf-16")}).outcome is Outcome.REJECT


HARMLESS = [
    "password = get_password()",
    'password = os.environ["DB_PASSWORD"]',
    'password: str = "password"',
    'PASSWORD_FIELD = "user_password"',
    'help = "the password of the user"',
    'password = "Enter your password 123:"',
    'url = f"https://{user}:{password}@host/"',
    'url = "https://user:$PASSWORD@host/"',
    'commit_id = "9c1185a5c5e9fc54612808977ee8f548b2258d31"',
    'uuid = "4d3b9f3a-0b7c-4c1e-9d3e-0c2a9a0a9b11"',
    'password = "${PASSWORD}"',
    'url = "https://user:pass@host.org/"',
    'api_key = "<your api key>"',
    'secret = "changeme123!"',
    'secret = "test-secret-1"',
    'password = "{password1}"',
    f'if text.startswith("{PRIVATE}"):',
    f'pem = f"{PRIVATE}\\n{{body}}\\n"',
    'secretName: "tls-cert-2024"',
    '{"passwordHeader": "X-Auth-2"}',
    'secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-1"',
    'PASSWORD_FILE = "/run/secrets/db1"',
    'token = "ghp_' + "x" * 36 + '"',
    'key = "AKIA' + "X" * 16 + '"',
    'key = "sk-ant-api03-' + "x" * 90 + '"',
    'key = "AIza' + "0" * 35 + '"',
]


def test_what_is_none_does_not_reject(plain: Context) -> None:
    base = MemorySnapshot.of({})
    changes = [Change.between(base, MemorySnapshot.of({"a.py": line})) for line in HARMLESS]
    found = GATE.judge(changes, SecretsSettings(), plain)
    assert [line for line, v in zip(HARMLESS, found, strict=True) if v.outcome is not Outcome.ACCEPT] == []


def test_entropy_alone_is_a_matter_of_setting(plain: Context) -> None:
    head = {"a.py": f'x = "{RANDOM}"\n'}
    warned = judge(plain, head)
    assert (warned.outcome, rules(warned)) == (Outcome.ACCEPT, {("secret-entropy", Severity.WARNING)})
    assert judge(plain, head, entropy="reject").outcome is Outcome.REJECT
    assert judge(plain, head, entropy="off").findings == ()
    assert judge(plain, {"poetry.lock": head["a.py"]}).findings == ()


def test_a_password_among_tests_is_a_warning(plain: Context) -> None:
    verdict = judge(plain, {"tests/test_login.py": f'password = "{PASSWORD}"\n'})
    assert (verdict.outcome, rules(verdict)) == (Outcome.ACCEPT, {("secret-keyword", Severity.WARNING)})


def test_a_password_in_an_address_is_graded_as_a_password(plain: Context) -> None:
    line = f'url = "http://user:{PASSWORD[:9]}7@localhost/"\n'
    verdict = judge(plain, {"tests/test_login.py": line})
    assert (verdict.outcome, rules(verdict)) == (Outcome.ACCEPT, {("secret-keyword", Severity.WARNING)})
    assert judge(plain, {"login.py": line, "poetry.lock": line}).score == 2.0


def test_only_new_lines_are_looked_at(plain: Context) -> None:
    old = f'KEY = "{CLOUD}"\n'
    assert judge(plain, {"a.py": old + "x = 1\n"}, {"a.py": old}).outcome is Outcome.ACCEPT
    assert judge(plain, {"a.py": "x = 1\n" + old}, {"a.py": "x = 1\n"}).outcome is Outcome.REJECT


def test_a_moved_line_is_not_new(plain: Context) -> None:
    old = f'    KEY = "{CLOUD}"\n'
    assert judge(plain, {"a.py": "x = 1\n", "b.py": old.strip() + "\n"}, {"a.py": old}).outcome is Outcome.ACCEPT


def test_the_change_cannot_allow_itself(plain: Context) -> None:
    line = f'KEY = "{CLOUD}"  # pragma: allow' + "list secret\n"
    verdict = judge(plain, {"a.py": line})
    assert verdict.outcome is Outcome.REJECT
    assert ("secret-allowlisted", Severity.WARNING) in rules(verdict)
    baseline = json.dumps({"results": {"a.py": [{"hashed_secret": hashlib.sha1(CLOUD.encode()).hexdigest()}]}})
    verdict = judge(plain, {"a.py": f'KEY = "{CLOUD}"\n', ".secrets.baseline": baseline})
    assert verdict.outcome is Outcome.REJECT
    assert ("secrets-baseline-edited", Severity.WARNING) in rules(verdict)


def test_the_bases_baseline_allows(plain: Context) -> None:
    baseline = json.dumps({"results": {"a.py": [{"hashed_secret": hashlib.sha1(CLOUD.encode()).hexdigest()}]}})
    line = f'KEY = "{CLOUD}"\n'
    assert judge(plain, {"a.py": line}, {".secrets.baseline": baseline}).outcome is Outcome.ACCEPT
    assert judge(plain, {"b.py": line}, {".secrets.baseline": baseline}).outcome is Outcome.REJECT


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"results": 3}', b'{"results": {"a": 1}}', b"[" * 10_000])
def test_a_broken_baseline_allows_nothing(content: bytes) -> None:
    assert allowed_by(MemorySnapshot.of({".secrets.baseline": content})) == frozenset()


def test_a_binary_file_is_named_and_a_large_one_could_not_be_judged(plain: Context) -> None:
    files = {"a.png": b"\x89PNG\0\0", "b.txt": b"x" * (3 * 1024 * 1024), "c.py": "x = 1"}
    verdict = judge(plain, files)
    assert verdict.outcome is Outcome.ERROR
    assert "b.txt" in verdict.reason and "exclude" in verdict.reason
    assert {f.path for f in verdict.findings if f.rule == "secrets-not-scanned"} == {"a.png", "b.txt"}
    assert judge(plain, files, exclude=("b.txt",)).outcome is Outcome.ACCEPT


def test_a_large_file_alone_is_not_passed_over(plain: Context) -> None:
    assert judge(plain, {"b.txt": b"x" * (3 * 1024 * 1024)}).outcome is Outcome.ERROR


def test_nothing_written_is_skipped(plain: Context) -> None:
    assert judge(plain, {"a.py": "x = 1\n"}, {"a.py": "x = 1\ny = 2\n"}).outcome is Outcome.SKIP


def test_excluded_files(plain: Context) -> None:
    assert judge(plain, {"fixtures/k.py": f'K = "{CLOUD}"'}, exclude=("fixtures/*",)).outcome is Outcome.SKIP


def test_a_flood_of_doubts_is_summed_up(plain: Context) -> None:
    text = "".join(f'x{n} = "{RANDOM[n % 30 :]}{RANDOM[: n % 30]}"\n' for n in range(60))
    verdict = judge(plain, {"a.py": text})
    assert verdict.outcome is Outcome.ACCEPT
    assert len(verdict.findings) == 11


def test_a_batch_keeps_its_order(plain: Context) -> None:
    base = MemorySnapshot.of({})
    texts = ["x = 1", f'K = "{CLOUD}"', "", "y = 2"]
    changes = [Change.between(base, MemorySnapshot.of({"a.py": t})) for t in texts]
    found = [v.outcome.value for v in GATE.judge(changes, SecretsSettings(), plain)]
    assert found == ["accept", "reject", "skip", "accept"]


def test_text_that_is_too_hard_to_match_ends_in_time(plain: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gates.credentials.run._FILE_SECONDS", 0.5)
    verdict = judge(plain, {"a.py": "password" * 40_000, "b.py": ("secret='" + " " * 3_000) * 40})
    assert verdict.outcome is Outcome.ERROR
    assert "a.py" in verdict.reason
    found = judge(plain, {"a.py": "password" * 40_000, "b.py": f'K = "{CLOUD}"'})
    assert found.outcome is Outcome.REJECT, "what was found elsewhere is not lost"


def test_used_up_time_is_an_error(plain: Context) -> None:
    with pytest.raises(CouldNotJudgeError, match=r"budget\.seconds"):
        judge(replace(plain, deadline=time.monotonic() - 1), {"a.py": "x = 1"})


@hypothesis_settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))))
def test_no_bytes_break_it(contents: list[bytes], plain: Context) -> None:
    base = MemorySnapshot.of({})
    changes = [Change.between(base, MemorySnapshot.of({"a.yaml": c, "b": c})) for c in contents]
    verdicts = GATE.judge(changes, SecretsSettings(), plain)
    assert all(v.outcome is not Outcome.ERROR for v in verdicts)
