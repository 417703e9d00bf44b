"""The files that say what the images are made of, generated from the locked requirements."""

from __future__ import annotations

from pathlib import Path

from dev.images import TARGETS
from dev.install import ROOT
from dev.licences.labels import DOCKERFILE, dockerfile
from dev.licences.notice import notice
from dev.licences.sbom import sbom

NOTICE = ROOT / "NOTICE"


def sbom_file(image: str) -> Path:
    """Where the SBOM of an image lies in the repository."""
    return ROOT / f"sbom/{image}.cdx.json"


def licence_files() -> dict[Path, str]:
    """Each file and what it must hold. Raises UnknownLicence for a part whose licence nobody wrote down."""
    return {NOTICE: notice(), DOCKERFILE: dockerfile(), **{sbom_file(image): sbom(image) for image in TARGETS}}
