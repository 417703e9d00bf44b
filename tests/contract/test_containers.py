"""Every container is limited, and every image is one version: compose, chart and Dockerfiles."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from dev.images import TARGETS, image
from dev.install import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
#: Files that name images, and how they stand there.
IMAGES = {
    "docker-compose.yml": r"image: (?:\$\{\w+:-)?([^}\s]+)",
    ".env.example": r"_IMAGE=(\S+)",
    "deploy/k8s/fonoteca/values.yaml": r"image: (\S+)",
    "Dockerfile": r"(?:FROM|_IMAGE=)\s?([\w./-]+:[\w.-]+)",
    "dev/compose_check/Dockerfile": r"(?:FROM|_IMAGE=)\s?([\w./-]+:[\w.-]+)",
}
#: What a version is: three numbers, a number of an image that has two, or a date.
VERSION = re.compile(r"v?\d+\.\d+\.\d+\S*|RELEASE\.\d{4}-\d\d-\d\dT\S+")


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_limits(name: str) -> None:
    container = CONTAINERS[name]
    assert re.fullmatch(r"\d+[mg]|\$\{\w+:-\d+[mg]\}", str(container["mem_limit"]))
    assert 0 < container["pids_limit"] <= 1000
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert not container.get("privileged")
    # What a service of ours needs is nothing.
    assert "cap_add" not in container or "build" not in container


def test_services_start_after_the_migration() -> None:
    for name in ("scraper", "retry", "sync", "api"):
        assert CONTAINERS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert CONTAINERS["migrate"]["entrypoint"][-3:] == ["fonoteca", "migrate", "--if-older"]


@pytest.mark.parametrize(("file", "pattern"), IMAGES.items())
def test_every_image_is_one_version(file: str, pattern: str) -> None:
    found = re.findall(pattern, (ROOT / file).read_text())
    assert found
    for name in found:
        tag = name.rpartition(":")[2]
        assert VERSION.fullmatch(tag), f"{name} may be another image tomorrow"


def test_compose_uses_the_images_that_are_built() -> None:
    built = {container["image"] for container in CONTAINERS.values() if "build" in container}
    assert built == {image(target) for target in TARGETS}
