"""The Dockerfile's licence labels: each target has one line with the licences of all its parts."""

from __future__ import annotations

import re

from dev.images import TARGETS
from dev.install import ROOT
from dev.licences.known import DEBIAN
from dev.licences.parts import expression_of, parts_of

DOCKERFILE = ROOT / "Dockerfile"
LABEL = "org.opencontainers.image.licenses"


def licence_of_image(image: str) -> str:
    """Return the SPDX expression of everything in an image."""
    return expression_of(parts_of(image), "MIT", DEBIAN)


def dockerfile() -> str:
    """Return the Dockerfile with current labels. Raises ValueError if a target has no line for its label."""
    text = DOCKERFILE.read_text()
    for image in TARGETS:
        line = re.compile(rf'(?s)(?<=\nFROM base AS {image}\n)((?:(?!\nFROM ).)*?\nLABEL {re.escape(LABEL)}=)"[^"]*"')
        text, found = line.subn(lambda match: f'{match[1]}"{licence_of_image(image)}"', text, count=1)  # noqa: B023
        if not found:
            raise ValueError(f'the target {image} of the Dockerfile has no line LABEL {LABEL}="…"')
    return text
