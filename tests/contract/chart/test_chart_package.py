"""What a chart brings along: its description, its README, its package."""

from __future__ import annotations

import base64
import re
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev import chart
from dev.documents.chart_readme import values
from dev.images import TARGETS, image
from dev.install import ROOT
from shared.topology.services import SERVICES
from tests.chart import CHART
from tests.oci_registry import registry

DESCRIBED: dict[str, Any] = yaml.safe_load((CHART / "Chart.yaml").read_text())


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert DESCRIBED["version"] == DESCRIBED["appVersion"] == project["version"]
    released = re.findall(r"^## \[?v?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released[:1] in ([], [project["version"]])


def test_it_says_what_it_is() -> None:
    assert len(DESCRIBED["keywords"]) >= 5
    assert [maintainer["name"] for maintainer in DESCRIBED["maintainers"]] == [_holder()]
    assert DESCRIBED["annotations"]["artifacthub.io/license"] == "MIT"
    images = yaml.safe_load(DESCRIBED["annotations"]["artifacthub.io/images"])
    # The local site is for tests alone.
    assert {each["image"] for each in images} <= {image(target) for target in TARGETS}
    assert {each["name"] for each in images} == {*SERVICES, "cli"}


def _holder() -> str:
    found = re.search(r"Copyright \(c\) \d+ (.+)", (ROOT / "LICENSE").read_text())
    assert found is not None
    return found[1]


def test_its_icon_is_that_of_the_dashboard() -> None:
    kind, _, data = DESCRIBED["icon"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data) == (ROOT / "services/api/web/favicon.svg").read_bytes()


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """Paths of all values that are no groups."""
    if isinstance(value, dict) and value and not path.endswith(("resources", "dnsLabels")):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}".lstrip("."))
    elif path == "scraper.pools":
        yield from leaves(value[0], "scraper.pools[]")
    else:
        yield path


def test_its_readme_explains_every_value() -> None:
    explained = {value.path: value for value in values()}
    assert set(leaves(yaml.safe_load((CHART / "values.yaml").read_text()))) <= set(explained)
    assert [path for path, value in explained.items() if not value.meaning] == []
    text = (CHART / "README.md").read_text()
    assert "| `audit.schedule` | `0 3 * * 0` | Cron, " in text
    assert all(f"| `{path}` |" in text for path in explained)


def test_a_package_has_what_an_install_needs(tmp_path: Path) -> None:
    package = chart.make(tmp_path, "https://example.org/fonoteca")
    with tarfile.open(package) as archive:
        names = set(archive.getnames())
        member = archive.extractfile("fonoteca/Chart.yaml")
        assert member is not None
        packaged = yaml.safe_load(member.read())
    assert {f"fonoteca/{name}" for name in ("README.md", "values.schema.json", "network.yaml", "values.yaml")} <= names
    assert not {name for name in names if "/ci/" in name}
    assert packaged["home"] == "https://example.org/fonoteca"
    assert packaged["sources"] == ["https://example.org/fonoteca"]
    newest = yaml.safe_load(packaged["annotations"]["artifacthub.io/changes"])
    assert {"kind", "description"} == set(newest[0])
    assert {key: value for key, value in packaged.items() if key in DESCRIBED and key != "annotations"} == {
        key: value for key, value in DESCRIBED.items() if key != "annotations"
    }


def test_entries_of_the_changelog_become_changes() -> None:
    newest = "## Unreleased\n\n### Added\n\n- One\n  thing.\n\n### Fixed\n\n- Two.\n\n"
    text = f"# Changelog\n\n{newest}## 0.0.9\n\n### Added\n\n- Old.\n"
    assert chart.changes(text) == [
        {"kind": "added", "description": "One thing."},
        {"kind": "fixed", "description": "Two."},
    ]
    # Right after a release nothing is unreleased: the package then shows the release.
    released = "# Changelog\n\n## Unreleased\n\n## 0.0.9 - 2026-01-31\n\n### Security\n\n- Old.\n"
    assert chart.changes(released) == [{"kind": "security", "description": "Old."}]


def test_a_package_is_pushed_to_a_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chart, "DIST", tmp_path)
    monkeypatch.setenv("HELM_REGISTRY_CONFIG", str(tmp_path / "registry.json"))
    with registry() as held:
        monkeypatch.setattr(sys, "argv", ["chart", "--push", f"oci://{held.host}/charts"])
        assert chart.main() == 0, capsys.readouterr().err
    manifest = held.manifests[f"charts/fonoteca:{DESCRIBED['version']}"]
    [layer] = manifest["layers"]
    assert held.blobs[layer["digest"]] == (tmp_path / f"fonoteca-{DESCRIBED['version']}.tgz").read_bytes()


def test_a_registry_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["chart", "--push", "registry.example.org/charts"])
    assert chart.main() == 1
    assert "write oci://registry.example.org/charts" in capsys.readouterr().err
