"""`shared.topology.services` is the one list of services: what else names them all names exactly these."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from dev.generate import SETTINGS
from dev.install import ROOT
from shared.topology.permissions import ROLES
from shared.topology.services import SERVICES

EXPECTED = set(SERVICES)


def read(path: str) -> str:
    return (ROOT / path).read_text()


def pyproject() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))


def packages() -> set[str]:
    return {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}


def stages_of_the_dockerfile() -> set[str]:
    return set(re.findall(r"^FROM \S+ AS (\w+)$", read("Dockerfile"), re.MULTILINE))


def chart_deployments() -> set[str]:
    return {path.parent.name for path in (ROOT / "deploy/k8s/fonoteca/templates").glob("*/deployment.yaml")}


def independent_modules() -> set[str]:
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    [found] = [contract for contract in contracts if contract["type"] == "independence"]
    return {module.removeprefix("services.") for module in found["modules"]}


def scraped() -> set[str]:
    """The peers that Prometheus asks for metrics, in the chart's table of who talks to whom."""
    table = yaml.safe_load(read("deploy/k8s/fonoteca/network.yaml"))["connections"]
    [row] = [row for row in table if row["from"] == ["prometheus"] and row.get("port") == 9100]
    return set(row["to"])


def absent_in_alerts() -> set[str]:
    return set(
        re.findall(
            r'absent\(fonoteca_build_info\{service="(\w+)"\}\)', read("deploy/k8s/fonoteca/alerts/fonoteca.yaml")
        )
    )


#: Where the services are listed → the list found there. Each may hold more, as the second set says.
PLACES: dict[str, tuple[Callable[[], set[str]], set[str]]] = {
    "packages with a __main__": (packages, set()),
    "files of metrics": (
        lambda: {path.stem for path in (ROOT / "shared/metrics").glob("*.py")},
        {"__init__", "process", "buckets", "service_metrics"},
    ),
    "roles at the broker": (lambda: set(ROLES), {"audit"}),
    "cards (README.md)": (lambda: {path.parent.name for path in (ROOT / "services").glob("*/README.md")}, set()),
    "extras of pyproject.toml": (
        lambda: set(pyproject()["project"]["optional-dependencies"]),
        {"cli", "parquet", "you-get"},
    ),
    "import contract": (independent_modules, set()),
    "requirements": (
        lambda: {path.stem for path in (ROOT / "requirements").glob("*.txt")},
        {"bench", "build", "cli", "dev", "servers", "site"},
    ),
    "groups of settings": (lambda: {name for name in SETTINGS.values() if name.isidentifier()}, set()),
    "deployments of the chart": (chart_deployments, set()),
    "targets of Prometheus in the chart": (scraped, set()),
    "alert for a missing service": (absent_in_alerts, set()),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_list_of_services_is_the_same(place: str) -> None:
    listed, more = PLACES[place]
    assert listed() == EXPECTED | more


def test_compose_and_the_dockerfile_have_each_service() -> None:
    compose = yaml.safe_load(read("docker-compose.yml"))["services"]
    assert set(compose) >= EXPECTED
    assert stages_of_the_dockerfile() >= EXPECTED
    assert "for extra in " + " ".join((*SERVICES, "cli")) in read("Makefile")


def test_helpers_of_the_chart_list_each_service() -> None:
    quoted = " ".join(f'"{name}"' for name in SERVICES)
    for template in ("checks/_amounts.tpl", "network/_rules.tpl", "topology/_job.tpl"):
        assert f"list {quoted}" in read(f"deploy/k8s/fonoteca/templates/{template}"), template
