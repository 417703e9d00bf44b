"""Two videos, one of which somebody tries to store under the id of the other."""

from __future__ import annotations

from collections.abc import Callable

AddPlaylist = Callable[..., str]
VICTIM, ATTACK = "AAAAvictim1", "BBBBattack1"
SITE = "https://www.youtube.com"
