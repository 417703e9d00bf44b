from services.scraper.encoding import id3_tags


def test_tags_hold_what_is_known_without_control_characters() -> None:
    tags = id3_tags({"title": "a\x00b\nc", "channel": None, "webpage_url": "https://a.b/", "licence": "\x07"})
    assert tags == {"title": "abc", "comment": "https://a.b/"}
