"""Azure Blob Storage with versioning, soft delete, legal hold and immutability policies, as far as deletions need it.

No emulator has these: Azurite knows snapshots, leases and rights. The rules are those of Microsoft's reference of List
Blobs and Delete Blob: a deleted blob of an account with versions becomes an old version; the present version cannot be
removed by its id; what is deleted under soft delete stays listed with `include=deleted` for its days; permanently goes
only what is soft-deleted and a version or a snapshot, and only where the account allows it. It checks no signature.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from aiohttp import web
from pydantic import SecretStr

from shared.settings import AzureSettings


@dataclass
class Stored:
    """One version, the present one or an old one."""

    name: str
    version: str
    size: int = 5
    current: bool = True
    deleted: bool = False
    legal_hold: bool = False
    immutable_until: datetime | None = None


@dataclass
class FakeAzure:
    """The account. Its container is there as soon as somebody asks for it."""

    versioning: bool = True
    soft_delete_days: int = 0
    permanent_delete: bool = False
    #: Letters of a SAS token.
    permissions: str = "rwdlxyac"
    #: A policy or a hold of the whole container.
    worm: bool = False
    #: An account with folders has no versions, and refuses to list any.
    hierarchical: bool = False
    stored: list[Stored] = field(default_factory=list)
    _number: int = 0

    def put(self, name: str) -> Stored:
        """Write a blob; the one before becomes an old version, or is gone."""
        before = [one for one in self.stored if one.name == name and one.current and not one.deleted]
        for one in before:
            self._end(one)
        self._number += 1
        written = Stored(name, f"2026-05-01T12:00:{self._number:02}.0000000Z")
        self.stored.append(written)
        return written

    def left(self) -> list[Stored]:
        """All there is, soft-deleted included."""
        return self.stored

    def days_pass(self) -> None:
        """The days of soft delete are over."""
        self.stored = [one for one in self.stored if not one.deleted]

    def _end(self, one: Stored) -> None:
        """The present blob is overwritten or deleted."""
        one.current = False
        if not self.versioning:
            self._remove(one)

    def _remove(self, one: Stored) -> None:
        if self.soft_delete_days and not one.deleted:
            one.deleted = True
        else:
            self.stored.remove(one)

    async def answer(self, request: web.Request) -> web.Response:
        """List and delete; create the container and its properties."""
        query, name = request.query, request.match_info["name"]
        if query.get("comp") == "list":
            return self._refusal("l") or self._list(query.get("prefix", ""), query.get("include", "").split(","))
        if request.method == "DELETE":
            return self._delete(name, query.get("versionid"), permanent="deletetype" in query)
        return web.Response(status=201 if request.method == "PUT" else 200)

    def _refusal(self, letter: str) -> web.Response | None:
        return None if letter in self.permissions else _error(403, "AuthorizationPermissionMismatch")

    def _list(self, prefix: str, include: list[str]) -> web.Response:
        if self.hierarchical and "versions" in include:
            return _error(409, "FeatureNotYetSupportedForHierarchicalNamespaceAccounts")
        shown = [
            one
            for one in self.stored
            if one.name.startswith(prefix)
            and (not one.deleted or "deleted" in include)
            and (one.current or one.deleted or "versions" in include)
        ]
        body = "".join(self._shown(one) for one in sorted(shown, key=lambda one: (one.name, one.version)))
        text = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>{body}</Blobs><NextMarker/>'
        return web.Response(text=text + "</EnumerationResults>", content_type="application/xml")

    def _shown(self, one: Stored) -> str:
        version = f"<VersionId>{one.version}</VersionId>" if self.versioning else ""
        if self.versioning and one.current:
            version += "<IsCurrentVersion>true</IsCurrentVersion>"
        properties = f"<Etag>0x1</Etag><Content-Length>{one.size}</Content-Length><BlobType>BlockBlob</BlobType>"
        if one.deleted:
            version += "<Deleted>true</Deleted>"
            properties += f"<RemainingRetentionDays>{self.soft_delete_days}</RemainingRetentionDays>"
        if one.legal_hold:
            properties += "<LegalHold>true</LegalHold>"
        if one.immutable_until is not None:
            until = format_datetime(one.immutable_until, usegmt=True)
            properties += f"<ImmutabilityPolicyUntilDate>{until}</ImmutabilityPolicyUntilDate>"
            properties += "<ImmutabilityPolicyMode>unlocked</ImmutabilityPolicyMode>"
        return f"<Blob><Name>{escape(one.name)}</Name>{version}<Properties>{properties}</Properties></Blob>"

    def _delete(self, name: str, version: str | None, *, permanent: bool) -> web.Response:
        letter = "y" if permanent else "x" if version is not None else "d"
        fits: Callable[[Stored], bool] = (
            (lambda one: one.version == version) if version is not None else (lambda one: one.current)
        )
        found = next((o for o in self.stored if o.name == name and fits(o) and o.deleted == permanent), None)
        if (refused := self._refusal(letter)) is not None:
            return refused
        if found is None:
            return _error(404, "BlobNotFound")
        if version is not None and found.current:
            return _error(403, "OperationNotAllowedOnRootBlob")
        if permanent and not self.permanent_delete:
            return _error(409, "PermanentDeleteNotEnabled")
        kept = self.worm or found.legal_hold or (found.immutable_until or datetime.now(UTC)) > datetime.now(UTC)
        # Deleting a blob with versions only makes an old one of it, which a policy does not mind.
        if kept and not (version is None and self.versioning):
            return _error(409, "BlobImmutableDueToPolicy")
        if version is None:
            self._end(found)
        else:
            self._remove(found)
        return web.Response(status=202, headers={"x-ms-delete-type-permanent": str(permanent).lower()})


def _error(status: int, code: str) -> web.Response:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>no</Message></Error>'
    return web.Response(status=status, text=body, content_type="application/xml", headers={"x-ms-error-code": code})


@asynccontextmanager
async def serving(fake: FakeAzure) -> AsyncIterator[AzureSettings]:
    """The account on this machine, and the settings that lead to it."""
    app = web.Application()
    app.router.add_route("*", "/fake/{container}{name:.*}", _of(fake))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/fake"
    try:
        yield AzureSettings(account_url=url, sas_token=SecretStr("sv=2024-11-04&sig=none"), container="fonoteca")
    finally:
        await runner.cleanup()


def _of(fake: FakeAzure) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        container, _, name = request.match_info["container"].partition("/")
        request.match_info["name"] = (name or request.match_info["name"]).lstrip("/")
        assert container == "fonoteca"
        return await fake.answer(request)

    return answer


def in_days(days: float) -> datetime:
    """A moment from now, to the second, as headers have it."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
