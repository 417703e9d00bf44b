"""`sources.yaml`: read, written, and every mistake told with its line."""

from __future__ import annotations

import pytest

from shared.addresses.parse import playlist_address
from shared.addresses.youtube import PlaylistAddress
from shared.following.sources_file import WrongSources, parse_sources, write_sources

WHOLE = """
# Radios.
sources:
  - name: radio-zou
    address: "@radio-zou"
    every: cron 0 */2 * * * Africa/Porto-Novo
    first: all
    profiles: [mp3-320, wav-16k-mono]
    priority: high
    filters:
      title_exclude: teaser
      published_from: 2026-01-31
      languages: [fon, unknown]
      live: leave
    feed: off
    labels: {region: zou}
  - {name: plain, address: PLabcdefghij1234}
"""


def test_a_file_is_read_and_written_back_as_the_same() -> None:
    found = parse_sources(WHOLE)
    assert [definition.name for definition in found] == ["radio-zou", "plain"]
    assert found[0].address == "https://www.youtube.com/@radio-zou"
    assert (found[0].first, found[0].feed, found[1].every, found[1].first) == ("all", "off", "auto", 1)
    assert parse_sources(write_sources(found)) == found
    assert parse_sources("sources: []") == []


def test_words_that_yaml_would_take_for_something_else_are_words() -> None:
    [found] = parse_sources(
        "sources:\n  - {name: 2026-01, address: PLabcdefghij1234, feed: off, enabled: no, first: 3,\n"
        "     labels: {country: no, number: 007}, filters: {languages: [no, on], min_seconds: 1e2}}"
    )
    assert (found.name, found.feed, found.enabled, found.first) == ("2026-01", "off", False, 3)
    assert found.labels == {"country": "no", "number": "007"}
    assert (found.filters.languages, found.filters.min_seconds) == (("no", "on"), 100)


def test_a_file_that_repeats_itself_takes_no_memory() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))]
    with pytest.raises(WrongSources):
        parse_sources("\n".join([*lines, "sources: *a29"]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: write `sources:`"),
        ("- name: x", "line 1: write `sources:`"),
        ("sources: {}", "line 1: write `sources:`"),
        ("sources: []\nmore: 1", "line 1: write `sources:`"),
        ("sources:\n  - [", "Correct the YAML"),
        ("sources:\n  - {name: a, address: PLabcdefghij1234, name: b}", "line 2: name is there twice"),
        ("sources:\n  - 5", "line 2: the source"),
        ("sources:\n  - name: {{ name }}", "line 2: a key is no word"),
        ("sources:\n  - ? [a]\n    : b", "line 2: a key is no word"),
        ("sources:\n  - name: a", "line 2: a: address: Field required"),
        ("sources:\n  - name: A\n    address: PLabcdefghij1234", "line 2: A: name:"),
        ("sources:\n  - name: a\n    address: x y", "line 3: a: address: 'x y' is neither"),
        ("sources:\n  - name: a\n    address: PLabcdefghij1234\n    evry: 6h", "line 4: a: evry: Extra inputs"),
        (
            "sources:\n  - name: a\n    address: PLabcdefghij1234\n    filters:\n      min_seconds: x",
            "line 5: a: filters.min_seconds:",
        ),
        ("sources:\n  - name: a\n    address: PLabcdefghij1234\n    profiles: [mp3-321]", "line 4: a: profiles.0:"),
        ("sources:\n  - name: a\n    address: PLabcdefghij1234\n    filters: {published_to: 2026-01-01}", "has no end"),
        (
            "sources:\n  - {name: a, address: '@x-radio'}\n  - {name: b, address: 'https://youtube.com/@X-Radio'}",
            "line 3: address: the same list as a in line 2",
        ),
        (
            "sources: [{name: a, address: PLabcdefghij1234}, {name: a, address: PLabcdefghij5678}]",
            "line 1: name: a is also in line 1",
        ),
        (
            "sources:\n  - {name: a, address: PLabcdefghij1234}\n  - {name: a, address: PLabcdefghij5678}\n"
            "  - {name: b, address: PLabcdefghij5678}",
            "line 4: address: the same list as a in line 3",
        ),
        ("sources:\n  - {name: a, address: 'http://127.0.0.1/list'}", "127.0.0.1 is not on the public internet"),
        (
            "sources:\n  - {name: a, address: PLabcdefghij1234, feed: 'http://169.254.169.254/x'}",
            "169.254.169.254 is not on the public internet",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(WrongSources) as refused:
        parse_sources(text)
    assert said in str(refused.value)


def test_a_long_file_is_compared_in_steps_proportional_to_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(address: str) -> PlaylistAddress:
        asked.append(address)
        return playlist_address(address)

    monkeypatch.setattr("shared.following.definition.playlist_address", counted)
    lines = [f"  - {{name: n{number}, address: PLabcdefgh{number:06}}}" for number in range(200)]
    assert len(parse_sources("\n".join(["sources:", *lines]))) == 200
    assert 200 <= len(asked) <= 4 * 200


def test_all_mistakes_are_told_at_once_in_their_order() -> None:
    text = "sources:\n  - {name: a, address: x y}\n  - {name: b, address: PLabcdefghij1234, every: x}\n  - {name: B}\n"
    with pytest.raises(WrongSources) as refused:
        parse_sources(text)
    lines = str(refused.value).split("\n")
    assert [line.partition(":")[0] for line in lines] == ["line 2", "line 3", "line 4", "line 4"]
