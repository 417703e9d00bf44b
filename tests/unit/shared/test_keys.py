import pytest

from shared.storage.keys import content_type_of, object_key, video_of


@pytest.mark.parametrize(
    ("video_id", "key"),
    [
        ("youtube:dQw4w9WgXcQ", "audio/youtube/dQ/dQw4w9WgXcQ/mp3-320.mp3"),
        ("youtube:-dash_first", "audio/youtube/-d/-dash_first/mp3-320.mp3"),
        ("other:..", "audio/other/%2/%2E%2E/mp3-320.mp3"),
        ("other:a/../b", "audio/other/a%/a%2F..%2Fb/mp3-320.mp3"),
    ],
)
def test_keys(video_id: str, key: str) -> None:
    assert object_key(video_id, "mp3-320.mp3") == key
    assert video_of(key) == video_id
    assert content_type_of(key) == "audio/mpeg"


def test_a_key_of_another_form_is_nobodys() -> None:
    assert video_of("audio/none") == ""
    assert content_type_of("audio/none") == "application/octet-stream"
