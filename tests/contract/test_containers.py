"""Every container is limited, and every image is one version: compose, chart and Dockerfiles."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml

from dev.images import TARGETS, image
from dev.install import ROOT
from dev.ports import free_port
from shared.topology.services import SERVICES

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
MONGODB_SCRIPTS = ROOT / "deploy/compose/mongodb"
#: Files that name images, and how they stand there.
IMAGES = {
    "docker-compose.yml": r"image: (?:\$\{\w+:-)?([^}\s]+)",
    ".env.example": r"_IMAGE=(\S+)",
    "deploy/k8s/fonoteca/values.yaml": r"image: (\S+)",
    "Dockerfile": r"(?:FROM|_IMAGE=)\s?([\w./-]+:[\w.-]+)",
    "dev/compose_check/compose.yml": r"image: (\S+)",
    "dev/compose_check/Dockerfile": r"(?:FROM|_IMAGE=)\s?([\w./-]+:[\w.-]+)",
}
#: What a version is: three numbers, a number of an image that has two, or a date.
VERSION = re.compile(r"v?\d+\.\d+\.\d+\S*|RELEASE\.\d{4}-\d\d-\d\dT\S+")
#: Images that are made here for one check, and pulled from nowhere.
MADE_FOR_A_CHECK = {"fonoteca-site:check"}


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
    for name in SERVICES:
        assert CONTAINERS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert CONTAINERS["migrate"]["entrypoint"][-3:] == ["fonoteca", "migrate", "--if-older"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_a_container_says_is_kept_up_to_a_limit(name: str) -> None:
    logging = CONTAINERS[name]["logging"]
    # Both drivers keep nothing beyond these; others send it elsewhere, and `docker compose logs` shows nothing.
    assert logging["driver"] in ("json-file", "local")
    assert re.fullmatch(r"\d+m", logging["options"]["max-size"])
    assert int(logging["options"]["max-file"]) > 1


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_server_of_others_has_a_health_check_and_whoever_needs_it_waits_for_that(name: str) -> None:
    """Images of ours have theirs in the Dockerfile."""
    container = CONTAINERS[name]
    if "build" not in container:
        assert container["healthcheck"]["test"][0] == "CMD"
        assert container["healthcheck"]["retries"] > 1
    conditions = {server: each["condition"] for server, each in container.get("depends_on", {}).items()}
    # One that ends has no health.
    assert conditions.pop("migrate", "service_completed_successfully") == "service_completed_successfully"
    assert set(conditions.values()) <= {"service_healthy"}


def test_azurite_is_asked_with_what_its_image_has() -> None:
    """Its image is Node.js and little else; the script is run here, on a port where nobody listens."""
    [_, program, option, script] = CONTAINERS["azurite"]["healthcheck"]["test"]
    port = free_port()
    command = [program, option, script.replace(":10000/", f":{port}/")]
    assert f":{port}/" in command[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("name", [n for n, each in CONTAINERS.items() if "MONGO_URI" in each.get("environment", {})])
def test_services_sign_in_to_mongodb_as_a_user_with_the_password_of_env(name: str) -> None:
    assert CONTAINERS[name]["environment"]["MONGO_URI"].startswith(
        "mongodb://fonoteca:${MONGO_PASSWORD:?set it in .env}@mongo:"
    )
    assert "MONGO_ROOT_PASSWORD" not in str(CONTAINERS[name])


def test_mongodb_lets_nobody_in_without_a_password() -> None:
    """With these two its image starts the server with --auth, and runs users.js on an empty volume."""
    mongo = CONTAINERS["mongo"]
    assert mongo["environment"]["MONGO_INITDB_ROOT_USERNAME"]
    assert mongo["environment"]["MONGO_INITDB_ROOT_PASSWORD"] == "${MONGO_ROOT_PASSWORD:?set it in .env}"
    mounted = dict(volume.split(":")[:2] for volume in mongo["volumes"])
    assert mounted["./deploy/compose/mongodb/users.js"] == "/docker-entrypoint-initdb.d/users.js"
    assert mounted["./deploy/compose/mongodb/healthy.js"] == mongo["healthcheck"]["test"][-1]
    read = set(re.findall(r"process\.env\.(\w+)", "".join(path.read_text() for path in MONGODB_SCRIPTS.glob("*.js"))))
    assert read == set(mongo["environment"])


def test_the_stand_in_makes_the_users_that_compose_makes() -> None:
    script, stand_in = (MONGODB_SCRIPTS / "users.js").read_text(), (ROOT / "dev/compose_check/mongo-server").read_text()
    for text in (script, stand_in):
        assert set(re.findall(r"""roles[:=] ?\["(\w+)"\]""", text)) == {"root"}
        assert set(re.findall(r"""role"?: "(\w+)",""", text)) == {"readWrite"}


@pytest.mark.parametrize(("file", "pattern"), IMAGES.items())
def test_every_image_is_one_version(file: str, pattern: str) -> None:
    found = re.findall(pattern, (ROOT / file).read_text())
    assert found
    for name in set(found) - MADE_FOR_A_CHECK:
        assert ":" in name, f"{name} is whatever is latest"
        tag = name.rpartition(":")[2]
        assert VERSION.fullmatch(tag), f"{name} may be another image tomorrow"


def test_compose_uses_the_images_that_are_built() -> None:
    built = {container["image"] for container in CONTAINERS.values() if "build" in container}
    assert built == {image(target) for target in TARGETS}
