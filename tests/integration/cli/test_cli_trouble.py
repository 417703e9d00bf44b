"""What the command line says of an API that is not reached, and of somebody else in its place. On real sockets."""

from __future__ import annotations

import fcntl
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.api.client import Address, Client
from cli.api.discovery import find_api
from cli.api.stack_state import is_of_a_stack, stack_runs
from cli.errors import CliError
from dev.ports import free_port
from dev.state import State, StateInUse

CANNED = {
    "redirect": b"HTTP/1.1 301 Moved\r\nLocation: https://api.example.org/v1/status\r\nContent-Length: 0\r\n\r\n",
    "tls": b"HTTP/1.1 400 Bad\r\nContent-Length: 53\r\n\r\nThe plain HTTP request was sent to HTTPS port.........",
    "page": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
    "other json": b'HTTP/1.1 404 No\r\nContent-Length: 15\r\n\r\n{"error": "no"}',
    "proxy": b"HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\nbad",
    "nonsense": b"SSH-2.0-OpenSSH_9\r\n",
}


@contextmanager
def answering(data: bytes) -> Iterator[int]:
    """The port of a server that says this to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller:
                    caller.recv(65_536)
                    caller.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
    thread.join()


def told(url: str, env_file: Path | None = None) -> str:
    with pytest.raises(CliError) as caught:
        Client(Address(url, "key", env_file), seconds=10).status()
    assert caught.value.code == 69
    return str(caught.value)


@pytest.mark.parametrize(
    ("answer", "cure"),
    [
        ("redirect", "redirects to https://api.example.org. Write that address in the environment."),
        ("tls", "expects TLS. Write https://127.0.0.1:"),
        ("page", "Correct API_URL in the environment"),
        ("other json", "Correct API_URL in the environment"),
        ("proxy", "the API behind it is unavailable"),
        ("nonsense", "If it uses TLS, write https://127.0.0.1:"),
    ],
)
def test_somebody_else_in_its_place(answer: str, cure: str) -> None:
    with answering(CANNED[answer]) as port:
        assert cure in told(f"http://127.0.0.1:{port}")


def test_a_server_without_tls_is_told_with_the_address_to_write() -> None:
    with answering(CANNED["page"]) as port:
        assert f"does not use TLS. Write http://127.0.0.1:{port} in the environment." in told(
            f"https://127.0.0.1:{port}"
        )


def test_nobody_there() -> None:
    assert "`make up` starts it here" in told(f"http://127.0.0.1:{free_port()}")
    assert "The host name in http://nobody.invalid was not found" in told("http://nobody.invalid")


def test_a_stack_that_does_not_run_is_named(tmp_path: Path) -> None:
    state = State(tmp_path / "my stack")
    state.port("api")
    env = state.write_env({"API_URL": f"http://127.0.0.1:{free_port()}", "API_KEY": "x"})
    assert (is_of_a_stack(env), stack_runs(state.folder)) == (True, True)
    state.release()
    assert not stack_runs(state.folder)
    address = find_api(env, pytest.fail)
    said = told(address.url, address.file)
    assert f"The stack in {state.folder} is not running. `make up STATE='{state.folder}'` starts it." in said
    # Its port may be another program's since then.
    with answering(CANNED["page"]) as port:
        assert "its stack has stopped, and another program uses its port" in told(f"http://127.0.0.1:{port}", env)


def test_a_stack_that_starts_is_waited_for(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.port("api")
    said: list[str] = []
    with answering(CANNED["page"]) as port:

        def say(text: str) -> None:
            # The stack gets ready while somebody waits: the file first names the servers alone.
            said.append(text)
            state.write_env({"API_URL": f"http://127.0.0.1:{port}", "API_KEY": "x"})

        state.write_env({"MONGO_URI": "mongodb://localhost"})
        assert find_api(tmp_path / "env", say).url == f"http://127.0.0.1:{port}"
    assert said == [f"The stack in {tmp_path} is still starting; waiting for it. Ctrl-C stops waiting."]
    # One that ends instead is not waited for.
    state.write_env({"MONGO_URI": "mongodb://localhost"})
    with pytest.raises(CliError, match="does not name API_URL and API_KEY"):
        find_api(tmp_path / "env", lambda _: state.release())


def test_a_look_at_a_stack_keeps_none_from_starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    State(tmp_path).release()
    with (tmp_path / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        monkeypatch.setattr("dev.state.time.sleep", lambda _: fcntl.flock(lock, fcntl.LOCK_UN))
        state = State(tmp_path)
    monkeypatch.undo()
    with pytest.raises(StateInUse):
        State(tmp_path)
    state.release()
