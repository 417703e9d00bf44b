"""What an archive is made of: documents as lines, attempts that had ended, documents on arrival, names, ETags."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import Int64, ObjectId
from bson.datetime_ms import DatetimeMS

from cli.backup import lines
from cli.backup.copying import _name_of, objects_of
from cli.backup.folder import ArchiveFolder
from cli.backup.lines import read_lines
from cli.backup.object_list import read_objects
from cli.errors import CliError
from shared.catalog.archive.arrival import arriving_playlist, arriving_video
from shared.catalog.archive.extended_json import document_of, line_of
from shared.catalog.archive.reading import had_ended
from shared.catalog.videos.stored_objects import StoredObject
from shared.storage.keys import object_key
from shared.storage.s3.etags import etag_of, proves
from shared.storage.s3.objects import PART_SIZE

BEFORE = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
NOW = BEFORE + timedelta(days=9)


@pytest.mark.parametrize(
    "value",
    [
        7,
        Int64(7),
        2**40,
        7.0,
        1e300,
        None,
        True,
        "Kpɔn \u2028 \n 😀",
        b"\x00\xff",
        BEFORE,
        DatetimeMS(2**60),
        ObjectId("0123456789ab0123456789ab"),
        ["a", {"date": "no date"}],
        {"a.b": {"": [None]}},
    ],
)
def test_a_line_holds_every_type(value: Any) -> None:
    document = {"_id": "x", "value": value}
    line = line_of(document)
    back = document_of(line)
    assert "\n" not in line
    assert back == document
    # A whole number of 64 bits is one again, also where 32 would do.
    assert isinstance(value, Int64) == isinstance(back["value"], Int64) or abs(value) >= 2**31


@pytest.mark.parametrize(
    ("state", "token", "ended"),
    [
        ("running", 3, False),  # of the lease that it has
        ("running", 2, True),
        ("stored", 3, True),
        ("waiting", 3, True),
        ("queued", 4, False),  # claimed after it was read
    ],
)
def test_only_attempts_that_had_ended_belong_to_a_video(state: str, token: int, ended: bool) -> None:
    assert had_ended({"token": token}, {"token": 3, "state": state}) is ended


def test_what_was_under_way_is_queued_and_not_yet_requested() -> None:
    lease = {"owner": "a", "expires_at": BEFORE}
    for state in (
        {"state": "running", "lease": lease, "requested_at": BEFORE},
        {"state": "queued", "requested_at": BEFORE},
    ):
        found = arriving_video({"_id": "a:b", "state_since": BEFORE, **state}, NOW, "new")
        assert found == {"_id": "a:b", "state": "queued", "state_since": NOW}
    playlist = {"_id": "p", "state_since": BEFORE, "lease": lease}
    for state_ in ("expanding", "accepted"):
        found = arriving_playlist({**playlist, "state": state_}, NOW)
        assert found == {"_id": "p", "state": "accepted", "state_since": NOW}


def test_what_was_due_is_due_now_and_the_rest_keeps_its_time() -> None:
    for due_at, arrived in ((BEFORE, NOW), (NOW + timedelta(days=1),) * 2):
        waiting = {"_id": "a:b", "state": "waiting", "retry": {"due_at": due_at, "decided": True}}
        assert arriving_video(waiting, NOW, "new")["retry"]["due_at"] == arrived
        assert arriving_playlist(waiting, NOW)["retry"]["due_at"] == arrived
    ended = {"_id": "a:b", "state": "abandoned", "retry": {"due_at": BEFORE}}
    assert arriving_video(ended, NOW, "new") == ended


def test_no_mirror_is_taken_for_granted_and_the_bucket_is_the_new_one() -> None:
    stored = {"_id": "a:b", "state": "stored", "audio": {"bucket": "old", "key": "k"}, "mirror": {"blob": "k"}}
    found = arriving_video({**stored, "further": [{"bucket": "old", "key": "l"}]}, NOW, "new")
    assert found == {
        "_id": "a:b",
        "state": "stored",
        "audio": {"bucket": "new", "key": "k"},
        "further": [{"bucket": "new", "key": "l"}],
    }
    again = arriving_video(stored, NOW, "new", complete=False)
    assert again == {"_id": "a:b", "state": "queued", "state_since": NOW}


def test_a_deletion_goes_on_with_what_keeps_it_here() -> None:
    tombstone: dict[str, Any] = {
        "at": BEFORE,
        "purged_at": None,
        "bucket": "old",
        "kept": [{}],
        "tries": 7,
        "again_at": NOW,
    }
    found = arriving_video({"_id": "a:b", "state": "abandoned", "tombstone": tombstone}, NOW, "new")
    assert found["tombstone"] == {"at": BEFORE, "purged_at": None, "bucket": "old"}


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "objects/../../x", "objects/a\0b", ""])
def test_an_archive_names_nothing_outside_of_itself(name: str, tmp_path: Path) -> None:
    with pytest.raises(CliError, match="outside of its folder"):
        ArchiveFolder(tmp_path).file(name)
    audio = {"key": name, "sha256": "0" * 64, "size_bytes": 1}
    assert objects_of({"_id": "a:b", "state": "stored", "audio": audio}) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("video_id", 5),
        ("key", None),
        ("key", "../../x"),
        ("key", "audio//x"),
        ("key", "/x"),
        ("file", "manifest.json"),
        ("file", 7),
        ("size_bytes", "1"),
        ("sha256", None),
        ("metadata", None),
        ("metadata", {"a": 1}),
    ],
)
def test_a_list_of_objects_that_no_backup_writes_is_refused(tmp_path: Path, field: str, value: Any) -> None:
    entry = {"video_id": "a:b", "key": "audio/a/b/b/x.mp3", "file": "objects/x", "size_bytes": 1, "sha256": "0"}
    entry |= {"content_type": "audio/mpeg", "metadata": {}}
    file = tmp_path / "list"
    file.write_bytes(gzip.compress(json.dumps(entry).encode()))
    assert len(list(read_objects(file))) == 1
    file.write_bytes(gzip.compress(json.dumps({**entry, field: value}).encode()))
    with pytest.raises(CliError, match=r"not an object|no backup writes"):
        list(read_objects(file))


@pytest.mark.parametrize(
    "written",
    [b"no gzip", gzip.compress(b"x" * 9999)[:-9], gzip.compress(b"\xff\n"), gzip.compress(b"x")[:10] + b"\xff" * 99],
    ids=["no gzip", "cut off", "no UTF-8", "spoilt"],
)
def test_a_file_that_holds_no_lines_is_damaged(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "file").write_bytes(written)
    with pytest.raises(CliError, match="is damaged"):
        list(read_lines(tmp_path / "file"))


def test_a_line_that_would_fill_the_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_LENGTH", 1000)
    (tmp_path / "file").write_bytes(gzip.compress(b"x" * 999 + b"\n" + b"x" * 5000))
    found = read_lines(tmp_path / "file")
    assert next(found) == "x" * 999
    with pytest.raises(CliError, match="longer than any document"):
        next(found)


@pytest.mark.parametrize("line", ["", "[1]", "{}", '{"_id": {"$oid": "z"}}', '{"_id": {"$date": []}}', "[" * 100_000])
def test_a_line_that_holds_no_document_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"no document|Expecting"):
        document_of(line)


def test_every_key_has_a_file_that_a_disk_takes(tmp_path: Path) -> None:
    accents = [object_key(f"generic:{'é' * 99}{n}", "mp3-320.mp3") for n in range(2)]
    strange = ["audio", "audio/generic", "x" * 999]
    names = [_name_of(StoredObject(key, "0" * 64, 1), []) for key in (*accents, *strange)]
    for name in names:
        file = ArchiveFolder(tmp_path).file(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    assert [ArchiveFolder(tmp_path).file(name).read_text() for name in names] == names
    assert len(set(names)) == len(names)
    plain = object_key("youtube:dQw4w9WgXcQ", "mp3-320.mp3")
    assert _name_of(StoredObject(plain, "0" * 64, 1), []) == f"objects/{plain}"


@pytest.mark.parametrize("audio", [{}, None, {"key": 7, "sha256": "", "size_bytes": 1}, "nothing"])
def test_a_malformed_video_has_no_objects_and_is_archived_as_it_is(audio: Any) -> None:
    assert objects_of({"_id": "a:b", "state": "stored", "audio": audio}) == []


def test_an_etag_proves_a_file_of_one_part_and_of_several(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a")
    assert etag_of(file) == hashlib.md5(b"a").hexdigest()
    assert proves(f'"{etag_of(file).upper()}"', file)
    parts = [b"a" * PART_SIZE, b"b"]
    file.write_bytes(b"".join(parts))
    assert etag_of(file) == hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest() + "-2"
    assert not proves("0" * 32, file)
