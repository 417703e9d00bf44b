"""Metrics of every service: its build, its checks, its messages and its defects."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, Info

from shared.metrics.buckets import LONG, WAITS

BUILD = Info("fonoteca_build", "Version of Fonoteca and of the tools that it uses.")

CHECK_FAILING = Gauge(
    "fonoteca_check_failing",
    "1 while a check of /readyz fails: catalog, broker, events, store, mirror, tools, or a queue's consumer.",
    ["check"],
)
MESSAGES_RECEIVED = Counter(
    "fonoteca_messages_received_total",
    "Messages taken from a queue, by outcome: acked, parked, delayed or returned.",
    ["queue", "outcome"],
)
MESSAGES_PUBLISHED = Counter(
    "fonoteca_messages_published_total",
    "Messages published, by outcome: whether the broker confirmed.",
    ["type", "outcome"],
)
MESSAGE_HANDLING_SECONDS = Histogram(
    "fonoteca_message_handling_seconds", "Time from taking a message to settling it.", ["queue"], buckets=LONG
)
QUEUE_AGE_SECONDS = Histogram(
    "fonoteca_queue_age_seconds",
    "Age of a message when it was taken from its queue, delays included.",
    ["queue"],
    buckets=WAITS,
)
MESSAGES_IN_PROGRESS = Gauge("fonoteca_messages_in_progress", "Messages being handled now.", ["queue"])

DEFECTS = Counter(
    "fonoteca_defects_total",
    "Defects of our own code, by subject (video, playlist, message, request) and source file.",
    ["subject", "file"],
)
