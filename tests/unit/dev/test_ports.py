"""A port that was chosen for a server stays the server's until it is given back, whether it listens there or not."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import ports
from dev.state import State


@pytest.fixture
def outgoing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the kernel says of the ports of outgoing connections."""
    file = tmp_path / "ip_local_port_range"
    monkeypatch.setattr(ports, "OUTGOING", file)
    return file


@pytest.fixture
def states(tmp_path: Path) -> Iterator[tuple[State, State]]:
    """Two stacks."""
    both = State(tmp_path / "one"), State(tmp_path / "two")
    yield both
    for state in both:
        state.release()


def test_no_outgoing_connection_can_take_a_servers_port(outgoing: Path) -> None:
    outgoing.write_text("20000\t60999\n")
    assert all(10_000 <= ports.free_port() < 20_000 for _ in range(50))


def test_what_the_kernel_chooses_is_no_port_that_a_server_could_get() -> None:
    """The real range of this machine."""
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    if first < ports.LOWEST_PORT + ports.ENOUGH_PORTS:
        pytest.skip(f"this kernel gives outgoing connections nearly every port ({first} to {last})")
    with _bound() as theirs:
        assert first <= theirs.getsockname()[1] <= last
    assert ports.free_port() < first


@pytest.mark.parametrize("text", ["1024 65535", "10500 60999", "", "none", None])
def test_where_the_kernel_leaves_no_ports_any_will_do(outgoing: Path, text: str | None) -> None:
    if text is not None:
        outgoing.write_text(text)
    assert 10_000 <= ports.free_port() <= 65_535


def test_a_port_that_somebody_has_bound_is_passed_over() -> None:
    with _bound() as theirs:
        assert ports.hold_if_free(theirs.getsockname()[1]) is None


def test_two_stacks_never_share_a_port_though_nothing_listens_yet(
    states: tuple[State, State], outgoing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many ports as are asked for: the last one is found by whoever asks last."""
    first = _run_of_free_ports(6)
    monkeypatch.setattr(ports, "LOWEST_PORT", first)
    monkeypatch.setattr(ports, "ENOUGH_PORTS", 0)
    outgoing.write_text(f"{first + 6} 60999")
    taken = [state.port(name) for name in ("api", "s3", "mongodb") for state in states]
    assert sorted(taken) == list(range(first, first + 6))
    with pytest.raises(OSError, match=f"no port from {first} up is free"):
        states[0].port("azurite")


def test_a_stack_finds_its_ports_again_and_leaves_those_that_another_took(tmp_path: Path) -> None:
    before = State(tmp_path / "one")
    kept, lost = before.port("api"), before.port("s3")
    before.release()
    elsewhere = ports.hold_if_free(lost)
    assert elsewhere is not None
    again = State(tmp_path / "one")
    assert again.port("api") == kept
    assert again.port("s3") not in {kept, lost}
    again.release()
    elsewhere.release()


def test_a_port_is_held_against_other_processes_and_freed_by_their_death() -> None:
    """As after `kill -9` of a stack: what it held can be held again, with nothing to clean up."""
    script = "from dev.ports import free_port; print(free_port(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        assert ports.hold_if_free(port) is None
        other.kill()
    held = ports.hold_if_free(port)
    assert held is not None
    held.release()


def _bound() -> socket.socket:
    """Return a socket at a port of the kernel's choice."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.bind(("127.0.0.1", 0))
    return bound


def _run_of_free_ports(length: int) -> int:
    """Return the first of `length` neighbouring ports that are free now."""
    run: list[ports.HeldPort] = []
    for port in range(ports.LOWEST_PORT, ports.HIGHEST_PORT):
        held = ports.hold_if_free(port)
        if held is None:
            _release(run)
            run = []
        else:
            run.append(held)
        if len(run) == length:
            _release(run)
            return run[0].number
    raise AssertionError("no neighbouring ports are free")


def _release(run: list[ports.HeldPort]) -> None:
    for held in run:
        held.release()
