"""The scraper's settings, in groups that are handed to the parts as they are. All variables begin with SCRAPER_."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from services.scraper.settings.egress import EgressSettings
from services.scraper.settings.limits import LimitsSettings
from services.scraper.settings.measuring import MeasuringSettings
from services.scraper.settings.media import MediaSettings
from services.scraper.settings.pace import PaceSettings
from services.scraper.settings.workspace import WorkspaceSettings
from shared.settings import load

#: Every group, in the order of docs/settings.md.
GROUPS = (PaceSettings, EgressSettings, LimitsSettings, MediaSettings, WorkspaceSettings, MeasuringSettings)


@dataclass(frozen=True)
class ScraperSettings:
    """All groups. A group that is not given is read from the environment, which raises Misconfigured."""

    pace: PaceSettings = field(default_factory=partial(load, PaceSettings))
    egress: EgressSettings = field(default_factory=partial(load, EgressSettings))
    limits: LimitsSettings = field(default_factory=partial(load, LimitsSettings))
    media: MediaSettings = field(default_factory=partial(load, MediaSettings))
    workspace: WorkspaceSettings = field(default_factory=partial(load, WorkspaceSettings))
    measuring: MeasuringSettings = field(default_factory=partial(load, MeasuringSettings))
