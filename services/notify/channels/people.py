"""Tells people, through Apprise: mail, chat, push. The only importer of apprise."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from apprise import Apprise, AppriseAsset, NotifyFormat

from services.notify.channels.answer import MAX_ERROR, Answer
from shared.contracts import NoticeRaised, NotificationDue, unwrap

#: Whether addresses are shown without their passwords in what Apprise logs.
_ASSET = AppriseAsset(secure_logging=True)


def check_address(text: str) -> None:
    """Raise ValueError, whose text does not hold the address, if Apprise cannot use it."""
    if Apprise.instantiate(text.strip(), asset=_ASSET) is None:
        raise ValueError(
            "Apprise cannot use this address; write one such as mailtos://user:password@example.org, on one line: see "
            "https://github.com/caronc/apprise/wiki"
        )


@dataclass(frozen=True)
class People:
    """Tells people, each attempt in a thread: Apprise waits for servers."""

    timeout_seconds: float
    #: Of its own: in the usual ones, names of webhooks are looked up.
    threads: ThreadPoolExecutor

    async def tell(self, address: str, message: NotificationDue) -> Answer:
        """Send one notice. Returns whether Apprise could; raises nothing for a server that refuses or is away."""
        received = unwrap(message.body.encode(), (NoticeRaised,)).message
        assert isinstance(received, NoticeRaised)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, self._tell, address, received)

    def _tell(self, address: str, notice: NoticeRaised) -> Answer:
        apprise = Apprise(asset=_ASSET)
        if not apprise.add(address):
            return Answer(None, "Apprise cannot use this address")
        result = apprise.notify(
            body=notice.text or notice.title,
            title=notice.title,
            timeout=self.timeout_seconds,
            # Titles of recordings are strangers' words: they must not become markup.
            body_format=NotifyFormat.TEXT,
        )
        if result:
            return Answer(None, None)
        lines = [str(entry.message) for each in result.results for entry in each.logs()]
        return Answer(None, (" ".join(lines) or f"Apprise: {result.status.value}")[:MAX_ERROR])
