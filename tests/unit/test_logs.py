import pytest

from shared.logs import without_secrets


@pytest.mark.parametrize(
    ("text", "kept", "gone"),
    [
        ("amqp://fonoteca:opensesame@host:5672/v failed", "host:5672/v failed", "opensesame"),
        ("https://a.blob.core.windows.net/c?sv=1&sig=aBc%2F123&se=9", "se=9", "aBc%2F123"),
        ("GET /x?X-Amz-Signature=deadbeef&a=1", "a=1", "deadbeef"),
        ("{'Authorization': 'Bearer opensesame'}", "Authorization", "opensesame"),
    ],
)
def test_secrets_are_taken_out(text: str, kept: str, gone: str) -> None:
    cleaned = without_secrets(text)
    assert kept in cleaned
    assert gone not in cleaned


def test_other_text_is_left_alone() -> None:
    text = "https://www.youtube.com/watch?v=dQw4w9WgXcQ took 3 s: signature=none of your business? no"
    assert without_secrets("plain text, user@example.org, a=1") == "plain text, user@example.org, a=1"
    assert without_secrets(text).startswith("https://www.youtube.com/watch?v=dQw4w9WgXcQ took 3 s")
