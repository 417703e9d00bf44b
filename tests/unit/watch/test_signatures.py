"""Signatures of pushes: every method of WebSub, and nothing that is not well-formed."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from services.watch.signatures import METHODS, signed_body

BODY, SECRET = b"<feed>\xc3\xa9</feed>", "s" * 43


def header(method: str, body: bytes = BODY, secret: str = SECRET) -> str:
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


def is_genuine(value: str, *, body: bytes = BODY) -> bool:
    signed = signed_body([value], SECRET)
    assert signed is not None
    for at in range(len(body)):
        signed.update(body[at : at + 1])
    return signed.is_genuine()


@pytest.mark.parametrize("method", METHODS)
def test_a_body_in_parts_matches_its_signature(method: str) -> None:
    assert is_genuine(header(method))
    assert is_genuine(f" {header(method)[: len(method)]}={header(method)[len(method) + 1 :].upper()} ")
    assert not is_genuine(header(method), body=BODY + b" ")
    assert not is_genuine(header(method, secret="other"))
    assert not is_genuine(header(method)[:-1]), "a part of it is not enough"
    assert not is_genuine(f"{method}=0")


def test_the_comparison_takes_the_same_time_wherever_they_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(ours: str, theirs: str) -> bool:
        compared.append((ours, theirs))
        return ours == theirs

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert is_genuine(header("sha256"))
    assert compared == [(header("sha256")[7:], header("sha256")[7:])]


@pytest.mark.parametrize(
    "values",
    [
        [],
        [header("sha256"), header("sha256")],
        [f"{header('sha256')}, {header('sha1')}"],
        [""],
        ["sha256"],
        ["sha256="],
        ["sha256=é"],
        ["sha256=xyz"],
        ["=abc"],
        [f"md5={'0' * 32}"],
        [f"SHA256={'0' * 64}"],
        [f"sha256={'0' * 64}\nsha256={'0' * 64}"],
    ],
)
def test_what_is_no_signature_is_none(values: list[str]) -> None:
    assert signed_body(values, SECRET) is None
