"""The handlers of messages. No handler acknowledges."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from services.sync.mirror import Mirror
from shared import metrics
from shared.contracts import AudioStored, Message
from shared.messaging.consuming.settlement import Handler


async def audio_stored(mirror: Mirror | None, message: AudioStored) -> None:
    """Mirror the object that was stored. While the mirror is off, the catalog still knows what to copy later."""
    if mirror is None:
        metrics.MIRROR_OBJECTS.labels("off", "").inc()
        return
    await mirror.mirror(message.video_id)


def handlers(mirror: Mirror | None) -> Mapping[type[Message], Handler]:
    """Return the handlers of this service by message. `mirror`: None while the mirror is off."""
    return {AudioStored: partial(audio_stored, mirror)}
