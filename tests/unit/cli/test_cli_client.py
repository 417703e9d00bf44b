from __future__ import annotations

import httpx
import pytest

from cli.api.client import Address, ApiProblem, Client
from cli.errors import REFUSED, CliError


def answering(*answers: httpx.Response) -> Client:
    left = iter(answers)
    client = Client(Address("http://api.example.org", "key"))
    client._http = httpx.Client(base_url="http://api.example.org", transport=httpx.MockTransport(lambda _: next(left)))
    return client


def busy() -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": "7"}, json={"detail": "This key asks too often."})


@pytest.mark.parametrize("id_", ["", ".", "..", "a/b", "https://soundcloud.com/a/sets/b", "../../v1/keys"])
def test_what_is_no_id_is_told_and_nobody_asked(id_: str) -> None:
    api = answering()
    for ask in (api.video, api.playlist, api.attempts, api.revoke, api.parked_message, api.drop_parked):
        with pytest.raises(CliError, match="is not an id: ids are not empty") as told:
            ask(id_)
        assert told.value.code == REFUSED


def test_it_waits_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    assert answering(busy(), busy(), httpx.Response(200, json={"id": "a"})).playlist("a") == {"id": "a"}
    assert waited == [7, 7]


def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(ApiProblem, match="too often"):
        answering(*(busy() for _ in range(10))).playlist("a")
