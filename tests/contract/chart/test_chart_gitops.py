"""What Kubernetes does not let change: the chart can be applied twice, by Helm and without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chart import SHAPES, Manifest, component, every_pod, pods, release, template
from tests.kubernetes_api import cluster


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.stem)
def test_every_pod_pulls_with_the_secrets_of_the_registry(shape: Path) -> None:
    documents = template("--values", str(shape), "--set", "image.pullSecrets={one,two}")
    wanted = [{"name": "one"}, {"name": "two"}]
    found = {component(pod): pod["spec"].get("imagePullSecrets") for d in documents for pod in pods(d)}
    operated = [d["spec"].get("imagePullSecrets") for d in documents if d["kind"] == "RabbitmqCluster"]
    assert operated in ([], [wanted])
    assert set(found) >= {component(pod) for pod in every_pod(shape)}
    assert found == dict.fromkeys(found, wanted)


def identities(documents: list[Manifest]) -> dict[tuple[str, str], Manifest]:
    return {(d["kind"], d["metadata"]["name"]): d for d in documents}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.stem)
def test_what_cannot_be_changed_has_another_name_where_it_changes(shape: Path) -> None:
    """`helm template | kubectl apply`, twice: the same is the same, and a Job or pod that differs is another one."""
    first, again = (identities(template("--values", str(shape))) for _ in range(2))
    assert first == again
    for value in ("image.tag=9.9.9", "trustedCa.configMap=others", "image.pullSecrets={others}"):
        changed = identities(template("--values", str(shape), "--set", value))
        fixed = [key for key in changed if key[0] in ("Job", "Pod")]
        assert fixed
        for key in fixed:
            if key in first:
                assert changed[key]["spec"] == first[key]["spec"], (key, value)


def test_jobs_run_again_at_every_upgrade(tmp_path: Path) -> None:
    # A secret may hold other addresses, which no manifest shows.
    with cluster(tmp_path) as held:
        for command in ("install", "upgrade"):
            done = release(command, held.kubeconfig, "rabbitmq.users.existingSecret=broker-users")
            assert done.returncode == 0, done.stderr
        made = [path.rpartition("/")[2] for path in held.objects if "/jobs/" in path]
        deleted = [change for change in held.changes if change.startswith("DELETE") and "/jobs/" in change]
    assert sorted(name.rpartition("-")[0] for name in made) == [
        f"archive-fonoteca-{n}-2" for n in ("migrate", "topology")
    ]
    assert len(deleted) == 2
