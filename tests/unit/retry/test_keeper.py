"""The keeper knows which messages each work queue holds: the same ones that its consumer handles."""

from __future__ import annotations

import random
from typing import Any

from services.retry.handlers import Retrier, handlers
from services.retry.keeper import _HANDLED
from services.retry.settings import RetrySettings
from services.sync.handlers import handlers as sync_handlers
from shared.topology import FAILURES_QUEUE, STORED_QUEUE, WORK_QUEUES


def test_every_work_queue_is_known() -> None:
    assert set(_HANDLED) == {queue.name for queue in WORK_QUEUES}


def test_the_messages_are_those_of_the_consumers() -> None:
    no_server: Any = None
    retrier = Retrier(no_server, no_server, RetrySettings(_env_file=None), random.Random(1))
    assert set(_HANDLED[FAILURES_QUEUE]) == set(handlers(retrier))
    assert set(_HANDLED[STORED_QUEUE]) == set(sync_handlers(None))
