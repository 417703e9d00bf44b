"""Message → function. No handler acks."""

from __future__ import annotations

from dataclasses import dataclass

from services.sync.mirror import Mirror
from shared import metrics
from shared.contracts import AudioStored


@dataclass(frozen=True)
class Sync:
    """What the handlers work with. Without a mirror every event is let go: the catalog still tells what to copy."""

    mirror: Mirror | None

    async def audio_stored(self, message: AudioStored) -> None:
        """Mirror the object that was stored."""
        if self.mirror is None:
            metrics.MIRROR_OBJECTS.labels("off").inc()
            return
        await self.mirror.mirror(message.video_id)
