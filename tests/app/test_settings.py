"""Settings: fixed names, every problem at once, and no secret in any text."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from app.settings import Secret, Settings, SettingsError

KEY = "-----BEGIN RSA PRIVATE KEY-----\nnot-a-real-key\n-----END RSA PRIVATE KEY-----\n"


def read(tmp_path: Path, **given: str) -> Settings:
    return Settings.read({"EXOGATE_DATA_DIR": str(tmp_path), **given})


def test_without_anything_it_is_github_and_sqlite(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.api_url, settings.server_url) == ("https://api.github.com", "https://github.com")
    assert settings.database_url == f"sqlite:///{tmp_path}/ledger.sqlite3"
    assert (settings.port, settings.policy, settings.export_repositories) == (8000, None, frozenset())
    assert (len(settings.missing), len(settings.missing_for_sign_in)) == (3, 2)
    assert all(sentence.endswith(".") for sentence in (*settings.missing, *settings.missing_for_sign_in))


def test_everything_is_said_by_name(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(KEY)
    settings = read(
        tmp_path,
        GITHUB_API_URL="https://git.example.org/api/v3/",
        GITHUB_SERVER_URL="https://git.example.org",
        GITHUB_APP_ID="7",
        GITHUB_APP_PRIVATE_KEY_PATH=str(tmp_path / "key.pem"),
        GITHUB_WEBHOOK_SECRET="s3cret",
        GITHUB_APP_CLIENT_ID="Iv23abc",
        GITHUB_APP_CLIENT_SECRET="cl1ent",
        REDIS_URL="unix:///run/redis.sock",
        DATABASE_URL="postgresql+psycopg://localhost/exogate",
        PORT="9000",
        EXOGATE_PUBLIC_URL="https://exogate.example.org/",
        EXOGATE_POLICY="strict",
        EXOGATE_EXPORT_REPOSITORIES="octo/shop, octo/till",
    )
    assert settings.api_url == "https://git.example.org/api/v3"
    assert settings.private_key.reveal() == KEY.rstrip()
    assert settings.webhook_secret.reveal() == "s3cret"
    assert settings.public_url == "https://exogate.example.org"
    assert settings.export_repositories == {"octo/shop", "octo/till"}
    assert settings.missing == [] and settings.missing_for_sign_in == []
    assert (settings.client_id, settings.client_secret.reveal()) == ("Iv23abc", "cl1ent")
    assert "s3cret" not in repr(settings) and "cl1ent" not in repr(settings) and "not-a-real-key" not in repr(settings)


def test_what_was_stored_counts_where_the_environment_says_nothing(tmp_path: Path) -> None:
    stored = {"GITHUB_APP_ID": "7", "GITHUB_APP_PRIVATE_KEY": KEY, "GITHUB_WEBHOOK_SECRET": "stored"}
    (tmp_path / "app.json").write_text(json.dumps(stored))
    settings = read(tmp_path, GITHUB_WEBHOOK_SECRET="given", GITHUB_APP_ID="")
    assert (settings.app_id, settings.webhook_secret.reveal()) == (7, "given")
    assert settings.missing == []


def test_a_key_on_one_line_is_a_key(tmp_path: Path) -> None:
    assert read(tmp_path, GITHUB_APP_PRIVATE_KEY=KEY.replace("\n", "\\n")).private_key.reveal() == KEY


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "app.json").write_text(json.dumps({"GITHUB_WEBHOOK_SECRET": "stored", "GITHUB_APP_ID": "7"}))
    files = {"GITHUB_WEBHOOK_SECRET": "s3 cret", "DATABASE_URL": "postgresql+psycopg://:hunter2@db/x"}
    files |= {"REDIS_URL": "rediss://:hunter2@redis/0", "GITHUB_APP_PRIVATE_KEY": KEY}
    for name, value in files.items():
        (tmp_path / name).write_text(f"{value}\r\n")
    settings = read(tmp_path, **{f"{name}_PATH": str(tmp_path / name) for name in files})
    assert settings.webhook_secret.reveal() == "s3 cret"
    assert settings.database_url == files["DATABASE_URL"]
    assert settings.redis_url == files["REDIS_URL"]
    assert settings.private_key.reveal() == KEY.rstrip()
    assert settings.missing == []


@pytest.mark.parametrize(
    "name",
    ["GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", "GITHUB_APP_CLIENT_SECRET", "DATABASE_URL", "REDIS_URL"],
)
def test_a_file_that_says_nothing_or_something_else_is_a_problem(tmp_path: Path, name: str) -> None:
    path, binary = tmp_path / "empty", tmp_path / "binary"
    path.write_text("\n")
    binary.write_bytes(b"\xff\xfe")
    for given, said in (
        ({f"{name}_PATH": str(path)}, f"{name}_PATH: {path} is empty."),
        ({f"{name}_PATH": str(binary)}, f"{name}_PATH: {binary} cannot be read (UnicodeDecodeError)."),
        ({f"{name}_PATH": str(tmp_path)}, f"{name}_PATH: {tmp_path} cannot be read (IsADirectoryError)."),
        ({f"{name}_PATH": "/x", name: KEY}, f"{name} and {name}_PATH are both set."),
    ):
        with pytest.raises(SettingsError) as caught:
            read(tmp_path, **given)
        assert any(problem.startswith(said) for problem in caught.value.problems)
        assert "not-a-real-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"GITHUB_APP_ID": "seven"}, "GITHUB_APP_ID"),
        ({"GITHUB_APP_ID": "٧"}, "GITHUB_APP_ID"),
        ({"GITHUB_APP_CLIENT_ID": "hunter2 or so"}, "GITHUB_APP_CLIENT_ID"),
        ({"PORT": "-1"}, "PORT"),
        ({"GITHUB_API_URL": "api.github.com"}, "GITHUB_API_URL"),
        ({"GITHUB_API_URL": "https://[::1"}, "GITHUB_API_URL"),
        ({"REDIS_URL": "http://:hunter2@localhost"}, "REDIS_URL"),
        ({"EXOGATE_PUBLIC_URL": "exogate.example.org"}, "EXOGATE_PUBLIC_URL"),
        ({"GITHUB_APP_PRIVATE_KEY": "hunter2"}, "private key"),
        ({"GITHUB_APP_PRIVATE_KEY_PATH": "/nonexistent/key.pem"}, "/nonexistent/key.pem"),
    ],
)
def test_a_problem_is_a_sentence_that_names_the_variable_and_quotes_no_secret(
    tmp_path: Path, given: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, **given)
    (problem,) = caught.value.problems
    assert named in problem and problem.endswith(".") and "hunter2" not in problem


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "app.json").write_text('["hunter2"]')
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, PORT="x", GITHUB_APP_ID="y")
    assert len(caught.value.problems) == 3
    assert "hunter2" not in str(caught.value)


def test_a_secret_is_shown_to_nobody(tmp_path: Path) -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_an_index_of_its_own_keeps_its_files_itself(tmp_path: Path) -> None:
    assert read(tmp_path).index.places() == {("pypi.org", 443), ("files.pythonhosted.org", 443)}
    own = read(tmp_path, EXOGATE_INDEX_URL="https://packages.example.org:8443/simple")
    assert own.index.places() == {("packages.example.org", 8443)}
    more = read(tmp_path, EXOGATE_INDEX_URL="http://a.example/simple", EXOGATE_INDEX_FILES="https://b.example")
    assert more.index.places() == {("a.example", 80), ("b.example", 443)}
    with pytest.raises(SettingsError, match="EXOGATE_INDEX_URL"):
        read(tmp_path, EXOGATE_INDEX_URL="packages.example.org")
