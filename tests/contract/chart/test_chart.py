"""The Helm chart: rendered in every shape of ci/, validated strictly, and held against the code."""

from __future__ import annotations

import importlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.generate import SETTINGS
from shared.settings import variable_name
from shared.topology.permissions import ROLES, url_variable
from shared.topology.services import SERVICES
from tests.chart import CHART, SHAPES, component, every_pod, helm, of_kind, rendered

#: The version of Kubernetes whose fields are checked.
KUBERNETES = "1.32"
#: Addresses without a credential in them.
PLACES = {"AZURE_ACCOUNT_URL", "API_URL", "RABBITMQ_MANAGEMENT_URL"}
OURS = set(SERVICES)
SERVERS = {"rabbitmq", "mongodb", "objectstore"}


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.stem)
def shape(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture(scope="session")
def kubernetes() -> Any:
    """What validates manifests. Its import takes seconds, so only who needs it does so."""
    return importlib.import_module("kubernetes_validate")


def test_manifests_are_valid(kubernetes: Any, shape: Path) -> None:
    for document in rendered(shape):
        try:
            kubernetes.validate(document, KUBERNETES, strict=True)
        except kubernetes.SchemaNotFoundError:
            # Kinds of operators, which Kubernetes itself does not know.
            group = document["apiVersion"].partition("/")[0]
            assert "." in group
            assert not group.endswith("k8s.io")


def test_the_validation_sees_a_wrong_field(kubernetes: Any) -> None:
    [deployment] = [d for d in of_kind(SHAPES[0], "Deployment") if component(d) == "api"]
    wrong = json.loads(json.dumps(deployment))
    wrong["spec"]["template"]["spec"]["containers"][0]["readOnly"] = True
    with pytest.raises(kubernetes.ValidationError, match="readOnly"):
        kubernetes.validate(wrong, KUBERNETES, strict=True)


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == version("fonoteca")
    assert helm("lint", "--strict", str(CHART), "--values", str(SHAPES[0])).returncode == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("scraper.settings.SCRAPER_DOWNLOAD_SLOTS=many", "Expected: integer, given: string"),
        ("scraper.settings.SCRAPER_SLOTS=2", "Additional property SCRAPER_SLOTS is not allowed"),
        ("retry.settings.SCRAPER_DOWNLOAD_SLOTS=2", "Additional property SCRAPER_DOWNLOAD_SLOTS is not allowed"),
        ("settings.API_KEY=x", "Additional property API_KEY is not allowed"),
        ("settings.LOG_FORMAT=xml", "must be one of the following"),
        ("retry.settings.RETRY_PRIVATE_RECHECK_DAYS=weekly", "Does not match pattern"),
        ("monitoring.scrape=yes", "must be one of the following"),
        ("rabbitmq.inCluster.replicas=2", "must be one of the following"),
        ("api.replica=2", "Additional property replica is not allowed"),
        ("objectStore.endpoint=https://s3.example.org", "Does not match pattern"),
        ("scraper.workFolder.size=big", "Does not match pattern"),
        ("scraper.pools={x}", "Expected: object, given: string"),
        ("rabbitmq.users.managementUrl=rabbitmq:15672", "Does not match pattern"),
        ("audit.options={--delete}", "must be one of the following"),
    ],
)
def test_wrong_values_are_refused_with_a_message(wrong: str, message: str) -> None:
    done = helm("template", "archive", str(CHART), "--values", str(SHAPES[0]), "--set", wrong)
    assert done.returncode != 0
    assert message in done.stderr


def test_a_store_must_be_named() -> None:
    done = helm("template", "archive", str(CHART))
    assert done.returncode != 0
    assert "objectStore.endpoint is empty: give host:port" in done.stderr


def test_a_management_api_must_be_named() -> None:
    users = "rabbitmq.users.existingSecret=users"
    done = helm("template", "archive", str(CHART), "--set", "objectStore.endpoint=s3:9000", "--set", users)
    assert done.returncode != 0
    assert "rabbitmq.users.managementUrl is empty: give the address" in done.stderr


def test_services_sign_in_to_the_broker_as_themselves_where_they_have_users() -> None:
    shape = CHART / "ci/external-values.yaml"
    [job] = [job for job in of_kind(shape, "Job") if component(job) == "topology"]
    made = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]
        for variable in job["spec"]["template"]["spec"]["containers"][0]["env"]
        if "valueFrom" in variable
    }
    assert set(made) == {"RABBITMQ_URL", *(url_variable(role) for role in ROLES)}
    assert made["RABBITMQ_URL"] == {"name": "fonoteca", "key": "rabbitmq-url"}
    seen = set()
    for pod in every_pod(shape):
        if (role := component(pod)) in ROLES:
            env = {variable["name"]: variable for variable in pod["spec"]["containers"][0]["env"]}
            assert env["RABBITMQ_URL"]["valueFrom"]["secretKeyRef"] == made[url_variable(role)]
            assert env["RABBITMQ_DECLARE"]["value"] == "false"
            assert env["RABBITMQ_USERS"]["value"] == ",".join(f"{each}={each}" for each in ROLES)
            seen.add(role)
    assert seen == set(ROLES)


def test_the_catalog_is_migrated_by_a_job_that_knows_nothing_but_the_catalog(shape: Path) -> None:
    [job] = [job for job in of_kind(shape, "Job") if component(job) == "migrate"]
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["migrate", "--if-older"]
    assert {variable["name"] for variable in container["env"]} <= {"MONGO_URI", "MONGO_DATABASE", "SSL_CERT_FILE"}
    assert "helm.sh/hook" not in job["metadata"].get("annotations", {}), "the services wait for it"


def test_a_user_who_may_only_submit_playlists_is_made_where_its_address_is_named() -> None:
    users = ("rabbitmq.users.submitterKey=submitter-url", "rabbitmq.users.existingSecret=users")
    values = [part for each in users for part in ("--set", each)]
    done = helm("template", "archive", str(CHART), "--values", str(CHART / "ci/external-values.yaml"), *values)
    assert "name: RABBITMQ_URL_SUBMITTER" in done.stdout
    assert 'key: "submitter-url"' in done.stdout


def test_services_get_settings_that_exist_and_all_they_need(shape: Path) -> None:
    for pod in every_pod(shape):
        name = component(pod)
        given = {variable["name"] for c in pod["spec"]["containers"] for variable in c.get("env", [])}
        if name not in OURS:
            continue
        groups = [
            group for group, readers in SETTINGS.items() if readers == "all services" or name in readers.split(", ")
        ]
        fields = {variable_name(group, field): spec for group in groups for field, spec in group.model_fields.items()}
        assert given - {"SSL_CERT_FILE"} <= set(fields), name
        assert {variable for variable, spec in fields.items() if spec.is_required()} <= given, name


def test_no_credential_is_in_a_manifest(shape: Path) -> None:
    assert of_kind(shape, "Secret") == []
    for pod in every_pod(shape):
        for container in pod["spec"]["containers"]:
            for variable in container.get("env", []):
                if any(word in variable["name"].lower() for word in ("key", "url", "uri", "token", "pass", "proxy")):
                    assert "valueFrom" in variable or variable["name"] in PLACES, variable


def test_pods_keep_the_restricted_standard(shape: Path) -> None:
    for pod in every_pod(shape):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert security.get("readOnlyRootFilesystem", False) or component(pod) in SERVERS
            assert {"requests", "limits"} <= set(container["resources"])


def test_selectors_find_their_pods(shape: Path) -> None:
    labels = [pod["metadata"]["labels"] for pod in every_pod(shape)]
    for document in rendered(shape):
        spec = document.get("spec", {})
        selector = spec.get("selector", spec.get("podSelector")) if isinstance(spec, dict) else None
        if not selector:
            continue
        wanted = selector.get("matchLabels", {} if "matchExpressions" in selector else selector)
        if document["kind"] == "ServiceMonitor":
            services = [service["metadata"]["labels"] for service in of_kind(shape, "Service")]
            assert any(wanted.items() <= found.items() for found in services)
        else:
            assert any(wanted.items() <= found.items() for found in labels), document["metadata"]["name"]


def test_a_pool_has_its_own_egress() -> None:
    scrapers = [d for d in of_kind(CHART / "ci/external-values.yaml", "Deployment") if component(d) == "scraper"]
    environments = [
        {v["name"]: v.get("value", v.get("valueFrom")) for v in d["spec"]["template"]["spec"]["containers"][0]["env"]}
        for d in scrapers
    ]
    assert [e["SCRAPER_EGRESS"] for e in environments] == ["north", "south"]
    assert environments[0]["SCRAPER_PROXY"] == {"secretKeyRef": {"name": "proxy-north", "key": "url"}}
    assert "SCRAPER_PROXY" not in environments[1]
    assert environments[1]["SCRAPER_DOWNLOAD_INTERVAL_SECONDS"] == "20"
    assert {e["LOG_LEVEL"] for e in environments} == {"debug"}


def test_the_scraper_can_be_upgraded_alone() -> None:
    images = {component(p): p["spec"]["containers"][0]["image"] for p in every_pod(CHART / "ci/external-values.yaml")}
    assert images["scraper"] == "fonoteca-scraper:0.2.0-ytdlp-2026.11.20"
    assert images["api"] == f"fonoteca-api:{version('fonoteca')}"


def test_an_authority_of_ones_own_is_trusted_by_all() -> None:
    for pod in every_pod(CHART / "ci/external-values.yaml"):
        if component(pod) in OURS | {"audit", "topology", "migrate"}:
            [container] = pod["spec"]["containers"]
            env = {variable["name"]: variable.get("value") for variable in container["env"]}
            [mount] = [m for m in container["volumeMounts"] if m["name"] == "trusted-ca"]
            assert env["SSL_CERT_FILE"] == f"{mount['mountPath']}/ca.crt"
            assert {"name": "authorities", "items": [{"key": "ca.crt", "path": "ca.crt"}]} in [
                volume.get("configMap") for volume in pod["spec"]["volumes"]
            ]


def test_alerts_and_dashboards_are_those_of_the_files() -> None:
    shape = CHART / "ci/external-values.yaml"
    [rule] = of_kind(shape, "PrometheusRule")
    assert rule["spec"] == yaml.safe_load((CHART / "alerts/fonoteca.yaml").read_text())
    boards = {
        name: json.loads(text)
        for board in of_kind(shape, "ConfigMap")
        if "grafana_dashboard" in board["metadata"]["labels"]
        for name, text in board["data"].items()
    }
    files = {path.name: json.loads(path.read_text()) for path in (CHART / "dashboards").glob("*.json")}
    assert boards == files
