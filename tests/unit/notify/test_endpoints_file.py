"""The file of endpoints: wrong lines are reported with line, field and cure, and no secret is shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from services.notify.endpoints_file import read_file
from shared.errors import Misconfigured

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    return path


def problem(tmp_path: Path, *lines: str, private_hosts: bool = False) -> str:
    path = tmp_path / "endpoints.yaml"
    path.write_text("\n".join(["endpoints:", *lines]))
    with pytest.raises(Misconfigured) as raised:
        read_file(path, private_hosts=private_hosts)
    return str(raised.value)


def test_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVISTS", "mailtos://user:pass@example.org")
    path = tmp_path / "endpoints.yaml"
    path.write_text(
        "endpoints:\n"
        "  - name: archivists\n"
        "    to_env: ARCHIVISTS\n"
        "    tell: [new-recordings, source-failing]\n"
        "    digest: cron 0 18 * * 5 Africa/Porto-Novo\n"
        "    labels: {region: zou}\n"
    )
    [people] = read_file(path, private_hosts=False)
    assert (people.definition.is_webhook, people.where) == (False, "mailtos://")
    assert (people.definition.digest, people.definition.summary) == (
        "cron 0 18 * * 5 Africa/Porto-Novo",
        "cron 0 7 * * 1 UTC",
    )
    assert "pass" not in repr(people)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{name: a, to_env: ARCHIVISTS, url: 'https://a.example.org/'}", "give secret_file or secret_env"),
        ("{name: a, to_env: ARCHIVISTS, to_file: /x}", "give url for a webhook, or one of to_file and to_env"),
        ("{name: a}", "give url for a webhook"),
        ("{name: a, to_env: NONSENSE}", "to_env: Apprise cannot use this address"),
        ("{name: a, to_env: NOWHERE}", "to_env: NOWHERE is not set"),
        ("{name: a, to_env: ARCHIVISTS, types: [audio.stored.v1]}", "people has no types; remove it"),
        ("{name: a, to_env: ARCHIVISTS, tell: [gossip]}", "tell.0: Input should be"),
        ("{name: a, to_env: ARCHIVISTS, digest: hourly}", "digest: 'hourly' is no time. Write daily"),
        ("{name: a, to_env: ARCHIVISTS, digest: cron 0 0 30 2 *}", "digest: '0 0 30 2 *'"),
        ("{name: a, to_env: ARCHIVISTS, summary: at-once}", "summary: a summary has its times"),
        ("{name: hook-a, to_env: ARCHIVISTS}", "names that begin with hook-"),
        ("{name: a, url: 'https://a.example.org/', secret_env: ARCHIVISTS, digest: daily}", "a webhook has no digest"),
    ],
)
def test_what_is_wrong_about_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, expected: str) -> None:
    monkeypatch.setenv("ARCHIVISTS", "mailtos://user:pass@example.org")
    monkeypatch.setenv("NONSENSE", "the-password-of-somebody")
    text = problem(tmp_path, f"  - {line}")
    assert "line 2: " in text
    assert expected in text
    assert "pass@" not in text
    assert "the-password" not in text


def test_a_right_file(tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIO_SECRET", SECRET)
    path = tmp_path / "endpoints.yaml"
    path.write_text(
        "endpoints:\n"
        f"  - {{name: a, url: 'https://a.example.org/x', secret_file: '{secret}', types: [audio.stored.v1]}}\n"
        "  - {name: b, url: 'https://b.example.org/', secret_env: RADIO_SECRET}\n"
    )
    a, b = read_file(path, private_hosts=False)
    assert (a.definition.types, len(b.definition.types)) == (("audio.stored.v1",), 5)
    assert a.secret.get_secret_value() == b.secret.get_secret_value() == SECRET
    assert SECRET not in repr(a)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{name: a, url: 'https://10.0.0.1/', secret_file: 'S'}", "url: 10.0.0.1 is not on the public internet"),
        ("{name: a, url: 'https://2130706433/', secret_file: 'S'}", "is not on the public internet"),
        ("{name: a, url: 'https://hooks.svc/', secret_file: 'S'}", "is not on the public internet"),
        ("{name: a, url: 'http://a.example.org/', secret_file: 'S'}", "use https"),
        ("{name: a, url: 'https://u:p@a.example.org/', secret_file: 'S'}", "remove the user and password"),
        ("{name: a, url: 'https://a.example.org/'}", "give secret_file or secret_env"),
        ("{name: a, url: 'https://a.example.org/', secret_env: NOWHERE}", "secret_env: NOWHERE is not set"),
        ("{name: a, url: 'https://a.example.org/', secret_file: /nowhere}", "secret_file: it cannot be read"),
        ("{name: a, url: 'https://a.example.org/', secret_file: 'S', types: [x]}", "types.0: Input should be"),
        ("{name: A, url: 'https://a.example.org/', secret_file: 'S'}", "name: "),
        ("{name: a, url: 'https://a.example.org/', secret_file: 'S', more: 1}", "more: "),
    ],
)
def test_wrong_lines(tmp_path: Path, secret: Path, line: str, expected: str) -> None:
    text = problem(tmp_path, f"  - {line.replace(chr(39) + 'S' + chr(39), str(secret))}")
    assert "line 2: " in text
    assert expected in text


def test_all_mistakes_come_together(tmp_path: Path, secret: Path) -> None:
    good = f"name: a, url: 'https://a.example.org/', secret_file: '{secret}'"
    text = problem(tmp_path, f"  - {{{good}}}", f"  - {{{good}}}", "  - {name: b}")
    assert "line 3: name: a is also in line 2" in text
    assert "line 4: " in text


def test_a_wrong_secret_is_not_shown(tmp_path: Path, secret: Path) -> None:
    secret.write_text("whsec_dG9vLXNob3J0")
    text = problem(tmp_path, f"  - {{name: a, url: 'https://a.example.org/', secret_file: '{secret}'}}")
    assert "must be whsec_" in text
    assert "dG9v" not in text
