"""Numbers, truths and texts among the values come out as they were written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart import CHART, Manifest, component, helm, objects, pods, template

EXTERNAL = CHART / "ci/external-values.yaml"
KEDA = CHART / "ci/keda-values.yaml"


def environment(documents: list[Manifest], name: str) -> dict[str, str]:
    """The variables of a component that are not from a secret."""
    [pod, *_] = [pod for document in documents for pod in pods(document) if component(pod) == name]
    return {each["name"]: each["value"] for each in pod["spec"]["containers"][0]["env"] if "value" in each}


#: Service, setting, the value as it is written in a file of values, what the service must read.
NUMBERS = [
    ("scraper", "SCRAPER_REQUESTS_PER_HOUR", "1000000", "1000000"),
    ("scraper", "SCRAPER_LONGEST_PLAYLIST", "12345678", "12345678"),
    ("scraper", "SCRAPER_LARGEST_MEGABYTES", "1000000000", "1000000000"),
    ("scraper", "SCRAPER_DOWNLOAD_INTERVAL_SECONDS", "0.5", "0.5"),
    ("scraper", "SCRAPER_WITNESS_INTERVAL_SECONDS", "1.0e-3", "0.001"),
    ("scraper", "SCRAPER_COVER", "false", "false"),
    ("scraper", "SCRAPER_DOWNLOAD_SLOTS", "3", "3"),
    ("retry", "RETRY_SWEEP_SECONDS", "31622400", "31622400"),
    ("retry", "RETRY_WAIT_MAX_SECONDS", "2678400.25", "2678400.25"),
    ("sync", "SYNC_RECONCILE_SECONDS", "1e6", "1000000"),
    ("api", "API_REQUESTS_PER_MINUTE", "10000000", "10000000"),
    ("audit", "MONGO_DATABASE", '"0123"', "0123"),
    ("audit", "LOG_LEVEL", "debug", "debug"),
]


def test_numbers_truths_and_texts_are_rendered_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    lines = [f"    {variable}: {written}" for _, variable, written, _ in NUMBERS]
    services = {service for service, *_ in NUMBERS}
    text = "".join(
        f"{service}:\n  settings:\n"
        + "".join(f"{line}\n" for line, each in zip(lines, NUMBERS, strict=True) if each[0] == service)
        for service in sorted(services)
    )
    file.write_text(text)
    documents = template("--values", str(EXTERNAL), "--values", str(file))
    for service, variable, _, read in NUMBERS:
        assert environment(documents, service)[variable] == read, variable


@pytest.mark.parametrize("flag", ["--set", "--set-json"])
def test_numbers_on_the_command_line_are_rendered_as_they_were_written(flag: str) -> None:
    given = {
        "scraper.settings.SCRAPER_REQUESTS_PER_HOUR": "1000000",
        "retry.settings.RETRY_SWEEP_GRACE_SECONDS": "1500000",
    }
    given |= {"settings.SOURCES_PRIVATE_HOSTS": "true", "audit.activeDeadlineSeconds": "1234567"}
    documents = template(
        "--values", str(EXTERNAL), *(word for each in given.items() for word in (flag, "=".join(each)))
    )
    assert environment(documents, "scraper")["SCRAPER_REQUESTS_PER_HOUR"] == "1000000"
    assert environment(documents, "retry")["RETRY_SWEEP_GRACE_SECONDS"] == "1500000"
    assert environment(documents, "api")["SOURCES_PRIVATE_HOSTS"] == "true"
    [audit] = [document for document in documents if document["kind"] == "CronJob"]
    assert audit["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 1234567


def large(schema: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Every whole number among the values, with one that is large."""
    for path, each in objects(schema):
        for name, shape in each["properties"].items() if "properties" in each else ():
            if shape.get("type") == "integer" and "[]" not in path and "settings" not in path:
                yield f"{path}.{name}", min(1_234_567, shape.get("maximum", 1_234_567))


@pytest.mark.parametrize("autoscaling", ["", "keda", "hpa"])
def test_no_value_is_rendered_with_an_exponent(autoscaling: str) -> None:
    values = dict(large(json.loads((CHART / "values.schema.json").read_text())))
    assert {"api.replicas", "audit.activeDeadlineSeconds", "scraper.autoscaling.messagesPerReplica"} <= set(values)
    arguments = [word for path, number in values.items() for word in ("--set-json", f"{path}={number}.0")]
    # As a file of values has them: floats.
    pool = '[{"name": "default", "replicas": 1234567.0}]'
    arguments += ["--set-json", f"scraper.pools={pool}", "--set", f"scraper.autoscaling.kind={autoscaling}"]
    arguments += ["--set-json", 'api.tolerations=[{"key": "a", "effect": "NoExecute", "tolerationSeconds": 1234567.0}]']
    arguments += ["--set-json", "api.resources.limits.memory=1234567890.0"]
    done = helm("template", "archive", str(CHART), "--values", str(KEDA), *arguments)
    assert done.returncode == 0, done.stderr
    # The digest in the name of a Job may look like a number.
    rendered = re.sub(r"(archive-fonoteca-(?:migrate|topology)-1)-[0-9a-f]{8}\b", r"\1", done.stdout)
    assert re.findall(r"[^\n]*\b\d(?:\.\d+)?e\+?\d+[^\n]*", rendered) == []
    assert done.stdout.count("1234567") > 5


def test_names_that_look_like_numbers_stay_texts(tmp_path: Path) -> None:
    values: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    for group in ("rabbitmq", "mongodb", "objectStore", "azure", "api"):
        for name in values[group]:
            if name == "existingSecret" or name.endswith("Key"):
                values[group][name] = "0123"
    values["image"]["pullSecrets"] = ["12"]
    values["scraper"]["pools"] = [{"name": "1", "egress": {"proxySecret": "1e6"}}]
    values["api"]["ingress"] |= {"enabled": True, "className": "1", "tlsSecret": "7"}
    values["mongodb"]["inCluster"] |= {"enabled": True, "storage": "1000000000", "storageClass": "2"}
    values["objectStore"]["endpoint"] = "s3.example.org:443"
    values["azure"]["accountUrl"] = "https://example.blob.core.windows.net"
    file = tmp_path / "values.json"
    # JSON quotes all texts; YAML of one author leaves bare what is a number to another.
    file.write_text(json.dumps(values))
    done = helm("template", "e1", str(CHART), "--namespace", "7", "--values", str(file))
    assert done.returncode == 0, done.stderr
    for document in yaml.load_all(done.stdout, yaml.CSafeLoader):
        for path, value in leaves(document):
            if re.search(r"name$|[nN]ame$|[sS]pace$|key$|storage$|[lL]abels/|Class", path):
                assert isinstance(value, str), (document["kind"], path, value)


def leaves(thing: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(thing, dict):
        for key, each in thing.items():
            yield from leaves(each, f"{path}/{key}")
    elif isinstance(thing, list):
        for each in thing:
            yield from leaves(each, path)
    else:
        yield path, thing


@pytest.mark.parametrize("name", ["123", "on", "null", "1e3"])
def test_a_name_that_reads_like_something_else_stays_a_text(name: str) -> None:
    pools = f'[{{"name": "a", "egress": {{"cookiesSecret": "{name}", "proxySecret": "{name}"}}}}]'
    account = [*texts(EXTERNAL, f"scraper.pools={pools}", f'trustedCa={{"configMap": "{name}", "key": "{name}"}}')]
    assert account.count(name) >= 4
    scaling = f'{{"existingSecret": "{name}", "managementUrlKey": "{name}"}}'
    assert list(texts(KEDA, f"scraper.autoscaling={scaling}", f'trustedCa={{"secret": "{name}"}}')).count(name) >= 3


def texts(shape: Path, *values: str) -> Iterator[str]:
    """Every text in the manifests of a shape with further values, as JSON; and none of YAML's older truths."""
    further = [word for each in values for word in ("--set-json", each)]
    done = helm("template", "archive", str(CHART), "--values", str(shape), *further)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        if found := re.search(r'(?:name|key|secretName): "([^"]*)"', line):
            yield found[1]
        assert not re.search(r"(?:name|key|secretName): (123|on|null|1e3)\b", line), line
