"""What the settings make of the scraper's parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from services.scraper.builders import UPLOADING, new_admission, new_rules, videos_held
from services.scraper.settings import GROUPS, ScraperSettings
from services.scraper.settings.egress import EgressSettings
from services.scraper.settings.limits import LimitsSettings
from services.scraper.settings.lists import check_names, listed
from services.scraper.settings.media import MediaSettings
from services.scraper.settings.pace import PaceSettings
from services.scraper.settings.workspace import WorkspaceSettings
from shared.settings import load, variable_name


def settings(
    pace: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    media: Mapping[str, Any] | None = None,
    egress: Mapping[str, Any] | None = None,
) -> ScraperSettings:
    return ScraperSettings(
        pace=load(PaceSettings, pace),
        limits=load(LimitsSettings, limits),
        media=load(MediaSettings, media),
        egress=load(EgressSettings, egress),
        workspace=load(WorkspaceSettings, {"worker_megabytes": 700}),
    )


def test_no_variable_belongs_to_two_groups() -> None:
    variables = [variable_name(group, field) for group in GROUPS for field in group.model_fields]
    assert len(variables) == len(set(variables))
    assert all(variable.startswith("SCRAPER_") for variable in variables)


def test_megabytes_and_kilobytes_become_bytes() -> None:
    rules = new_rules(
        settings({"kilobytes_per_second": 100, "download_slots": 4}, {"largest_megabytes": 3}), private_hosts=False
    )
    assert (rules.bytes_per_second, rules.largest_bytes, rules.worker_bytes) == (25_000, 3_000_000, 700_000_000)


def test_lists_are_split() -> None:
    rules = new_rules(
        settings(
            limits={"extractors": "youtube.*, soundcloud.*", "channel_tabs": "videos"},
            media={"beside": "info,chapters", "engines": "yt-dlp"},
            egress={"proxy": SecretStr("http://user:secret@proxy.example:3128")},
        ),
        private_hosts=True,
    )
    assert rules.extractors == ("youtube.*", "soundcloud.*")
    assert (rules.channel_tabs, rules.beside, rules.engines) == (("videos",), ("info", "chapters"), ("yt-dlp",))
    assert rules.proxy == "http://user:secret@proxy.example:3128"
    assert "secret" not in repr(rules)
    assert rules.private_hosts


@pytest.mark.parametrize(
    ("extractors", "only"), [("youtube.*", "youtube"), ("youtube.*,soundcloud.*", None), ("default", None)]
)
def test_a_scraper_knows_whether_it_has_one_source_alone(extractors: str, only: str | None) -> None:
    given = settings(limits={"extractors": extractors})
    assert new_admission(given).only_source == only
    assert new_admission(given, has_sites=True).only_source is None


@pytest.mark.parametrize(
    ("profiles", "held"),
    [("mp3-320", 3 + UPLOADING + 2), ("original", 3 + UPLOADING), ("original,flac", 3 + UPLOADING + 2)],
)
def test_more_videos_are_at_hand_where_there_is_something_to_encode(profiles: str, held: int) -> None:
    assert videos_held(settings({"download_slots": 3, "encode_slots": 2}, media={"profiles": profiles})) == held


def test_names_in_a_list_are_checked() -> None:
    assert listed(" a, ,b,") == ("a", "b")
    assert check_names("b,a", ("a", "b"), "letter") == "b,a"
    assert check_names("", ("a",)) == ""
    with pytest.raises(ValueError, match=r"not known: c, d; choose from a, b"):
        check_names("d,c,a", ("a", "b"))
    with pytest.raises(ValueError, match=r"it names no letter; choose from a, b"):
        check_names(",", ("a", "b"), "letter")
