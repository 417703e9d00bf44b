"""`fonoteca notifications` on the running system."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dev.install import VENV
from dev.stack import Stack
from tests import endpoints
from tests.e2e.pipeline import eventually
from tests.endpoints import SECRET, Receiver, receiving

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fonoteca(stack: Stack) -> Run:
    """Runs a command: fonoteca("notifications", "show", "a")."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(VENV / "bin/fonoteca"), "--env-file", str(stack.env_file), *words]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "COLUMNS": "80"}
        )
        assert SECRET not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def receiver(stack: Stack) -> Iterator[Receiver]:
    """The receiver of the endpoint radio-site; old-site is paused."""
    paused = {"paused_at": datetime.now(UTC), "paused_why": "it answered 410 Gone", "failures": 5}
    with receiving() as receiver:
        made = [
            endpoints.endpoint("radio-site", receiver.url, endpoints.OF_NOTHING),
            endpoints.endpoint("old-site", "http://127.0.0.1:9/", endpoints.OF_NOTHING, **paused),
        ]
        endpoints.put(stack.exports, {"endpoints": made})
        yield receiver
        endpoints.remove(stack.exports, "radio-site", "old-site")


def test_a_test_arrives_and_its_delivery_is_shown(fonoteca: Run, receiver: Receiver) -> None:
    sent = json.loads(fonoteca("notifications", "test", "radio-site", "--json").stdout)

    def delivered() -> dict[str, Any] | None:
        shown = json.loads(fonoteca("notifications", "show", "radio-site", "--json").stdout)
        return shown if any(d["event_id"] == sent["event_id"] for d in shown["deliveries"]) else None

    shown = eventually(delivered, "delivery of the test")
    assert (shown["state"], shown["deliveries"][0]["outcome"], shown["deliveries"][0]["status"]) == (
        "active",
        "delivered",
        204,
    )
    [event] = receiver.events
    assert (event["id"], event["data"]["kind"]) == (sent["event_id"], "test")
    text = fonoteca("notifications", "show", "radio-site").stdout
    assert f"where     {receiver.url}" in text
    assert "notice.raised.v1 test/radio-site" in text
    assert "delivered" in text
    again = fonoteca("notifications", "test", "radio-site").stdout
    assert "`fonoteca notifications show radio-site` shows what became of it." in again


def test_a_paused_endpoint_is_listed_refuses_a_test_and_is_resumed(fonoteca: Run, receiver: Receiver) -> None:
    listed = fonoteca("notifications").stdout
    assert "radio-site" in listed
    assert "paused" in listed
    refused = fonoteca("notifications", "test", "old-site")
    assert refused.returncode == 2
    assert "old-site is paused: it answered 410 Gone." in refused.stderr
    assert "`fonoteca notifications resume NAME` resumes it." in refused.stderr
    assert "since" in fonoteca("notifications", "show", "old-site").stdout
    assert fonoteca("notifications", "resume", "old-site").stdout == "resumed: old-site  http://127.0.0.1:9/\n"
    lines = fonoteca("notifications", "--json").stdout.splitlines()
    assert {e["name"]: e["state"] for e in map(json.loads, lines)}.items() >= {
        ("old-site", "active"),
        ("radio-site", "active"),
    }
    assert "Nothing was delivered within a month." in fonoteca("notifications", "show", "old-site").stdout
    assert json.loads(fonoteca("notifications", "resume", "old-site", "--json").stdout)["failures"] == 0


def test_an_unknown_name_is_told(fonoteca: Run) -> None:
    done = fonoteca("notifications", "show", "nobody")
    assert done.returncode == 2
    assert "There is no endpoint 'nobody'." in done.stderr
    assert "`fonoteca notifications` lists them." in done.stderr


def test_open_notices_are_listed(fonoteca: Run, stack: Stack) -> None:
    now = datetime.now(UTC)
    notice = {
        "_id": "egress-blocked/cli-test",
        "kind": "egress-blocked",
        "title": "An egress [bold] rests",
        "text": "It rests.",
        "source": None,
        "at": now,
        "seen_at": now,
        "raised_at": now,
    }
    endpoints.put(stack.exports, {"notices": [notice]})
    assert "An egress [bold] rests" in fonoteca("notifications", "notices").stdout
    lines = fonoteca("notifications", "notices", "--json").stdout.splitlines()
    assert "egress-blocked/cli-test" in [json.loads(line)["key"] for line in lines]
