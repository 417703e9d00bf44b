"""A setting is declared once, in code; the compose file and .env.example must know it too."""

import re
from pathlib import Path
from typing import Any

import yaml

from dev.documents.chart_schema import SET_BY_IMAGES
from dev.generate import SETTINGS
from shared.settings import RuntimeSettings, variable_name
from shared.topology.services import SERVICES

DECLARED = {variable_name(group, field) for group in SETTINGS for field in group.model_fields}
REQUIRED = {
    variable_name(group, name)
    for group in SETTINGS
    for name, field in group.model_fields.items()
    if field.is_required()
}
#: Where the servers are inside the compose network: fixed there, chosen by the user elsewhere.
SET_BY_COMPOSE = {"RABBITMQ_URL", "MONGO_URI", "MINIO_ENDPOINT", "MINIO_SECURE"}


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path("docker-compose.yml").read_text())
    return loaded


def example_variables() -> set[str]:
    """Names in .env.example, those that are commented out included."""
    return set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", Path(".env.example").read_text(), re.MULTILINE))


def test_env_example_explains_every_setting() -> None:
    missing = DECLARED - example_variables() - SET_BY_IMAGES - SET_BY_COMPOSE
    assert not missing


def test_env_example_names_nothing_that_nobody_reads() -> None:
    interpolated = set(re.findall(r"\$\{([A-Z0-9_]+)", Path("docker-compose.yml").read_text()))
    assert not example_variables() - DECLARED - interpolated


def test_every_service_of_compose_gets_every_setting() -> None:
    for name in SERVICES:
        service = compose()["services"][name]
        passed = set(service["environment"])
        groups = [g for g, readers in SETTINGS.items() if readers == "all services" or name in readers.split(", ")]
        wanted = {variable_name(group, field) for group in groups for field in group.model_fields}
        assert not wanted - passed - SET_BY_IMAGES, name


def test_the_runtime_settings_are_for_all() -> None:
    assert SETTINGS[RuntimeSettings] == "all services"
