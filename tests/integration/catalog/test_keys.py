"""Keys in the catalog: made once, kept as a hash, ended by time or by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.catalog.access.keys import Scope, key_of, key_page, make_key, revoke
from shared.catalog.connection import Catalog


async def test_a_key_opens_until_it_is_revoked(catalog: Catalog) -> None:
    made = await make_key(catalog, "radio team", Scope.SUBMIT, None)
    found = await key_of(catalog, made.secret)
    assert found is not None
    assert (found["name"], found["scope"]) == ("radio team", "submit")
    first = await revoke(catalog, found["_id"])
    assert await key_of(catalog, made.secret) is None
    again = await revoke(catalog, found["_id"])
    assert first is not None
    assert again is not None
    assert first["revoked_at"] == again["revoked_at"], "it is revoked since the first time"
    assert await revoke(catalog, "nobody") is None


async def test_only_a_hash_is_kept(catalog: Catalog) -> None:
    made = await make_key(catalog, "x", Scope.READ, None)
    kept = await catalog.keys.find_one({"_id": made.document["_id"]})
    assert kept is not None
    assert made.secret not in str(kept)
    assert made.secret.split("_", 2)[2] not in str(kept)


async def test_a_key_ends_with_its_time(catalog: Catalog) -> None:
    gone = await make_key(catalog, "gone", Scope.READ, timedelta(seconds=-1))
    valid = await make_key(catalog, "valid", Scope.READ, timedelta(days=1))
    assert await key_of(catalog, gone.secret) is None
    assert await key_of(catalog, valid.secret) is not None
    assert [key["name"] for key in (await key_page(catalog, limit=10)).items] == ["gone", "valid"]


async def test_its_use_is_noted(catalog: Catalog) -> None:
    made = await make_key(catalog, "x", Scope.READ, None)
    assert made.document["used_at"] is None
    await key_of(catalog, made.secret)
    (kept,) = (await key_page(catalog, limit=10)).items
    assert kept["used_at"] is not None


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + "x", lambda s: s.replace("fonoteca_", "x_")])
async def test_what_is_nearly_a_key_is_none(catalog: Catalog, change: object) -> None:
    made = await make_key(catalog, "x", Scope.ADMIN, None)
    assert callable(change)
    assert await key_of(catalog, change(made.secret)) is None


@pytest.mark.parametrize("secret", ["", "_", "__", "fonoteca__", "fonoteca_$gt_x", "ü_ü_ü", "a" * 10_000])
async def test_what_is_no_key_is_none(catalog: Catalog, secret: str) -> None:
    assert await key_of(catalog, secret) is None


def test_a_wider_scope_includes_the_narrower_ones() -> None:
    allowed = {(have, want) for have in Scope for want in Scope if have.allows(want)}
    assert allowed == {
        (Scope.LISTEN, Scope.LISTEN),
        (Scope.READ, Scope.LISTEN),
        (Scope.READ, Scope.READ),
        (Scope.SUBMIT, Scope.LISTEN),
        (Scope.SUBMIT, Scope.READ),
        (Scope.SUBMIT, Scope.SUBMIT),
        (Scope.ADMIN, Scope.LISTEN),
        (Scope.ADMIN, Scope.READ),
        (Scope.ADMIN, Scope.SUBMIT),
        (Scope.ADMIN, Scope.ADMIN),
    }
