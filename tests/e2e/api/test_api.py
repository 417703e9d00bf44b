"""The running API: right answers, and for every wrong input a problem that says what to do."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import jsonschema
import pytest

from dev.stack import Stack


@pytest.fixture
def http(stack: Stack) -> httpx.Client:
    headers = {"Authorization": f"Bearer {stack.exports['API_KEY']}"}
    return httpx.Client(base_url=stack.exports["API_URL"], headers=headers, trust_env=False)


def assert_problem(response: httpx.Response, status: int, text: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert text in problem["detail"]


def test_a_submission_is_accepted_with_its_location(http: httpx.Client) -> None:
    response = http.post("/v1/playlists", json={"url": "PLapisubmit01"})
    assert response.status_code == 202
    assert response.json()["id"] == "youtube:PLapisubmit01"
    found = http.get(response.headers["Location"])
    assert found.status_code == 200
    assert found.json()["url"] == "https://www.youtube.com/playlist?list=PLapisubmit01"


@pytest.mark.parametrize("body", [b'{"\xff": 1}', b"\xc3", b'{"url": "caf\xe9"}'])
def test_a_body_that_is_not_utf8_is_a_documented_problem_everywhere(http: httpx.Client, body: bytes) -> None:
    paths = http.get("/v1/openapi.json").json()["paths"]
    asked = [
        (method, path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "requestBody" in operation
    ]
    assert len(asked) >= 5
    for method, path, operation in asked:
        address = path.replace("{name}", "radio-zou").replace("{playlist_id}", "youtube:PLapisubmit01")
        response = http.request(method, address, content=body, headers={"Content-Type": "application/json"})
        assert_problem(response, 400, "Send JSON in UTF-8")
        assert "400" in operation["responses"], f"{method} {path}"


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"url": "not a url"}, 400, "Give a full address"),
        ({"url": "ftp://example.org/x"}, 400, "only http and https"),
        ({"url": "https://www.youtube.com/playlist?list="}, 400, "list= must be followed by an id"),
        ({"url": "http://169.254.169.254/latest/meta-data/"}, 400, "169.254.169.254 is not on the public internet"),
        ({"url": "http://localhost:15672/"}, 400, "localhost is not on the public internet"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, 400, "is not on the public internet"),
        ({"url": "http://2130706433/"}, 400, "is not on the public internet"),
        ({"url": "file:///etc/passwd"}, 400, "only http and https"),
        ({"url": "--exec=touch /tmp/x"}, 400, "Give a full address"),
        ({"url": ""}, 422, "body.url"),
        ({"url": {"$gt": ""}}, 422, "body.url"),
        ({"url": 7}, 422, "body.url"),
        ({}, 422, "body.url"),
        ({"url": "PLapisubmit01", "surprise": 1}, 422, "surprise"),
        ([], 422, "body"),
    ],
)
def test_wrong_submissions(http: httpx.Client, body: Any, status: int, text: str) -> None:
    before = http.get("/v1/status").json()["playlists"]
    assert_problem(http.post("/v1/playlists", json=body), status, text)
    assert http.get("/v1/status").json()["playlists"] == before


def test_what_is_not_json_and_what_is_too_large(http: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert_problem(http.post("/v1/playlists", content=b"{", headers=headers), 422, "JSON")
    assert_problem(http.post("/v1/playlists", content=b" " * 100_000, headers=headers), 413, "at most")
    endless = http.post("/v1/playlists", content=iter([b"{", b"}"]), headers=headers)
    assert_problem(endless, 411, "Content-Length")


def test_what_middleware_answers_is_in_the_document(http: httpx.Client) -> None:
    paths = http.get("/v1/openapi.json").json()["paths"]
    nothing = {"text": "zqxabsent"}
    seen = http.get("/v1/videos", params=nothing)
    again = http.get("/v1/videos", params=nothing, headers={"If-None-Match": seen.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    listed = paths["/v1/videos"]["get"]["responses"]
    assert "ETag" in listed["200"]["headers"]
    assert "304" in listed
    too_large = http.post("/v1/playlists", content=b" " * 100_000)
    endless = http.post("/v1/playlists", content=iter([b"{}"]))
    submitted = paths["/v1/playlists"]["post"]["responses"]
    assert (too_large.status_code, endless.status_code) == (413, 411)
    assert {"413", "411"} <= submitted.keys()


@pytest.mark.parametrize("path", ["/v1/playlists/youtube:none", "/v1/videos/youtube:none", "/v1/videos/x/attempts"])
def test_what_is_not_there(http: httpx.Client, path: str) -> None:
    assert_problem(http.get(path), 404, "There is no")


@pytest.mark.parametrize(
    ("query", "status"),
    [("state=lost", 422), ("limit=0", 422), ("limit=100000", 422), ("cursor=%00", 400), ("cursor=AAAA", 400)],
)
def test_wrong_questions(http: httpx.Client, query: str, status: int) -> None:
    response = http.get(f"/v1/videos?{query}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_operators_of_the_database_are_text_like_any_other(http: httpx.Client) -> None:
    for name in ("text", "reason", "playlist", "channel", "licence"):
        for value in ('{"$gt":""}', "$where", "[$ne]", "a.b", "^.*(zqx+)+$"):
            found = http.get("/v1/videos", params={name: value})
            assert (found.status_code, found.json()["items"]) == (200, []), (name, value)
    # As other servers read it: an object. It is no parameter of ours, so it changes nothing.
    assert http.get("/v1/videos?state[$gt]=").json() == http.get("/v1/videos").json()
    assert_problem(http.get("/v1/videos", params={"state": '{"$gt":""}'}), 422, "query.state")
    for body in (
        {"action": "retry", "video": {"$gt": ""}},
        {"action": "delete", "playlist": {"$ne": None}},
        {"action": "abandon", "reason": {"$regex": "."}},
        {"action": "retry", "reason": "private", "since": {"$gt": 0}},
    ):
        assert http.post("/v1/decisions", json=body).status_code == 422, body


@pytest.mark.parametrize(
    "place", ["[2,0]", "[2,-1]", "[0,5]", "[1e30,2]", "[2,1000000000000000000000000]", "{}", "[1]"]
)
def test_a_cursor_that_was_made_up_is_refused(http: httpx.Client, place: str) -> None:
    made_up = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")
    assert_problem(http.get("/v1/videos", params={"cursor": made_up}), 400, "does not belong to this list")


def test_moments_beyond_the_calendar_are_refused(http: httpx.Client) -> None:
    body = {"action": "retry", "reason": "private", "since": "0001-01-01T00:00:00+23:59"}
    assert_problem(http.post("/v1/decisions", json=body), 422, "outside the calendar")
    made_up = base64.urlsafe_b64encode(b'["0001-01-01T00:00:00+23:59","x"]').decode().rstrip("=")
    assert_problem(http.get("/v1/playlists", params={"cursor": made_up}), 400, "does not belong to this list")


def test_a_cursor_of_one_list_is_none_of_another(http: httpx.Client) -> None:
    for number in range(2):
        http.post("/v1/playlists", json={"url": f"PLapicursor{number:03}"})
    of_playlists = http.get("/v1/playlists", params={"limit": 1}).json()["next"]
    assert of_playlists is not None
    for path in ("/v1/videos", "/v1/parked"):
        assert_problem(http.get(path, params={"cursor": of_playlists}), 400, "does not belong to this list")


def test_text_that_no_database_holds_is_refused(http: httpx.Client) -> None:
    assert_problem(http.get("/v1/videos?text=%00"), 422, "a NUL character or half of a surrogate pair")
    body = b'{"action": "retry", "video": "\\ud800"}'
    refused = http.post("/v1/decisions", content=body, headers={"Content-Type": "application/json"})
    assert_problem(refused, 422, "body.video")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
def test_without_the_key_nothing_is_told(stack: Stack, headers: dict[str, str]) -> None:
    for path in ("/v1/status", "/v1/playlists", "/v1/videos", "/v1/videos/x"):
        response = httpx.get(stack.exports["API_URL"] + path, headers=headers, trust_env=False)
        assert_problem(response, 401, "Authorization: Bearer")
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_unknown_paths_and_methods_are_problems_too(http: httpx.Client) -> None:
    assert http.get("/nowhere").headers["content-type"] == "application/problem+json"
    assert_problem(http.delete("/v1/playlists"), 405, "accepts only GET, HEAD, POST")
    assert http.delete("/v1/playlists").headers["Allow"] == "GET, HEAD, POST"


def test_pages_follow_each_other(http: httpx.Client) -> None:
    for number in range(3):
        http.post("/v1/playlists", json={"url": f"PLapipages{number:04}"})
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = http.get("/v1/playlists", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [playlist["id"] for playlist in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert {f"youtube:PLapipages{number:04}" for number in range(3)} <= set(seen)


def test_the_openapi_document_is_served_and_answers_follow_it(http: httpx.Client) -> None:
    document = http.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    schema = {"$ref": "#/components/schemas/StatusOut", "components": document["components"]}
    jsonschema.validate(http.get("/v1/status").json(), schema)
