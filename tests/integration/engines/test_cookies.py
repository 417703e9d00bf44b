"""An account's cookies: sent, renewed, written back whole, and used by one scraper alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from services.scraper.engines import ytdlp
from services.scraper.engines.values import Downloaded, ListedVideo, SourceRules
from services.scraper.network.cookies import acquire, borrow, merge_back
from shared.errors import Misconfigured

AddPlaylist = Callable[..., str]
HEAD = "# Netscape HTTP Cookie File\n"


@pytest.fixture
def cookies(tmp_path: Path) -> Path:
    path = tmp_path / "cookies.txt"
    path.write_text(HEAD + ".youtube.com\tTRUE\t/\tTRUE\t4102444800\tFONOTECA\told\n")
    path.chmod(0o640)
    return path


@pytest.mark.usefixtures("through_the_site")
def test_what_the_source_renews_is_written_back(cookies: Path, add_playlist: AddPlaylist, tmp_path: Path) -> None:
    url = add_playlist("PLcookies0001", [{"id": "cookies0001", "title": "x"}])
    rules = SourceRules(0, ("youtube.*",), cookies_file=cookies)
    folder = tmp_path / "work"
    folder.mkdir()
    assert isinstance(ytdlp.fetch("https://www.youtube.com/watch?v=cookies0001", folder, rules), Downloaded)
    after = cookies.read_text()
    assert "FONOTECA\told" in after, "what was there stays"
    assert len(after.splitlines()) > 2, "and what came is kept"
    assert cookies.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".new"] == []
    listed = list(ytdlp.list_videos(url, rules))
    assert [item.video_id for item in listed if isinstance(item, ListedVideo)] == ["youtube:cookies0001"]


@pytest.mark.usefixtures("through_the_site")
def test_an_attempt_that_failed_leaves_them_as_they_were(
    cookies: Path, add_playlist: AddPlaylist, tmp_path: Path
) -> None:
    add_playlist("PLcookies0002", [{"id": "cookies0002", "title": "x", "trouble": "cookies-dead"}])
    before = cookies.read_bytes()
    rules = SourceRules(0, ("youtube.*",), cookies_file=cookies)
    folder = tmp_path / "work"
    folder.mkdir()
    ytdlp.fetch("https://www.youtube.com/watch?v=cookies0002", folder, rules)
    assert cookies.read_bytes() == before


def test_two_downloads_at_once_keep_what_both_renewed(cookies: Path, tmp_path: Path) -> None:
    line = ".youtube.com\tTRUE\t/\tTRUE\t4102444800\t{}\t{}\n"
    cookies.write_text(HEAD + line.format("A", "1") + line.format("B", "1") + "#HttpOnly_" + line.format("GONE", "1"))
    copies = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        copies.append(borrow(cookies, tmp_path / name))
    copies[0].write_text(copies[0].read_text().replace("A\t1", "A\t2") + line.format("NEW", "1"))
    copies[1].write_text(HEAD + line.format("A", "1") + line.format("B", "2"))
    for copy in copies:
        merge_back(copy, cookies)
    found = {tuple(row.split("\t")[5:]) for row in cookies.read_text().splitlines() if "\t" in row}
    assert found == {("A", "2"), ("B", "2"), ("NEW", "1")}
    assert copies[0].stat().st_mode & 0o777 == 0o600


def test_a_second_scraper_may_not_use_them(cookies: Path) -> None:
    with acquire(cookies), pytest.raises(Misconfigured, match="in use by another scraper"):
        acquire(cookies)
    acquire(cookies).close()


@pytest.mark.parametrize(
    ("content", "text"),
    [(None, "cannot be used: .*No such file"), (b"{}", "must begin with"), (b"\xff\xfe", "cannot be used")],
)
def test_what_is_no_cookies_file_is_refused(tmp_path: Path, content: bytes | None, text: str) -> None:
    path = tmp_path / "c.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Misconfigured, match=text):
        acquire(path)
