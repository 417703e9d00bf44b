"""The signature is that of Standard Webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from services.notify.channels.sending import signed_headers


def test_the_published_example_is_signed_as_published() -> None:
    """The example of the specification (spec/standard-webhooks.md, "Signature scheme") and of its libraries' tests."""
    key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    now = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', f"whsec_{key}", now)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["content-type"] == "application/cloudevents+json"


def test_an_independent_computation_agrees() -> None:
    key = bytes(range(32))
    now = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
    body = '{"title": "Fɔ̀ngbè"}'
    headers = signed_headers("an-id", body, f"whsec_{base64.b64encode(key).decode()}", now)
    signed = f"an-id.{headers['webhook-timestamp']}.{body}".encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
