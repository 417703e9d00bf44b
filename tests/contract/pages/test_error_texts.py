"""Every message that tells a person of an error says what to do; docs/error-texts.md lists them all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import pytest

from cli.api.cures import CURES, TEXTS, describe_problem
from dev.documents.error_texts import Message, messages
from dev.install import ROOT
from services.api.http.problems import CODES

#: How programs speak to programs. A person at a command line or in the dashboard gets none of it.
OF_HTTP = re.compile(r"/v1/|\b(?:GET|POST|PUT|DELETE|HEAD)\b|[Hh]eader|query parameter|Content-Length|Idempotency-Key")


@cache
def every_message() -> Sequence[Message]:
    return messages()


def problems() -> list[Message]:
    return [each for each in every_message() if each.code is not None]


def test_every_message_says_what_to_do() -> None:
    assert len(every_message()) > 100
    assert [f"{each.place}: {each.text}" for each in every_message() if each.cure is None] == []


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("It is wrong.", None),
        ("It is wrong, and nobody knows why.", None),
        ("It is wrong. Write http://host.", "Write http://host."),
        ("It is wrong: or choose another", "or choose another"),
        ("There is none; `fonoteca status` lists them.", "`fonoteca status` lists them."),
        ("It must be a number.", "It must be a number."),
        ("The makers met.", None),
    ],
)
def test_a_message_without_a_cure_is_seen(text: str, cure: str | None) -> None:
    assert Message("", text, "CliError").cure == cure


def test_problems_of_the_api_speak_no_http_to_a_person() -> None:
    spoken = [each for each in problems() if each.code not in TEXTS]
    assert [f"{each.place}: {each.text}" for each in spoken if OF_HTTP.search(each.text)] == []
    assert [text for text in (*CURES.values(), *TEXTS.values()) if OF_HTTP.search(text)] == []


def test_every_cure_is_of_a_code_that_the_api_has() -> None:
    codes = {each.code for each in problems()} | set(CODES.values()) | {"no-such-address"}
    assert (CURES.keys() | TEXTS.keys()) - codes == set()


def test_no_cure_only_says_the_message_again() -> None:
    page = (ROOT / "docs/error-texts.md").read_text()
    rows = [
        line.strip("|").split(" | ")
        for line in page.splitlines()
        if line.startswith("| ") and not line.startswith("| ---")
    ]
    assert [row for row in rows if len(row) == 2 and row[0].strip() == row[1].strip()] == []


@pytest.mark.parametrize("module", ["routes/recordings/files", "lookups"])
def test_problems_of_files_and_lookups_have_cures_of_their_own(module: str) -> None:
    """Those of a status say nothing of files: look again, then decide."""
    said = [each for each in problems() if each.place.startswith(f"services/api/{module}.py")]
    assert said
    assert {each.code for each in said} & set(CODES.values()) == set()


def test_every_code_is_written_in_one_way() -> None:
    assert [code for code in CURES.keys() | TEXTS.keys() if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []


def test_the_command_line_adds_its_cure_to_the_apis_sentence() -> None:
    problem = {"detail": "There is no video 'x'.", "code": "no-such-video", "see": "/v1/videos"}
    assert describe_problem(problem, 404, None) == "There is no video 'x'. `fonoteca videos` lists them."
    # An older API names no code, another program no detail.
    assert describe_problem({"detail": "Gone."}, 410, None) == "Gone."
    assert describe_problem({}, 418, None) == "The API answered 418."
    assert "API_KEY in .stack/env" in describe_problem(
        {"detail": "Send a header."}, 401, (ROOT / ".stack/env").relative_to(ROOT)
    )
    invalid = {"detail": "body.days: Input should be less than 3650", "code": "invalid"}
    assert describe_problem(invalid, 422, None).startswith("days: Input should be less than 3650. ")
