"""Reasons and failures as values: what is sent, what is read, and what stays of them."""

import pickle

import pytest
from pydantic import ValidationError

from shared.contracts import MESSAGES, Failure, VideoFailed
from shared.contracts.failure import MAX_DETAIL
from shared.contracts.reasons import Reason
from shared.errors import FailureClass


@pytest.mark.parametrize("reason", Reason)
def test_a_failure_of_a_reason_has_its_class_and_a_plain_code(reason: Reason) -> None:
    failure = Failure.of(reason, "why")
    assert failure.failure_class is reason.failure_class
    assert type(failure.reason) is str
    assert failure.reason == reason == f"{reason}"
    assert pickle.loads(pickle.dumps(reason)) is reason


def test_a_code_of_a_newer_version_is_read_and_sent_again() -> None:
    sent = {"failure_class": "tool", "reason": "solar-flare", "detail": "Much light."}
    assert Failure.model_validate(sent).model_dump(mode="json", exclude_none=True) == sent


@pytest.mark.parametrize("code", ["", "Private", "a b", "x" * 65])
def test_a_code_of_another_form_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        Failure(failure_class=FailureClass.TOOL, reason=code)


def test_a_failure_for_another_reason_keeps_what_the_source_said() -> None:
    met = Failure.of(Reason.FORBIDDEN, "HTTP Error 403").model_copy(update={"media_sha256": "a" * 64})
    judged = met.as_reason(Reason.FORBIDDEN_IN_A_ROW)
    assert (judged.failure_class, judged.reason) == (FailureClass.EGRESS, "forbidden-in-a-row")
    assert (judged.detail, judged.media_sha256) == (met.detail, met.media_sha256)
    assert type(judged.reason) is str
    assert len(met.as_reason(Reason.REFUSED_ALONE, "x" * 3 * MAX_DETAIL).detail) == MAX_DETAIL


def test_a_failure_charged_to_another_class_keeps_its_reason() -> None:
    charged = Failure.of(Reason.OTHER_VIDEO, "another").charged_to(FailureClass.PERMANENT)
    assert (charged.failure_class, charged.reason) == (FailureClass.PERMANENT, "other-video")


def test_the_schema_lists_every_code_and_forbids_no_other() -> None:
    schema = MESSAGES[VideoFailed.type].model_json_schema()["$defs"]["Failure"]["properties"]["reason"]
    assert schema["x-extensible-enum"] == [reason.value for reason in Reason]
    assert "enum" not in schema
