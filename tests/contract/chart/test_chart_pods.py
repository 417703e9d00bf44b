"""The chart's pods: what they request, how they are replaced, scaled and ended, and what is mounted into them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.install import ROOT
from dev.processes.service_programs import services
from dev.state import State
from services.scraper.settings.workspace import WorkspaceSettings
from shared.runtime.process import STOP_MARGIN_SECONDS
from shared.settings import RuntimeSettings
from shared.topology.services import SERVICES
from tests.chart import CHART, SHAPES, component, every_pod, helm, of_kind, pods, rendered
from tests.contract.chart.test_chart import OURS

TRIAL = CHART / "ci/trial-values.yaml"
EXTERNAL = CHART / "ci/external-values.yaml"
HPA, KEDA = CHART / "ci/hpa-values.yaml", CHART / "ci/keda-values.yaml"
#: The code's own.
DRAIN = RuntimeSettings.model_fields["drain_seconds"].default
#: Cores of the smallest node that the trial is for, and what a control plane of kubeadm or kind requests on it: API
#: server 0.25, controller manager 0.2, scheduler, etcd and network plugin 0.1 each, two of CoreDNS 0.2.
NODE_CORES, KUBERNETES_CORES = 2.0, 0.95
UNITS = {"": 1, "m": 1e-3, "Mi": 2**20, "Gi": 2**30}


def rendered_with(shape: Path, *values: str, chart: Path = CHART) -> list[dict[str, Any]]:
    options = [part for value in values for part in ("--set", value)]
    done = helm("template", "archive", str(chart), "-n", "audio", "--kube-version", "1.32", "-f", str(shape), *options)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def refusal(*values: str, shape: Path = EXTERNAL) -> str:
    options = [part for value in values for part in ("--set", value)]
    done = helm("template", "archive", str(CHART), "-f", str(shape), *options)
    assert done.returncode != 0
    return done.stderr


def deployments(documents: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [d for d in documents if d["kind"] == "Deployment" and component(d) == name]


def environment(deployment: dict[str, Any]) -> dict[str, Any]:
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    return {v["name"]: v.get("value", v.get("valueFrom")) for v in container["env"]}


def amount(quantity: str) -> float:
    match = re.fullmatch(r"([\d.]+)(\w*)", str(quantity))
    assert match is not None
    return float(match[1]) * UNITS[match[2]]


def requested(pod: dict[str, Any], what: str) -> float:
    """What a pod requests: its containers together, or one of those that run before, if that is more."""

    def of(container: dict[str, Any]) -> float:
        return amount(container.get("resources", {}).get("requests", {}).get(what, "0"))

    spec = pod["spec"]
    return max([sum(map(of, spec["containers"])), *map(of, spec.get("initContainers", []))])


def sums(documents: list[dict[str, Any]], what: str) -> tuple[float, float]:
    """What all pods of a release request: from day to day, and at the worst moment of an upgrade."""
    steady = extra = 0.0
    for document in documents:
        for pod in pods(document):
            each = requested(pod, what)
            if document["kind"] in ("Deployment", "StatefulSet"):
                steady += each * document["spec"].get("replicas", 1)
                extra += each * document["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", 0)
            else:
                extra += each
    return steady, steady + extra


def test_a_node_of_two_cores_takes_the_trial_and_its_upgrade_and_the_readme_says_what_it_takes() -> None:
    # With users of the broker's own, as the README goes on: their job is one more pod.
    documents = rendered_with(TRIAL, "rabbitmq.users.existingSecret=users")
    cores, memory = sums(documents, "cpu"), sums(documents, "memory")
    assert cores[1] <= NODE_CORES - KUBERNETES_CORES
    text = (ROOT / "deploy/k8s/README.md").read_text()
    told = re.search(
        r"request ([\d.]+) cores and ([\d.]+) GiB of memory, and at most ([\d.]+) cores and ([\d.]+)", text
    )
    assert told is not None
    assert [float(number) for number in told.groups()[::2]] == [pytest.approx(each, abs=0.05) for each in cores]
    assert [float(number) for number in told.groups()[1::2]] == [
        pytest.approx(each / 2**30, abs=0.1) for each in memory
    ]
    claims = [c for d in documents if d["kind"] == "StatefulSet" for c in d["spec"].get("volumeClaimTemplates", [])]
    volumes = sum(amount(claim["spec"]["resources"]["requests"]["storage"]) for claim in claims)
    assert f"{volumes / 2**30:.0f} GiB\nof volumes" in text


def test_workers_are_replaced_in_their_place_and_the_api_never_leaves(shape: Path) -> None:
    for deployment in of_kind(shape, "Deployment"):
        rolling = deployment["spec"]["strategy"]["rollingUpdate"]
        wanted = {"maxSurge": 1, "maxUnavailable": 0} if component(deployment) == "api" else None
        assert rolling == (wanted or {"maxSurge": 0, "maxUnavailable": 1})


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.stem)
def shape(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.mark.parametrize(
    ("values", "drains"),
    [
        ((), {}),
        (("settings.DRAIN_SECONDS=100",), dict.fromkeys(OURS, 100)),
        (("scraper.settings.DRAIN_SECONDS=900", "api.settings.DRAIN_SECONDS=3"), {"scraper": 900, "api": 3}),
        (("settings.DRAIN_SECONDS=100", "scraper.pools[0].name=a", "scraper.pools[0].settings.DRAIN_SECONDS=0"), None),
        (("scraper.autoscaling.drainSeconds=1200",), {}),
        (("retry.settings.DRAIN_SECONDS=86400",), {"retry": 86_400}),
    ],
)
def test_a_pod_has_longer_to_end_than_its_service_drains(
    shape: Path, values: tuple[str, ...], drains: dict[str, float] | None
) -> None:
    documents = rendered_with(shape, *values)
    for name in OURS:
        for deployment in deployments(documents, name):
            drain = float(environment(deployment).get("DRAIN_SECONDS", DRAIN))
            grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
            assert isinstance(grace, int)
            assert grace >= drain + STOP_MARGIN_SECONDS
            assert drains is None or drain == drains.get(name, drain)


def test_compose_and_the_native_stack_wait_as_long(tmp_path: Path) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    given = re.findall(r"stop_grace_period: \$\{STOP_GRACE_PERIOD:-(\d+)s\}", text)
    assert [int(seconds) for seconds in given] == [DRAIN + STOP_MARGIN_SECONDS]
    compose = yaml.safe_load(text)
    assert all("stop_grace_period" in compose["services"][name] for name in SERVICES)
    state = State(tmp_path)
    try:
        for drain in (DRAIN, 2, 300):
            exports = {"RABBITMQ_URL": "amqp://u:p@127.0.0.1:9/v"}
            made, _ = services(state, exports, {"DRAIN_SECONDS": str(drain)})
            assert {program.stop_seconds for program in made} == {drain + STOP_MARGIN_SECONDS}
        made, _ = services(state, exports, {})
        assert {program.stop_seconds for program in made} == {DRAIN + STOP_MARGIN_SECONDS}
    finally:
        state.release()


@pytest.mark.parametrize(
    ("size", "megabytes"),
    [
        ("20Gi", 21_474),
        ("6Gi", 6442),
        ("500M", 500),
        ("900Mi", 943),
        ("2G", 2000),
        ("1.5Gi", 1610),
        ("1000000Ki", 1024),
        ("2500000k", 2500),
    ],
)
def test_the_scraper_is_told_what_its_work_folder_may_hold(size: str, megabytes: int) -> None:
    documents = rendered_with(EXTERNAL, f"scraper.workFolder.size={size}")
    for deployment in deployments(documents, "scraper"):
        [work] = [v for v in deployment["spec"]["template"]["spec"]["volumes"] if v["name"] == "work"]
        assert str(work["emptyDir"]["sizeLimit"]) == size
        assert environment(deployment)["SCRAPER_WORK_FOLDER_MEGABYTES"] == str(megabytes)


def test_it_is_told_the_containers_limit_if_that_is_less() -> None:
    limit = "scraper.resources.limits.ephemeral-storage"
    [north, _] = deployments(rendered_with(EXTERNAL, f"{limit}=11Gi"), "scraper")
    assert environment(north)["SCRAPER_WORK_FOLDER_MEGABYTES"] == str(11_811 - 1074), "beside 1Gi of /tmp"
    [north, _] = deployments(rendered_with(EXTERNAL, f"{limit}=11000000000"), "scraper")
    assert environment(north)["SCRAPER_WORK_FOLDER_MEGABYTES"] == str(11_000 - 1074), "a number of bytes"
    values = ("scraper.pools[0].name=north", "scraper.pools[0].resources.limits.memory=3Gi")
    [north, _] = deployments(rendered_with(EXTERNAL, *values), "scraper")
    assert environment(north)["SCRAPER_WORK_FOLDER_MEGABYTES"] == "21474", "there is none"
    assert "SCRAPER_WORK_FOLDER_MEGABYTES is not allowed" in refusal("scraper.settings.SCRAPER_WORK_FOLDER_MEGABYTES=1")


def test_the_chart_knows_the_default_of_free_megabytes() -> None:
    free = WorkspaceSettings.model_fields["free_megabytes"].default
    rendered_with(EXTERNAL, f"scraper.workFolder.size={free}M")
    assert "scraper.workFolder.size" in refusal(f"scraper.workFolder.size={free - 1}M")


def kept_replicas(tmp_path: Path, shape: Path, running: str, *values: str) -> list[int | None]:
    """What the chart writes down for a pool while `running` is what the cluster has of it."""
    chart = tmp_path / "chart"
    shutil.copytree(CHART, chart, dirs_exist_ok=True)
    file = chart / "templates/scraper/deployment.yaml"
    text, number = re.subn(r"\(lookup .*?\(include \"fonoteca.name\" \$about\)\)", running, file.read_text())
    assert number == 1
    file.write_text(text)
    found = deployments(rendered_with(shape, *values, chart=chart), "scraper")
    return [deployment["spec"].get("replicas") for deployment in found]


@pytest.mark.parametrize("shape", [HPA, KEDA], ids=["hpa", "keda"])
def test_turning_on_an_autoscaler_keeps_what_runs(tmp_path: Path, shape: Path) -> None:
    assert kept_replicas(tmp_path, shape, '(dict "spec" (dict "replicas" 3))') == [3]
    assert kept_replicas(tmp_path, shape, "(dict)") == [None], "it cannot look, or there is none yet"
    none = kept_replicas(tmp_path, shape, '(dict "spec" (dict "replicas" 0))')
    assert none == ([1] if shape == HPA else [0]), "an HPA leaves none alone, KEDA wakes it"


def test_without_an_autoscaler_the_values_count(tmp_path: Path) -> None:
    running = '(dict "spec" (dict "replicas" 7))'
    assert kept_replicas(tmp_path, EXTERNAL, running) == [1, 2]
    assert kept_replicas(tmp_path, TRIAL, running, "scraper.pools[0].name=a", "scraper.pools[0].replicas=0") == [0]


@pytest.mark.parametrize("shape", [HPA, KEDA, CHART / "ci/operator-values.yaml"], ids=["hpa", "keda", "operator"])
def test_scaling_down_waits_for_work(shape: Path) -> None:
    scalers = [d for d in rendered(shape) if d["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")]
    assert len(scalers) == 1
    spec = scalers[0]["spec"]
    found = spec if shape == HPA else spec["advanced"]["horizontalPodAutoscalerConfig"]
    down = found["behavior"]["scaleDown"]
    # The most that Kubernetes takes is an hour.
    assert 900 <= down["stabilizationWindowSeconds"] <= 3600
    assert [(policy["type"], policy["value"]) for policy in down["policies"]] == [("Pods", 1)]
    [scraper] = deployments(rendered(shape), "scraper")
    assert float(environment(scraper)["DRAIN_SECONDS"]) == 600
    assert scraper["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 600 + STOP_MARGIN_SECONDS


def test_keda_counts_messages_in_work_too() -> None:
    [scaler] = of_kind(KEDA, "ScaledObject")
    for trigger in scaler["spec"]["triggers"]:
        assert trigger["metadata"]["protocol"] == "http", "AMQP counts those alone that nobody has taken"
        assert trigger["metadata"]["mode"] == "QueueLength"
        assert trigger["metadata"]["excludeUnacknowledged"] == "false"
    [authentication] = of_kind(KEDA, "TriggerAuthentication")
    [target] = authentication["spec"]["secretTargetRef"]
    assert target == {"parameter": "host", "name": "fonoteca", "key": "rabbitmq-management-url"}


def test_a_node_can_be_drained_while_nothing_is_ready() -> None:
    budgets = [d for d in rendered_with(EXTERNAL) if d["kind"] == "PodDisruptionBudget"]
    assert {component(budget) for budget in budgets} == {"scraper", "retry", "api"}
    assert {budget["spec"]["unhealthyPodEvictionPolicy"] for budget in budgets} == {"AlwaysAllow"}


def test_cookies_come_from_a_secret_and_can_be_renewed() -> None:
    [north, south] = deployments(rendered(EXTERNAL), "scraper")
    spec = north["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert volumes["cookies-given"]["secret"]["secretName"] == "account-north"
    assert "emptyDir" in volumes["cookies"], "a secret cannot be written to"
    [copying], [scraper] = spec["initContainers"], spec["containers"]
    assert "/etc/fonoteca/cookies/cookies.txt /cookies/cookies.txt" in copying["command"][-1]
    assert copying["securityContext"] == scraper["securityContext"]
    assert {"name": "cookies", "mountPath": "/cookies"} in scraper["volumeMounts"]
    assert environment(north)["SCRAPER_COOKIES_FILE"] == "/cookies/cookies.txt"
    assert "SCRAPER_COOKIES_FILE" not in environment(south)
    assert "initContainers" not in south["spec"]["template"]["spec"]


@pytest.mark.parametrize("more", ["scraper.pools[0].replicas=2", "scraper.autoscaling.kind=hpa"])
def test_one_account_is_for_one_scraper(more: str) -> None:
    account = ("scraper.pools[0].name=north", "scraper.pools[0].egress.cookiesSecret=account")
    assert "an account is for one scraper" in refusal(*account, more)


def test_a_proxy_is_for_http_and_https_and_for_sources_alone() -> None:
    [north, south] = deployments(rendered(EXTERNAL), "scraper")
    assert environment(north)["SCRAPER_PROXY"] == {"secretKeyRef": {"name": "proxy-north", "key": "url"}}
    # Those would also be taken by clients of servers in the cluster, and each covers one scheme.
    for deployment in (north, south):
        assert not [
            name for name in environment(deployment) if name.lower().endswith("_proxy") and "SCRAPER" not in name
        ]


def test_an_authority_of_ones_own_may_be_in_a_secret() -> None:
    documents = rendered_with(EXTERNAL, "trustedCa.configMap=", "trustedCa.secret=authority", "trustedCa.key=tls.crt")
    seen = set()
    for pod in (pod for document in documents for pod in pods(document)):
        if component(pod) == "test":
            continue
        [volume] = [v for v in pod["spec"].get("volumes", []) if v["name"] == "trusted-ca"]
        assert volume["secret"] == {"secretName": "authority", "items": [{"key": "tls.crt", "path": "ca.crt"}]}
        [container] = pod["spec"]["containers"]
        assert {"name": "SSL_CERT_FILE", "value": "/etc/fonoteca/trusted/ca.crt"} in container["env"]
        assert "trusted-ca" in {mount["name"] for mount in container["volumeMounts"]}
        seen.add(component(pod))
    assert seen == OURS | {"audit", "topology", "migrate"}
    both = refusal("trustedCa.configMap=a", "trustedCa.secret=b")
    assert "trustedCa.configMap and trustedCa.secret are both set" in both


def test_the_nearest_setting_wins_also_if_it_is_nought() -> None:
    documents = rendered_with(
        EXTERNAL,
        "settings.SOURCES_RELIST_SECONDS=50",
        "scraper.settings.SCRAPER_DOWNLOAD_INTERVAL_SECONDS=20",
        "scraper.settings.SCRAPER_TAGS=true",
        "api.settings.SOURCES_RELIST_SECONDS=0",
        "scraper.pools[0].name=a",
        "scraper.pools[0].settings.SCRAPER_DOWNLOAD_INTERVAL_SECONDS=0",
        "scraper.pools[0].settings.SCRAPER_TAGS=false",
    )
    pool, api = environment(deployments(documents, "scraper")[0]), environment(deployments(documents, "api")[0])
    assert (pool["SCRAPER_DOWNLOAD_INTERVAL_SECONDS"], pool["SCRAPER_TAGS"]) == ("0", "false")
    assert (pool["SOURCES_RELIST_SECONDS"], api["SOURCES_RELIST_SECONDS"]) == ("50", "0")


def test_ready_and_alive_are_asked_of_the_operators_port(shape: Path) -> None:
    for pod in every_pod(shape):
        if component(pod) in OURS:
            [container] = pod["spec"]["containers"]
            assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "metrics"}
            assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "metrics"}


def test_the_notes_name_the_two_ways_out_of_an_old_password() -> None:
    notes = (CHART / "templates/NOTES.txt").read_text()
    readme = (ROOT / "deploy/k8s/README.md").read_text()
    for text in (notes, readme):
        assert "passwords of the earlier install back" in text
        assert "delete pvc -l app.kubernetes.io/instance=" in text
