"""Every part of every image stands in NOTICE and in its SBOM with a licence that is one, and the labels are true."""

from __future__ import annotations

import functools
import json
import os
import platform
import re
import shutil
import subprocess
from email.message import Message
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
import yaml
from license_expression import get_spdx_licensing

from dev.images import TARGETS
from dev.install import ROOT
from dev.licences import parts
from dev.licences.files import NOTICE, licence_files, sbom_file
from dev.licences.known import BUNDLED, DEBIAN, SERVERS
from dev.licences.labels import LABEL, licence_of_image
from dev.licences.parts import UnknownLicence, expression_of, licence_of, locked_packages, python_parts

SPDX = get_spdx_licensing()
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def cyclonedx() -> Any:
    """The validator of CycloneDX. Its import and its making take seconds, so only who needs it does so."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from jsonschema import Draft7Validator

    # The images share most of their parts, and the check of one address takes milliseconds.
    for kind in ("iri", "iri-reference"):
        check, raises = Draft7Validator.FORMAT_CHECKER.checkers[kind]
        Draft7Validator.FORMAT_CHECKER.checks(kind, raises)(functools.cache(check))
    return JsonStrictValidator(SchemaVersion.V1_6)


def stored(image: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(sbom_file(image).read_text())
    return loaded


def licence_in(component: dict[str, Any]) -> str:
    [licence] = component["licenses"]
    return str(licence.get("expression") or licence["license"].get("id") or licence["license"]["name"])


def target_of(image: str) -> str:
    [_, after] = DOCKERFILE.split(f"\nFROM base AS {image}\n")
    return after.split("\nFROM ")[0]


@pytest.mark.parametrize("image", TARGETS)
def test_every_locked_package_is_in_notice_and_sbom_with_its_licence(image: str) -> None:
    lines = set(re.findall(r"^  ([a-z0-9-]+ [^ :]+): ([^(\n]+?)(?: \(|$)", NOTICE.read_text(), re.MULTILINE))
    noticed = dict(lines)
    components = {each.get("purl"): each for each in stored(image)["components"]}
    assert locked_packages(image)
    for name, version in locked_packages(image).items():
        licence = licence_in(components[f"pkg:pypi/{name}@{version}"])
        assert SPDX.validate(licence).errors == [], f"{name}: {licence}"
        assert {name.strip() for name in re.split(r" AND | OR ", licence)} == {
            name.strip() for name in re.split(r" AND | OR ", noticed[f"{name} {version}"])
        }


@pytest.mark.parametrize("image", TARGETS)
def test_an_sbom_is_cyclonedx(cyclonedx: Any, image: str) -> None:
    assert cyclonedx.validate_str(sbom_file(image).read_text()) is None


def test_what_is_no_cyclonedx_is_told(cyclonedx: Any) -> None:
    wrong = {**stored("retry"), "components": [{"name": "x"}]}
    assert cyclonedx.validate_str(json.dumps(wrong)) is not None


@pytest.mark.parametrize("image", TARGETS)
def test_an_image_holds_its_sbom_and_says_where_and_its_label_names_all_licences(image: str) -> None:
    target = target_of(image)
    [path] = re.findall(r'fonoteca\.sbom="([^"]+)"', DOCKERFILE)
    assert f"COPY sbom/{image}.cdx.json {path}\n" in target
    assert f"COPY NOTICE LICENSE {Path(path).parent}/\n" in target
    assert re.findall(rf'{re.escape(LABEL)}="([^"]*)"', target) == [licence_of_image(image)]
    assert SPDX.validate(licence_of_image(image).replace(f"{DEBIAN} AND ", "")).errors == []
    assert {"!NOTICE", "!LICENSE", "!sbom"} <= set((ROOT / ".dockerignore").read_text().splitlines())


@pytest.mark.parametrize("licence", ["GPL-3.0-or-later", "GPL-2.0-or-later", "LGPL-3.0-or-later"])
def test_the_scrapers_image_says_gpl_and_the_others_do_not(licence: str) -> None:
    having = {image for image in TARGETS if licence in re.split(r" AND ", licence_of_image(image))}
    assert having == {"scraper"}
    assert licence in NOTICE.read_text()


def test_a_package_that_was_locked_and_not_written_down_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    monkeypatch.setattr(parts, "ROOT", tmp_path)
    same = {path for path, text in licence_files().items() if path.read_text() == text}
    assert same == set(licence_files())
    with (tmp_path / "requirements/retry.txt").open("a") as file:
        file.write(f"mutagen=={locked_packages('scraper')['mutagen']} \\\n    --hash=sha256:0\n")
    changed = {path for path, text in licence_files().items() if path.read_text() != text}
    assert changed == {NOTICE, ROOT / "Dockerfile", sbom_file("retry")}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("no-such-package==1.0", "locked and not installed"),
        ("rich==1.0", "is installed"),
        ("imageio-ffmpeg==0.0.1", "is installed"),
    ],
)
def test_what_is_not_installed_as_it_is_locked_has_no_licence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, told: str
) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/retry.txt").write_text(f"{line}\n")
    monkeypatch.setattr(parts, "ROOT", tmp_path)
    with pytest.raises(UnknownLicence, match=told):
        python_parts("retry")


def package(folder: Path, **fields: str) -> Distribution:
    """A package that is installed with this metadata."""
    metadata = Message()
    for name, value in {"Name": "x", "Version": "1", **fields}.items():
        metadata[name.replace("_", "-")] = value
    home = folder / "x-1.dist-info"
    home.mkdir()
    (home / "METADATA").write_text(metadata.as_string())
    return PathDistribution(home)


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License_Expression": "MIT AND ISC", "License": "BSD"}, "MIT AND ISC"),
        ({"License": "Apache 2.0"}, "Apache-2.0"),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
    ],
)
def test_a_licence_is_read_from_what_a_package_says(tmp_path: Path, fields: dict[str, str], licence: str) -> None:
    assert licence_of("x", package(tmp_path, **fields)) == licence


@pytest.mark.parametrize(
    "fields",
    [
        *({}, {"License": "UNKNOWN"}, {"License": "BSD"}, {"License": "LGPL"}),
        {"Classifier": "License :: OSI Approved :: BSD License"},
    ],
)
def test_a_licence_that_nobody_said_is_no_licence(tmp_path: Path, fields: dict[str, str]) -> None:
    with pytest.raises(UnknownLicence, match="say it in"):
        licence_of("x", package(tmp_path, **fields))


def test_either_of_two_licences_stays_a_choice() -> None:
    either = parts.Part("python", "a", "1", "MIT OR Apache-2.0", "")
    both = parts.Part("python", "b", "1", "MIT AND ISC", "")
    assert expression_of([either, both], "MIT") == "(MIT OR Apache-2.0) AND ISC AND MIT"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="wheels for other machines hold other builds")
def test_ffmpeg_is_the_one_that_notice_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE", raising=False)
    said = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-version"], capture_output=True, text=True, check=True, env=dict(os.environ)
    ).stdout
    version = locked_packages("scraper")["imageio-ffmpeg"]
    [(_, ffmpeg, licence, source)] = BUNDLED[f"imageio-ffmpeg {version}"]
    assert ffmpeg is not None
    assert ffmpeg in said
    assert source.rpartition("/")[2] in said
    assert ("--enable-gpl" in said, "--enable-version3" in said, licence) == (True, True, "GPL-3.0-or-later")


def test_every_server_that_compose_and_chart_run_has_its_licence() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
    images = [re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", each["image"]) for each in compose if "build" not in each]
    images += re.findall(r"image: (\S+:\S+)", (ROOT / "deploy/k8s/fonoteca/values.yaml").read_text())
    assert {image.rpartition(":")[0] for image in images} == set(SERVERS)
