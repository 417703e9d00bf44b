"""The Helm chart as the tests see it: rendered in the shapes of ci/."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dev.install import HELM, ROOT

CHART = ROOT / "deploy/k8s/fonoteca"
SHAPES = sorted((CHART / "ci").glob("*-values.yaml"))
Manifest = dict[str, Any]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    # It lives for less than 0.1 s: collecting garbage costs it more than memory.
    environment = {**os.environ, "GOGC": "off"}
    return subprocess.run([str(HELM), *arguments], env=environment, capture_output=True, text=True, check=False)


@cache
def template(*arguments: str, chart: Path = CHART) -> list[Manifest]:
    """What `helm template` makes of the chart with these further arguments."""
    done = helm("template", "archive", str(chart), "--namespace", "audio", *arguments)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.load_all(done.stdout, yaml.CSafeLoader) if document]


def release(command: str, kubeconfig: Path, *values: str) -> subprocess.CompletedProcess[str]:
    """Install or upgrade the trial's release in a cluster, with further values."""
    where = ("--namespace", "audio", "--kubeconfig", str(kubeconfig), "--disable-openapi-validation")
    further = [word for each in values for word in ("--set", each)]
    return helm(command, "archive", str(CHART), "--values", str(CHART / "ci/trial-values.yaml"), *where, *further)


@cache
def rendered(shape: Path) -> list[Manifest]:
    return template("--values", str(shape))


def of_kind(shape: Path, kind: str) -> list[Manifest]:
    return [document for document in rendered(shape) if document["kind"] == kind]


def pods(document: Manifest) -> Iterator[Manifest]:
    """The pod templates in a manifest."""
    if document["kind"] == "Pod":
        yield document
    elif document["kind"] in ("Deployment", "StatefulSet", "Job"):
        yield document["spec"]["template"]
    elif document["kind"] == "CronJob":
        yield document["spec"]["jobTemplate"]["spec"]["template"] | {"metadata": document["metadata"]}


def every_pod(shape: Path) -> list[Manifest]:
    return [pod for document in rendered(shape) for pod in pods(document)]


def component(thing: Manifest) -> str:
    return str(thing["metadata"]["labels"]["app.kubernetes.io/component"])


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of an object, with its path, `[]` for an item of a list."""
    if schema.get("type") == "object" or "properties" in schema:
        yield path, schema
    for name, each in schema.get("properties", {}).items():
        yield from objects(each, f"{path}.{name}".lstrip("."))
    if "items" in schema:
        yield from objects(schema["items"], f"{path}[]")
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from objects(each, path)
