"""Servers of a trial change when their own values do, and only then; what cannot change is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart import CHART, Manifest, component, pods, release, template
from tests.kubernetes_api import Cluster, cluster

TRIAL = CHART / "ci/trial-values.yaml"
OPERATOR = CHART / "ci/operator-values.yaml"
SERVERS = {"rabbitmq": "rabbitmq", "mongodb": "mongodb", "objectStore": "objectstore"}
PATH = "/apis/apps/v1/namespaces/audio/statefulsets/archive-fonoteca-{}"


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart of another version, which is also that of the images."""
    copy = tmp_path_factory.mktemp("chart") / "fonoteca"
    shutil.copytree(CHART, copy)
    chart = yaml.safe_load((copy / "Chart.yaml").read_text())
    chart |= {"version": "9.8.7", "appVersion": "9.8.7"}
    (copy / "Chart.yaml").write_text(yaml.safe_dump(chart))
    return copy


def servers(*arguments: str, chart: Path = CHART, values: Path = TRIAL) -> dict[str, Manifest]:
    documents = template("--values", str(values), *arguments, chart=chart)
    return {component(d): d for d in documents if d["kind"] in ("StatefulSet", "RabbitmqCluster")}


def test_another_version_of_the_chart_leaves_the_servers_as_they_are(newer: Path) -> None:
    assert set(servers()) == set(SERVERS.values())
    assert servers(chart=newer) == servers()


def test_another_version_of_the_chart_leaves_the_operators_broker_as_it_is(newer: Path) -> None:
    assert set(servers(values=OPERATOR)) == {"rabbitmq"}
    assert servers(chart=newer, values=OPERATOR) == servers(values=OPERATOR)


@pytest.mark.parametrize("file", ["rabbitmq/fonoteca.conf", "rabbitmq/advanced.config"])
def test_another_configuration_restarts_the_broker_alone(file: str, tmp_path: Path) -> None:
    copy = tmp_path / "fonoteca"
    shutil.copytree(CHART, copy)
    with (copy / file).open("a") as config:
        config.write("\n# more\n" if file.endswith("conf") else "\n%% more\n")
    before, after = servers(), servers(chart=copy)
    assert {name for name in before if before[name] != after[name]} == {"rabbitmq"}
    template_before, template_after = (each["rabbitmq"]["spec"]["template"] for each in (before, after))
    assert template_before["spec"] == template_after["spec"]
    assert template_before["metadata"]["annotations"] != template_after["metadata"]["annotations"]


@pytest.mark.parametrize(
    "value", ["settings.LOG_LEVEL=debug", "api.replicas=3", "rabbitmq.users.resources.limits.memory=1Gi"]
)
def test_values_of_others_leave_the_servers_as_they_are(value: str) -> None:
    assert servers("--set", value) == servers()


def test_a_server_that_crashes_is_replaced_by_an_upgrade() -> None:
    for server in servers().values():
        # With OrderedReady the StatefulSet would wait for the broken pod before it makes the new one.
        assert server["spec"]["podManagementPolicy"] == "Parallel"
        assert server["spec"]["updateStrategy"] == {"type": "RollingUpdate"}


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path) as held:
        done = release("install", held.kubeconfig)
        assert done.returncode == 0, done.stderr
        held.changes.clear()
        yield held


def test_what_a_volume_cannot_become_is_refused_before_anything_is_applied(installed: Cluster) -> None:
    for path, name in SERVERS.items():
        done = release("upgrade", installed.kubeconfig, f"{path}.inCluster.storage=50Gi", "settings.LOG_LEVEL=debug")
        assert done.returncode != 0
        assert f"{path}.inCluster.storage: 50Gi, but the volume of archive-fonoteca-{name} was made with" in done.stderr
        assert f"patch pvc data-archive-fonoteca-{name}-0" in done.stderr
    done = release("upgrade", installed.kubeconfig, "mongodb.inCluster.storageClass=fast")
    assert "mongodb.inCluster.storageClass" in done.stderr
    assert installed.changes == []


def test_a_volume_is_enlarged_in_the_way_that_the_refusal_says(installed: Cluster) -> None:
    del installed.objects[PATH.format("mongodb")]
    done = release("upgrade", installed.kubeconfig, "mongodb.inCluster.storage=50Gi")
    assert done.returncode == 0, done.stderr
    [claim] = installed.objects[PATH.format("mongodb")]["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "50Gi"


def test_the_same_size_in_other_words_is_taken(installed: Cluster) -> None:
    assert release("upgrade", installed.kubeconfig, "mongodb.inCluster.storage=4096Mi").returncode == 0


def test_a_statefulset_of_an_earlier_chart_keeps_what_cannot_change(installed: Cluster) -> None:
    there: dict[str, Any] = installed.objects[PATH.format("rabbitmq")]
    there["spec"]["podManagementPolicy"] = "OrderedReady"
    done = release("upgrade", installed.kubeconfig, "rabbitmq.inCluster.resources.limits.memory=3Gi")
    assert done.returncode == 0, done.stderr
    patch = installed.patches[PATH.format("rabbitmq")]["spec"]
    assert patch.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    [container] = patch["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["memory"] == "3Gi"


def test_the_probe_for_changes_sees_one(newer: Path) -> None:
    services = [
        [pod for d in template("--values", str(TRIAL), chart=chart) if component(d) == "api" for pod in pods(d)]
        for chart in (CHART, newer)
    ]
    assert services[0] != services[1]
