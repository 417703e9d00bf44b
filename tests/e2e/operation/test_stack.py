"""The native stack itself: side by side with another, on servers that are there already, gone when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from dotenv import dotenv_values

from dev.demo.run import leftovers
from dev.given_servers import OF_A_STACK
from dev.install import ROOT
from dev.stack import Stack
from tests.e2e.pipeline import eventually


def test_a_second_stack_runs_beside_the_first_and_leaves_nothing(servers: Stack, tmp_path: Path) -> None:
    state = tmp_path / "second"
    # As in a shell that has read the first one's env file, but for its broker, which somebody names.
    env = {**os.environ, **servers.exports, OF_A_STACK: servers.exports[OF_A_STACK].partition(" ")[2]}
    command = [sys.executable, "-m", "dev.stack", "--state", str(state), "--servers-only"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
    try:
        eventually((state / "env").exists, "env file")
        found = dotenv_values(state / "env")
        assert found["RABBITMQ_URL"] == servers.exports["RABBITMQ_URL"]
        for variable in ("MONGO_URI", "MINIO_ENDPOINT", "MINIO_SECRET_KEY", "AZURE_ACCOUNT_URL", "AZURE_SAS_TOKEN"):
            assert found[variable] != servers.exports[variable], variable
        assert (state / "env").stat().st_mode & 0o077 == 0, "the file holds credentials"
        third = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert third.returncode == 1
        assert "is used by a running stack" in third.stderr
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "RABBITMQ_URL is set: using that server" in said
    assert "MONGO_URI, MINIO_ENDPOINT, AZURE_ACCOUNT_URL: not used" in said
    assert leftovers(state) == []


def test_two_signals_at_once_end_it_without_a_word_too_many() -> None:
    code = """
import os, signal, sys, time
from dev.stack import interrupt_on_signals
interrupt_on_signals()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
for number in (signal.SIGINT, signal.SIGTERM):
    os.kill(os.getpid(), number)
try:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    time.sleep(60)
except KeyboardInterrupt:
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(os.getpid(), number)
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "stopped\n", "")


def test_a_server_that_dies_ends_the_stack_with_its_story(servers: Stack, tmp_path: Path) -> None:
    state = tmp_path / "dying"
    env = {**os.environ, "RABBITMQ_URL": servers.exports["RABBITMQ_URL"]}
    command = [sys.executable, "-m", "dev.stack", "--state", str(state), "--servers-only"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
    eventually((state / "env").exists, "env file")
    victim = [left for left in leftovers(state) if "secantus" in left]
    os.kill(int(victim[0].split()[1].rstrip(":")), signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "mongodb ended unexpectedly" in said
    assert leftovers(state) == []
