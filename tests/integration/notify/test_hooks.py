"""Installed hooks are called with each event, in processes of their own: whatever they do, the service lives on."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.notify.channels.hooks import hooks_running
from shared.catalog.connection import Catalog
from shared.catalog.notifications.endpoints import apply_endpoints, apply_hooks, endpoints_for
from shared.contracts import NotificationDue
from shared.errors import Misconfigured
from shared.notifications.definition import EVERY_TYPE
from shared.notifications.hooks import installed_hooks
from tests.integration.notify.test_deliveries import due, event

MODULE = """
import json, os, sys, time
CALLS = 0

def publish(event):
    global CALLS
    CALLS += 1
    print("what a hook prints is no answer")
    with open(os.environ["HOOK_OUTPUT"], "a") as file:
        file.write(json.dumps([event["id"], event["type"], os.getpid(), CALLS]) + "\\n")
    what = event["data"]["blob"]
    if what == "raise":
        raise ValueError("no\\nroom")
    if what == "hang":
        time.sleep(3600)
    if what == "fork":
        if os.fork() == 0:
            with open(os.environ["HOOK_OUTPUT"] + ".child", "w") as file:
                file.write(str(os.getpid()))
        time.sleep(3600)
    if what == "exit":
        os._exit(7)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Installs a package with hooks: install(name="module:function"). Returns what they write to."""

    def call(**hooks: str) -> Path:
        (tmp_path / "a_hook.py").write_text(MODULE)
        info = tmp_path / "a_hook-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a-hook\nVersion: 1.0\n")
        lines = [f"{name.replace('_', '-')} = {where}" for name, where in hooks.items()]
        (info / "entry_points.txt").write_text("\n".join(["[fonoteca.hooks]", *lines]) + "\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
        monkeypatch.setenv("HOOK_OUTPUT", str(tmp_path / "calls"))
        return tmp_path / "calls"

    return call


def message(what: str, number: int = 0) -> NotificationDue:
    return due(event(number).model_copy(update={"blob": what}))


def calls(path: Path) -> list[list[Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_a_hook_is_called_with_each_event_in_one_process(install: Callable[..., Path]) -> None:
    written = install(my_hook="a_hook:publish")
    assert installed_hooks() == {"hook-my-hook": "a_hook:publish"}
    async with hooks_running(60) as hooks:
        for number in range(3):
            assert (await hooks.call("hook-my-hook", message("fine", number))).error is None
    assert [call[0] for call in calls(written)] == [event(n).message_id() for n in range(3)]
    assert {call[1] for call in calls(written)} == {"audio.mirrored.v1"}
    assert len({call[2] for call in calls(written)}) == 1
    assert [call[3] for call in calls(written)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("what", "why"),
    [("raise", "ValueError: no room"), ("exit", "ended with code 7"), ("hang", "did not return")],
)
async def test_a_hook_that_fails_is_told_and_called_again(install: Callable[..., Path], what: str, why: str) -> None:
    install(my_hook="a_hook:publish")
    async with hooks_running(60) as patient, hooks_running(5) as hooks:
        answer = await (hooks if what == "hang" else patient).call("hook-my-hook", message(what))
        assert why in (answer.error or "")
        assert (await patient.call("hook-my-hook", message("fine"))).error is None


async def test_a_hook_that_was_interrupted_answers_nothing_later(install: Callable[..., Path]) -> None:
    install(my_hook="a_hook:publish")
    async with hooks_running(60) as hooks:
        hanging = asyncio.create_task(hooks.call("hook-my-hook", message("hang")))
        written = Path(os.environ["HOOK_OUTPUT"])
        async with asyncio.timeout(60):
            while not written.exists() or not written.read_text().endswith("\n"):
                await asyncio.sleep(0.02)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        assert "no room" in ((await hooks.call("hook-my-hook", message("raise"))).error or "")
        assert (await hooks.call("hook-my-hook", message("fine"))).error is None


async def test_a_child_of_a_hook_ends_with_it(install: Callable[..., Path]) -> None:
    child = install(my_hook="a_hook:publish").with_suffix(".child")
    async with hooks_running(600) as hooks:
        calling = asyncio.create_task(hooks.call("hook-my-hook", message("fork")))
        async with asyncio.timeout(60):
            while not child.exists() or not child.read_text():
                await asyncio.sleep(0.02)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
    pid = int(child.read_text())
    async with asyncio.timeout(60):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.02)


async def test_a_hook_that_cannot_be_loaded_is_a_failure(install: Callable[..., Path]) -> None:
    install(my_hook="a_hook:nothing")
    async with hooks_running(60) as hooks:
        answer = await hooks.call("hook-my-hook", message("fine"))
    assert "nothing" in (answer.error or "")


@pytest.mark.parametrize("name", ["My-Hook", "my.hook", "-hook"])
def test_a_name_that_none_can_have(install: Callable[..., Path], name: str) -> None:
    install(**{name: "a_hook:publish"})
    with pytest.raises(Misconfigured, match="correct its entry point"):
        installed_hooks()


async def test_hooks_are_endpoints_until_they_are_uninstalled(catalog: Catalog) -> None:
    assert await apply_hooks(catalog, {"hook-a": "a:b", "hook-c": "c:d"}, EVERY_TYPE) == ["hook-a", "hook-c"]
    assert await apply_hooks(catalog, {"hook-a": "a:b", "hook-c": "c:d"}, EVERY_TYPE) == []
    assert [each["_id"] for each in await endpoints_for(catalog, "audio.stored.v1")] == ["hook-a", "hook-c"]
    # The file of endpoints does not touch them.
    assert await apply_endpoints(catalog, []) == []
    assert await apply_hooks(catalog, {"hook-a": "a:b"}, EVERY_TYPE) == ["hook-c"]
    assert [each["url"] for each in await endpoints_for(catalog, "audio.stored.v1")] == ["a:b"]
