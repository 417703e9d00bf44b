"""The real programs with a wrong setting: they end at once with 78 and a sentence, before they ask any server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

#: Nothing listens at any of these: what is asked of a server would take as long as STARTUP_WAIT_SECONDS.
NOWHERE = {
    "RABBITMQ_URL": "amqp://a:b@127.0.0.1:9/v",
    "MONGO_URI": "mongodb://127.0.0.1:9/",
    "MINIO_ENDPOINT": "127.0.0.1:9",
    "MINIO_ACCESS_KEY": "access-key",
    "MINIO_SECRET_KEY": "secret-key",
    "AZURE_ACCOUNT_URL": "http://127.0.0.1:9/fonoteca",
    "AZURE_SAS_TOKEN": "sv=2021-08-06&sig=AAAA",
    "API_KEY": "a key that is long enough",
    "API_PORT": "0",
    "METRICS_PORT": "0",
    "STARTUP_WAIT_SECONDS": "100",
}
#: Seconds: far below the wait for a server.
AT_ONCE = 30
_SENTENCE = re.compile(r"(fonoteca: |stack: )?(--management, or )?[A-Z_]+,?( or [A-Z_]+)? is (wrong|not set|set, but)")
FONOTECA = str(Path(sys.executable).parent / "fonoteca")


def ended(*command: str, folder: Path, **wrong: str) -> tuple[int, list[str]]:
    """The exit code, and the lines about settings."""
    inherited = ("PATH", "HOME", "LANG", "PYTHONPATH", "TMPDIR")
    env = {name: os.environ[name] for name in inherited if name in os.environ}
    env = {**env, "PYTHONPATH": os.getcwd(), **NOWHERE, **wrong}
    began = time.monotonic()
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=90, check=False, cwd=folder, stdin=subprocess.DEVNULL
    )
    assert time.monotonic() - began < AT_ONCE
    assert "Traceback" not in done.stderr
    return done.returncode, [line for line in done.stderr.splitlines() if _SENTENCE.match(line)]


@pytest.mark.parametrize(
    ("service", "variable", "value"),
    [
        ("sync", "MONGO_DATABASE", "fonoteca.prod"),
        ("retry", "MONGO_DATABASE", "x" * 64),
        ("sync", "MINIO_ENDPOINT", "127.0.0.1:99999"),
        ("scraper", "MINIO_ENDPOINT", "::1:9000"),
        ("api", "MINIO_BUCKET", "fono..teca"),
        ("sync", "MINIO_BUCKET", "10.0.0.1"),
        ("sync", "AZURE_CONTAINER", "petPhotos"),
        ("sync", "AZURE_CONTAINER", "a--b"),
        ("sync", "AZURE_ACCOUNT_URL", "http://127.0.0.1:9/fonoteca/audio"),
        ("sync", "AZURE_ACCOUNT_URL", "https://acct.blob.core.windows.net/fonoteca"),
        ("retry", "MONGO_URI", "mongodb://h/?tlsCAFile=/nope"),
        ("retry", "RABBITMQ_URL", "amqp://a:b@127.0.0.1:9/v?cadata=abc"),
        ("retry", "RETRY_BACKOFF_SECONDS", "nan"),
        ("scraper", "SCRAPER_WORK_FOLDER", "/etc/passwd"),
        ("api", "METRICS_HOST", "http://127.0.0.1"),
    ],
)
def test_a_service_ends_at_once_and_names_the_setting(tmp_path: Path, service: str, variable: str, value: str) -> None:
    code, lines = ended(sys.executable, "-m", f"services.{service}", folder=tmp_path, **{variable: value})
    assert (code, len(lines)) == (78, 1), lines
    assert lines[0].startswith(f"{variable} is wrong: ")


@pytest.mark.parametrize("service", ["retry", "sync", "scraper", "api"])
def test_a_certificate_and_users_of_services_do_not_go_together(tmp_path: Path, service: str) -> None:
    both = {"RABBITMQ_URL": "amqps://127.0.0.1:9/v?auth=external", "RABBITMQ_USERS": f"{service}=somebody"}
    code, lines = ended(sys.executable, "-m", f"services.{service}", folder=tmp_path, **both)
    assert (code, len(lines)) == (78, 1), lines
    assert lines[0].startswith("RABBITMQ_USERS is set, but RABBITMQ_URL signs in by a certificate")


@pytest.mark.parametrize(
    ("service", "wrong"),
    [
        (
            "scraper",
            {"RABBITMQ_URL": "x", "MONGO_URI": "x", "MINIO_BUCKET": "X", "SCRAPER_PROXY": "x", "LOG_LEVEL": "x"},
        ),
        ("retry", {"RABBITMQ_URL": "x", "MONGO_DATABASE": "a b", "RETRY_SWEEP_SECONDS": "inf"}),
        (
            "sync",
            {"RABBITMQ_URL": "x", "MONGO_URI": "x", "MINIO_BUCKET": "X", "AZURE_CONTAINER": "X", "SYNC_SLOTS": "0"},
        ),
        (
            "api",
            {
                "RABBITMQ_URL": "x",
                "MONGO_URI": "x",
                "MINIO_REGION": "a b",
                "SOURCES_PRIVATE_HOSTS": "x",
                "API_KEY": "x",
            },
        ),
    ],
)
def test_a_service_names_all_that_is_wrong_in_whatever_group(
    tmp_path: Path, service: str, wrong: dict[str, str]
) -> None:
    code, lines = ended(sys.executable, "-m", f"services.{service}", folder=tmp_path, **wrong)
    assert code == 78
    assert {line.partition(" ")[0] for line in lines} == set(wrong)


def test_an_account_without_any_credential_is_no_mirror(tmp_path: Path) -> None:
    code, lines = ended(sys.executable, "-m", "services.sync", folder=tmp_path, AZURE_SAS_TOKEN="")
    assert code == 78
    [line] = lines
    assert "neither AZURE_SAS_TOKEN nor AZURE_ACCOUNT_KEY is" in line


@pytest.mark.parametrize("variable", ["METRICS", "API"])
@pytest.mark.parametrize("host", ["10.255.255.1", "host.invalid"])
def test_an_address_that_this_machine_has_not_is_named(tmp_path: Path, variable: str, host: str) -> None:
    code, lines = ended(sys.executable, "-m", "services.api", folder=tmp_path, **{f"{variable}_HOST": host})
    assert (code, len(lines)) == (78, 1), lines
    assert lines[0].startswith(f"{variable}_HOST or {variable}_PORT is wrong: ")


@pytest.mark.parametrize(
    ("arguments", "variable", "value"),
    [
        (["status"], "API_URL", "127.0.0.1:8000"),
        (["status"], "API_URL", "http://127.0.0.1:99999"),
        (["logs", "x"], "API_KEY", "schlüssel"),
        (["audit"], "MONGO_DATABASE", "a.b"),
        (["audit"], "RABBITMQ_URL", "http://h"),
        (["sync", "run"], "MINIO_BUCKET", "10.0.0.1"),
        (["sync", "list"], "AZURE_CONTAINER", "a--b"),
        (["sync", "stats"], "AZURE_ACCOUNT_KEY", "no base64"),
        (["topology", "check"], "RABBITMQ_URL", "amqp://h:99999"),
        (["topology", "apply"], "RABBITMQ_URL_SYNC", "amqp://u:p@h:99999/v"),
        (["topology", "apply"], "RABBITMQ_MANAGEMENT_URL", "rabbitmq:15672"),
    ],
)
def test_a_command_ends_at_once_and_names_the_setting(
    tmp_path: Path, arguments: list[str], variable: str, value: str
) -> None:
    more = {} if variable == "API_URL" else {"API_URL": "http://127.0.0.1:9"}
    code, lines = ended(FONOTECA, *arguments, folder=tmp_path, **{**more, variable: value})
    assert (code, len(lines)) == (78, 1), lines
    assert variable in lines[0]


@pytest.mark.parametrize("content", [b"\xff\xfeA\0P\0", b"\x89PNG\r\n\x1a\n\0", b"API_URL=\xff\n"])
def test_an_env_file_that_is_no_text_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "env").write_bytes(content)
    for arguments in (["status"], ["sync", "list"]):
        command = [FONOTECA, "--env-file", "env", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode in (2, 78), done.stderr
        assert done.stderr.startswith("fonoteca: ")


def test_an_env_file_of_powershell_is_read(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("API_URL=http://127.0.0.1:9\nAPI_KEY=x\n", encoding="utf-16")
    done = subprocess.run([FONOTECA, "--env-file", "env", "status"], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, b"The API at http://127.0.0.1:9 does not answer" in done.stderr) == (69, True)


@pytest.mark.parametrize(("variable", "value"), [("MONGO_URI", "mongodb://h:0"), ("MINIO_ENDPOINT", "h:99999")])
def test_the_native_stack_takes_no_wrong_address(tmp_path: Path, variable: str, value: str) -> None:
    command = [sys.executable, "-m", "dev.stack", "--state", str(tmp_path / "state"), "--servers-only"]
    good = dict.fromkeys(("RABBITMQ_URL", "MONGO_URI", "MINIO_ENDPOINT", "AZURE_ACCOUNT_URL"), "")
    code, lines = ended(*command, folder=tmp_path, **{**good, variable: value})
    assert (code, len(lines)) == (78, 1)
