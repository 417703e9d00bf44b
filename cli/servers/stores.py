"""The stores as the commands see them: a missing one is empty, and an error of a server becomes one sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager

from cli.context import err
from cli.errors import REFUSED, UNREACHABLE, CliError
from shared.errors import MirrorError, Misconfigured, StoreError, first_line
from shared.storage.content import Content, Listed
from shared.storage.obstacles import Left
from shared.storage.s3.objects import NO_BUCKET, ObjectMissing, ObjectStore
from shared.storage.s3.reading import ObjectReading
from shared.storage.target import Cure, MirrorTarget
from shared.storage.targets import KINDS


class Bucket(ObjectStore):
    """The bucket; empty if it does not exist. `absent`: a listing found that it does not."""

    absent = False

    async def listed(self, prefix: str, batch: int, after: str | None = None) -> AsyncIterator[list[Listed]]:
        """As in the base class; empty if there is no bucket."""
        try:
            async for found in super().listed(prefix, batch, after):
                yield found
        except StoreError as error:
            self._note_absence(error)

    async def stat(self, key: str) -> Content | None:
        """As in the base class; empty if there is no bucket."""
        try:
            return await super().stat(key)
        except StoreError as error:
            self._note_absence(error)
            return None

    def reading(self, key: str, offset: int = 0, length: int = 0) -> AbstractContextManager[ObjectReading]:
        """As in the base class; empty if there is no bucket."""
        try:
            return super().reading(key, offset, length)
        except StoreError as error:
            self._note_absence(error)
            raise ObjectMissing(f"there is no bucket {self.bucket}") from error

    async def left_below(self, folder: str) -> Left:
        """As in the base class; empty if there is no bucket."""
        try:
            return await super().left_below(folder)
        except StoreError as error:
            self._note_absence(error)
            return Left()

    def _note_absence(self, error: StoreError) -> None:
        if error.code != NO_BUCKET:
            raise error
        self.absent = True


def report_absent(store: Bucket, targets: Sequence[MirrorTarget]) -> None:
    """Report a missing bucket or container, and what creates it."""
    for target in targets:
        if target.missing.met:
            place = f"{KINDS[target.name][0]} {target.container}"
            err.print(
                f"Nothing is mirrored there yet: there is no {place}. `fonoteca sync run` creates it; so does the sync "
                "service when it starts.",
                markup=False,
                soft_wrap=True,
            )
    if store.absent:
        err.print(
            f"Nothing is stored yet: there is no bucket {store.bucket}. The scraper creates it when it starts; if "
            "recordings should exist, check MINIO_BUCKET.",
            markup=False,
            soft_wrap=True,
        )


#: What a person does → the code with which the command ends; None: as for a wrong setting.
_CODES = {Cure.SETTING: None, Cure.RIGHT: REFUSED, Cure.WAIT: UNREACHABLE}


def user_error(error: Exception, targets: Sequence[MirrorTarget], store: ObjectStore | None) -> Exception:
    """Return a server's error as the user sees it: one sentence, which names the setting if one is wrong."""
    if store is not None and (wrong := store.wrong_setting(error)) is not None:
        return Misconfigured(wrong)
    if isinstance(error, StoreError) and error.code == NO_BUCKET and store is not None:
        return CliError(
            f"There is no bucket {store.bucket}. Start the scraper, which creates it, or correct MINIO_BUCKET.", REFUSED
        )
    if isinstance(error, MirrorError):
        for target in targets:
            if target.name == error.target:
                cure, sentence = target.explain(error)
                code = _CODES[cure]
                return Misconfigured(sentence) if code is None else CliError(sentence, code)
    return CliError(
        f"The command was interrupted: {first_line(error)}. Run it again once that server is available.", UNREACHABLE
    )
