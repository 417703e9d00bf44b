"""The paths that RabbitMQ keeps, in the ways in which Erlang writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.servers.rabbitmq_data import adopt_data, erlang_string
from dev.state import State
from shared.errors import Misconfigured

NODE = "rabbitmq/data/fonoteca@localhost"


def _queue(state: State, system: str, written: bytes) -> Path:
    queue = state.folder / NODE / system / "fonoteca@localhost" / "QUEUE1"
    queue.mkdir(parents=True)
    (queue / "config").write_bytes(
        b"#{cluster_name => 'fonoteca_x',\n  system_config =>\n      #{data_dir =>\n            " + written + b",\n"
        b"        name => quorum_queues,\n        wal_data_dir => " + written + b",\n wal_write_strategy => default}}."
    )
    return queue / "config"


@pytest.mark.parametrize(
    "written",
    [
        b'"/first/place"',
        b'"/first/"\n            "place/with a \\"quote\\""',
        '"/copié/là"'.encode(),
        '"/copié/là"'.encode("latin-1"),
        b'"/\\x{254}\\x{25b}"',
        b"[47,102,596,110]",
    ],
)
def test_every_queue_is_led_to_where_it_lies(tmp_path: Path, written: bytes) -> None:
    state = State(tmp_path / "là")
    files = [_queue(state, system, written) for system in ("quorum", "coordination")]
    adopt_data(state)
    for file in files:
        home = erlang_string(str(file.parent.parent))
        text = file.read_text("ascii")
        assert text.count(f"data_dir => {home},") + text.count(f"data_dir =>\n            {home},") == 2
        assert text.count("name => 'fonoteca_x'") == 1
        assert "name => quorum_queues" in text
    assert len(state.notes) == 1
    assert "(2 queues)" in state.notes[0]
    before = [file.stat().st_mtime_ns for file in files]
    adopt_data(state)
    assert (len(state.notes), [file.stat().st_mtime_ns for file in files]) == (1, before)
    state.release()


def test_what_lies_where_it_was_is_only_made_readable(tmp_path: Path) -> None:
    state = State(tmp_path / "là")
    home = tmp_path / "là" / NODE / "quorum/fonoteca@localhost"
    file = _queue(state, "quorum", f'"{home}"'.encode("latin-1"))
    adopt_data(state)
    assert state.notes == []
    assert erlang_string(str(home)) in file.read_text("ascii")
    state.release()


def test_a_cookie_that_lost_its_mode_is_mended(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    cookie = state.subfolder("rabbitmq") / ".erlang.cookie"
    cookie.write_text("SECRET")
    cookie.chmod(0o644)
    adopt_data(state)
    assert cookie.stat().st_mode & 0o777 == 0o400
    state.release()


def test_a_path_that_rabbitmq_cannot_find_again_is_refused(tmp_path: Path) -> None:
    state = State(tmp_path / "gbe tɔn")
    with pytest.raises(Misconfigured, match="Latin letters"):
        adopt_data(state)
    state.release()
