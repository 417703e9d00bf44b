"""The manifests that docs/moving.md makes of the chart's audit are valid, and are what they are said to be."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from dev.install import ROOT
from tests.chart import CHART, of_kind
from tests.contract.chart.test_chart import KUBERNETES

PROGRAMS = re.findall(r"jq '(\{.*?\n\})' \|", (ROOT / "docs/moving.md").read_text(), re.DOTALL)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("shape", ["trial", "external", "operator"])
@pytest.mark.parametrize(
    ("program", "kind", "command"), zip(PROGRAMS, ["Job", "CronJob"], ["restore", "backup"], strict=True)
)
def test_a_manifest_is_made_of_the_audits(shape: str, program: str, kind: str, command: str) -> None:
    (audit,) = of_kind(CHART / f"ci/{shape}-values.yaml", "CronJob")
    given = json.dumps(audit | {"metadata": audit["metadata"] | {"namespace": "audio"}})
    made: Any = json.loads(
        subprocess.run(["jq", program], input=given, capture_output=True, text=True, check=True).stdout
    )
    # Its import takes seconds, so only who needs it does so.
    importlib.import_module("kubernetes_validate").validate(made, KUBERNETES, strict=True)
    assert (made["kind"], made["metadata"]["name"]) == (kind, f"fonoteca-{command}")
    pod = (made["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else made["spec"])["template"]
    before = audit["spec"]["jobTemplate"]["spec"]["template"]
    # The same labels: the network policies let it reach what the audit reaches.
    assert pod["metadata"]["labels"] == before["metadata"]["labels"]
    (container,) = pod["spec"]["containers"]
    assert container["args"][0] == command
    assert container["env"] == before["spec"]["containers"][0]["env"]
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    assert container["args"][2].startswith("/archive/")
