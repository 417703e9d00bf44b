"""Messages as they were once sent must be understood for ever: the golden ones are never edited, only added to."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from shared.contracts import MESSAGES, unwrap
from shared.topology import ROUTES

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_messages_are_understood_and_keep_their_ids(path: Path) -> None:
    body = path.read_bytes()
    envelope = json.loads(body)
    model = MESSAGES[envelope["type"]]
    received = unwrap(body, (model,))
    assert received.message.message_id() == envelope["id"]
    schema = json.loads((Path("shared/contracts/schemas") / f"{envelope['type']}.json").read_text())
    jsonschema_rs.validate(schema, envelope["data"])
    # What was sent then is what would be sent now, but for fields that have come since, at any depth.
    assert is_part_of(envelope["data"], received.message.model_dump(mode="json"))


def is_part_of(old: object, new: object) -> bool:
    """Whether all that `old` says, `new` says too."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(name in new and is_part_of(value, new[name]) for name, value in old.items())
    return old == new


def test_there_is_a_golden_message_of_every_type() -> None:
    assert {json.loads(path.read_text())["type"] for path in GOLDEN} == set(ROUTES)
