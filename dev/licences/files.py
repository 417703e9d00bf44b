"""The files that list the parts of the images, generated from the locked requirements."""

from __future__ import annotations

from pathlib import Path

from dev.images import TARGETS
from dev.install import ROOT
from dev.licences.labels import DOCKERFILE, dockerfile
from dev.licences.notice import notice
from dev.licences.sbom import sbom

NOTICE = ROOT / "NOTICE"


def sbom_file(image: str) -> Path:
    """Return the path of an image's SBOM in the repository."""
    return ROOT / f"sbom/{image}.cdx.json"


def licence_files() -> dict[Path, str]:
    """Return each file and its text. Raises UnknownLicence for a part whose licence is not recorded."""
    return {NOTICE: notice(), DOCKERFILE: dockerfile(), **{sbom_file(image): sbom(image) for image in TARGETS}}
