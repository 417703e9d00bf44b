"""What the commands say of the stores: which one is missing, and an error of a server in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from cli.context import err
from cli.errors import REFUSED, UNREACHABLE, CliError
from shared.errors import MirrorError, Misconfigured, StoreError, first_line
from shared.storage.s3.objects import NO_BUCKET, ObjectStore
from shared.storage.target import Cure, MirrorTarget
from shared.storage.targets import place_of


def report_absent(store: ObjectStore, targets: Sequence[MirrorTarget]) -> None:
    """Report a missing bucket or container, and what creates it."""
    for target in targets:
        if target.missing.met:
            err.print(
                f"Nothing is mirrored there yet: there is no {place_of(target)}. `fonoteca sync run` creates it; so "
                "does the sync service when it starts.",
                markup=False,
                soft_wrap=True,
            )
    if store.missing.met:
        err.print(
            f"Nothing is stored yet: there is no bucket {store.bucket}. The scraper creates it when it starts; if "
            "recordings should exist, check MINIO_BUCKET.",
            markup=False,
            soft_wrap=True,
        )


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
                if cure is Cure.SETTING:
                    return Misconfigured(sentence)
                return CliError(sentence, REFUSED if cure is Cure.RIGHT else UNREACHABLE)
    return CliError(
        f"The command was interrupted: {first_line(error)}. Run it again once that server is available.", UNREACHABLE
    )
