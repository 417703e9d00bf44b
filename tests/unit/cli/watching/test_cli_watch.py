from __future__ import annotations

from typing import Any

from cli.watching.pace import Remaining
from cli.watching.watch import Watch


def playlist(id_: str, state: str = "expanded", queued: int = 0) -> dict[str, Any]:
    counts = {"queued": queued, "running": 0, "waiting": 0, "stored": 0, "abandoned": 0}
    return {
        "id": id_,
        "state": state,
        "progress": {"counts": counts, "stored_hours": 0, "found_hours": 3, "mirrored": 0},
    }


def test_all_are_looked_at_in_turn_and_those_that_are_over_no_more() -> None:
    watch = Watch(["a", "b", "c", "d", "e"])
    for at in range(3):
        for id_ in watch.next(2):
            watch.note(playlist(id_), at, is_open=id_ != "b")
    assert [playlist["id"] for playlist in watch.playlists] == ["a", "b", "c", "d", "e"]
    assert "b" not in watch.next(5)
    over = [watch.over]
    for id_ in watch.next(5):
        watch.note(playlist(id_), 9, is_open=False)
    assert [*over, watch.over] == [False, True]
    assert watch.stale(5) == ["b"]


def test_half_of_the_looks_are_where_something_happens() -> None:
    watch = Watch([str(number) for number in range(100)])
    for id_ in watch.ids:
        watch.note(playlist(id_), int(id_), is_open=True)
    watch.note_running([{"playlists": [str(number), "another"]} for number in range(90, 100)])
    watch.note_running([{"playlists": ["another"]}, *watch.running])
    assert watch.next(10) == ["90", "91", "92", "93", "94", "0", "1", "2", "3", "4"]
    assert len(watch.running) == 10


def test_how_much_is_left_is_unknown_until_all_is_listed() -> None:
    watch = Watch(["a", "b"])
    watch.note(playlist("a", queued=3), 0, is_open=True)
    assert watch.remaining is None
    watch.note(playlist("b", state="expanding", queued=1), 0, is_open=True)
    assert watch.remaining is None
    watch.note(playlist("b", queued=2), 0, is_open=True)
    assert watch.remaining == Remaining(videos=5, hours=6)
