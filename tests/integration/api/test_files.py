"""Stored files, presigned addresses, M3U lists and podcast feeds over HTTP."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from dev.faults.proxy import FaultProxy
from services.api.backend import Backend
from services.api.routes.recordings import feeds
from services.api.web_app import api_app
from shared.catalog.access.keys import make_key, revoke
from shared.catalog.documents import Scope
from shared.settings import ObjectStoreSettings
from shared.storage.s3.links import Links
from shared.storage.s3.objects import ObjectStore
from tests.integration.stored_archive import KEY, PLAYLIST, Archive, served_archive

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
ATOM = "{http://www.w3.org/2005/Atom}"
M3U, RSS = f"/v1/playlists/{PLAYLIST}/audio.m3u8", f"/v1/playlists/{PLAYLIST}/feed.rss"
FILE = "/v1/videos/youtube:aaaaaaaaaaa/files/mp3-320.mp3"


@pytest.fixture
async def archive(backend: Backend, tmp_path: Path) -> AsyncIterator[Archive]:
    async with served_archive(backend, tmp_path / "served", wrong_keys_per_minute=1000) as served:
        yield served


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_every_stored_file_has_an_address(archive: Archive) -> None:
    contents = {
        "mp3-320.mp3": b"mp3" * 999,
        "wav-16k-mono.wav": b"wav" * 999,
        "thumbnail.jpg": b"\xff\xd8\xff",
        "subtitles.fr.vtt": b"WEBVTT",
    }
    await archive.put("aaaaaaaaaaa", contents, title='A "tale": 1/2 \u202egpj')
    types = ["audio/mpeg", "audio/wav", "image/jpeg", "text/vtt; charset=utf-8"]
    async with archive.http(headers=bearer(KEY)) as http:
        for (name, content), type_ in zip(contents.items(), types, strict=True):
            answer = await http.get(f"/v1/videos/youtube:aaaaaaaaaaa/files/{name}")
            assert (answer.status_code, answer.content) == (200, content)
            assert answer.headers["Content-Type"] == type_
            assert answer.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
            saved = "A _tale__ 1_2 gpj." + ("mp3" if "mp3" in name else "wav" if "wav" in name else name)
            assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{saved}"; filename*=UTF-8')
        of_another = await http.get(FILE, headers={"Range": "bytes=1000-", "If-Range": '"another"'})
        assert (of_another.status_code, len(of_another.content)) == (200, 2997)
        etag = f'"{hashlib.sha256(contents["mp3-320.mp3"]).hexdigest()}"'
        rest = await http.get(FILE, headers={"Range": "bytes=1000-", "If-Range": etag})
        assert (rest.status_code, rest.content) == (206, contents["mp3-320.mp3"][1000:])
        for name in ("flac.flac", "..%2f..%2fthumbnail.jpg", "mp3-320"):
            missing = await http.get(f"/v1/videos/youtube:aaaaaaaaaaa/files/{name}")
            assert missing.status_code == 404
        assert (
            "stored of it: mp3-320.mp3, wav-16k-mono.wav, thumbnail.jpg"
            in (await http.get("/v1/videos/youtube:aaaaaaaaaaa/files/flac.flac")).json()["detail"]
        )


async def test_a_list_for_players_is_whole_and_in_the_order_of_the_playlist(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "PIECE", 3)
    ids = [f"video{n:06}" for n in range(10)]
    for id_ in ids:
        await archive.put(id_, {"mp3-320.mp3": b"a", **({"flac.flac": b"b"} if id_ > "video000006" else {})})
    await archive.put("elsewhere01", playlists=["youtube:PLother"])
    await archive.put("notstored01", state="queued")
    async with archive.http(headers=bearer(KEY)) as http:
        answer = await http.get(M3U)
        assert answer.headers["Content-Type"] == "audio/x-mpegurl; charset=utf-8"
        begun = await http.head(M3U)
        assert (begun.status_code, begun.content, "Content-Length" in begun.headers) == (200, b"", False)
        assert 'filename="Contes & legendes.m3u8"' in answer.headers["Content-Disposition"]
        lines = answer.text.splitlines()
        assert lines[:3] == ["#EXTM3U", "#PLAYLIST:Contes & légendes", "#EXTINF:62,Title of video000000"]
        named = [f"{archive.url}/v1/videos/youtube:{id_}/files/mp3-320.mp3" for id_ in ids]
        assert [line for line in lines if not line.startswith("#")] == named
        for address in named[:2]:
            assert (await http.get(address)).content == b"a"
        flac = await http.get(M3U, params={"profile": "flac"})
        assert re.findall(r"youtube:(\w+)/files/flac.flac", flac.text) == ids[7:]
        assert (await http.get("/v1/playlists/youtube:PLnone/audio.m3u8")).status_code == 404


async def test_a_podcast_leads_through_all_of_a_playlist(archive: Archive) -> None:
    ids = [f"video{n:06}" for n in range(7)]
    for id_ in ids:
        await archive.put(id_, {"mp3-320.mp3": b"a" * 1234}, upload_date="20260314", channel="Radio <Zou>")
    found, page = [], RSS
    async with archive.http(headers=bearer(KEY)) as http:
        page = f"{RSS}?limit=3"
        while page:
            answer = await http.get(page)
            assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
            channel = ElementTree.fromstring(answer.content)[0]
            assert channel.findtext("title") == "Contes & légendes"
            assert channel.findtext(f"{ITUNES}block") == "Yes"
            found += channel.findall("item")
            links = {link.get("rel"): link.get("href", "") for link in channel.findall(f"{ATOM}link")}
            assert links["self"].startswith(f"{archive.url}{RSS}?limit=3")
            page = links.get("next", "")
        item = found[0]
        enclosure = item.find("enclosure")
        assert enclosure is not None
        assert (enclosure.get("length"), enclosure.get("type")) == ("1234", "audio/mpeg")
        assert (await http.get(enclosure.get("url", ""))).content == b"a" * 1234
    assert [entry.findtext("guid") for entry in found] == [f"youtube:{id_}" for id_ in reversed(ids)]
    assert item.findtext("pubDate") == "Sat, 14 Mar 2026 12:00:00 +0000"
    assert item.findtext(f"{ITUNES}duration") == "62"
    assert item.findtext(f"{ITUNES}author") == "Radio <Zou>"


async def test_feeds_name_the_address_that_the_operator_gave(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    await archive.put("aaaaaaaaaaa")
    monkeypatch.setitem(vars(archive.backend), "public_url", "https://radio.example/archive/")
    async with archive.http(headers={**bearer(KEY), "Host": "evil.example"}) as http:
        for path in (M3U, RSS):
            text = (await http.get(path)).text
            assert f"https://radio.example/archive{FILE}" in text
            assert "evil.example" not in text
            assert KEY not in text


async def test_players_sign_in_with_a_password_and_reach_nothing_else(archive: Archive) -> None:
    await archive.put("aaaaaaaaaaa")
    made = await make_key(archive.backend.catalog, "podcast app", Scope.LISTEN, None)
    async with archive.http() as http:
        for path in (M3U, RSS, FILE):
            for auth in (("anybody", made.secret), ("", made.secret), ("üser", KEY)):
                assert (await http.get(path, auth=auth)).status_code == 200
            assert (await http.get(path, headers=bearer(made.secret))).status_code == 200
            # As older players send it.
            latin_1 = "Basic " + base64.b64encode(f"jürgen:{made.secret}".encode("latin-1")).decode()
            assert (await http.get(path, headers={"Authorization": latin_1})).status_code == 200
            for wrong in (
                httpx.BasicAuth("x", "wrong"),
                httpx.BasicAuth("x", made.secret[:-1]),
                httpx.BasicAuth(made.secret, ""),
                None,
            ):
                refused = await http.get(path, auth=wrong)
                assert refused.status_code == 401
                assert 'Basic realm="Fonoteca"' in refused.headers["WWW-Authenticate"]
            for header in ("Basic", "Basic ====", "Basic /w==", "Basic \xff", "Digest x"):
                assert (await http.get(path, headers=[(b"Authorization", header.encode("latin-1"))])).status_code == 401
            # A Basic challenge would make the browser ask for a password in the middle of the dashboard.
            ours = await http.get(path, headers={"Sec-Fetch-Site": "same-origin"})
            assert ours.headers["WWW-Authenticate"] == "Bearer"
        # No key belongs into an address, and none is read from there.
        for query in ("key", "token", "access_token", "api_key"):
            assert (await http.get(RSS, params={query: made.secret})).status_code == 401
        await revoke(archive.backend.catalog, made.document["_id"])
        assert (await http.get(RSS, auth=("x", made.secret))).status_code == 401


async def test_a_key_for_listening_listens_and_a_password_is_for_listening_alone(archive: Archive) -> None:
    """Every operation, with each kind of access: those not named here are rejected."""
    await archive.put("aaaaaaaaaaa")
    made = await make_key(archive.backend.catalog, "podcast app", Scope.LISTEN, None)
    listening = {
        "/v1/playlists/{playlist_id}/audio.m3u8",
        "/v1/playlists/{playlist_id}/feed.rss",
        "/v1/videos/{video_id}/files/{name}",
    }
    names = {"playlist_id": PLAYLIST, "video_id": "youtube:aaaaaaaaaaa", "name": "mp3-320.mp3"}
    tried = 0
    async with archive.http() as http:
        for path, operations in api_app(None, None).openapi()["paths"].items():
            for method in operations:
                filled = re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], "x"), path)
                by_key = await http.request(method, filled, headers=bearer(made.secret))
                by_password = await http.request(method, filled, auth=("x", KEY))
                if path in listening:
                    expected = (200, 200)
                elif path == "/v1/session":
                    # Signing in has its key in its body; a request with a key learns that it carries no session.
                    continue
                else:
                    expected = (403, 401)
                assert (by_key.status_code, by_password.status_code) == expected, f"{method} {path}"
                tried += 1
        no_session = await http.post("/v1/session", json={"key": made.secret})
        assert (no_session.status_code, no_session.cookies) == (403, httpx.Cookies())
        assert "does not open the dashboard" in no_session.json()["detail"]
    assert tried > 40


async def test_a_presigned_address_needs_no_key_and_reads_one_file(
    archive: Archive,
    any_s3: ObjectStoreSettings,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """At each of two stores, as clients reach it: through another address than the services'."""
    store = ObjectStore(any_s3)
    await store.ensure_bucket(10)
    monkeypatch.setitem(vars(archive.backend), "store", store)
    await archive.put("aaaaaaaaaaa", {"mp3-320.mp3": b"one"}, title="Ɖɔ 1")
    await archive.put("bbbbbbbbbbb", {"mp3-320.mp3": b"two"})
    with FaultProxy(int(any_s3.endpoint.rpartition(":")[2])) as outside:
        links = Links(any_s3, f"http://127.0.0.1:{outside.port}", 60)
        monkeypatch.setitem(vars(archive.backend), "links", links)
        async with archive.http() as http:
            found = (await http.get(f"{FILE}/link", headers=bearer(KEY))).json()
            assert found["url"].startswith(f"http://127.0.0.1:{outside.port}/")
            assert (found["size_bytes"], found["content_type"]) == (3, "audio/mpeg")
            assert any_s3.secret_key.get_secret_value() not in found["url"]
            assert KEY not in found["url"]
            answer = await http.get(found["url"])
            assert (answer.status_code, answer.content) == (200, b"one")
            if request.node.callspec.params["any_s3"] == "strict":
                assert answer.headers["Content-Disposition"].endswith("%C6%89%C9%94%201.mp3")
                # Of another file, or of the whole bucket, it says nothing.
                assert (await http.get(found["url"].replace("aaaaaaaaaaa", "bbbbbbbbbbb"))).status_code == 403
                assert (await http.get(found["url"].partition("?")[0])).status_code == 403
                later = found["url"].replace("X-Amz-Expires=60", "X-Amz-Expires=86400")
                assert (await http.get(later)).status_code == 403


async def test_addresses_are_made_of_what_is_there_if_they_are_made_at_all(
    archive: Archive, s3: ObjectStoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = await archive.put("aaaaaaaaaaa")
    async with archive.http(headers=bearer(KEY)) as http:
        off = await http.get(f"{FILE}/link")
        assert (off.status_code, "API_LINK_SECONDS is 0" in off.json()["detail"]) == (409, True)
        monkeypatch.setitem(vars(archive.backend), "links", Links(s3, None, 60))
        assert (await http.get(f"{FILE}/link")).json()["url"].startswith(f"http://{s3.endpoint}/")
        await archive.backend.store.delete(video["audio"]["key"])
        for path in (FILE, f"{FILE}/link"):
            lost = await http.get(path)
            assert (lost.status_code, "is not in the object store" in lost.json()["detail"]) == (404, True)
