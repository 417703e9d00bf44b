"""The parts of each image: locked Python packages with what they bundle, and what comes with the base image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Literal
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dev.images import BASE as BASE_IMAGE
from dev.images import TARGETS
from dev.install import ROOT
from dev.licences.known import BASE, BUNDLED, READ_IN_ITS_FILES, TEXTS, VENDORED

_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\]+)", re.MULTILINE)
#: Names of a package's addresses, in order of preference.
_ADDRESSES = ("source", "source code", "repository", "code", "github", "homepage", "home")


class UnknownLicence(RuntimeError):
    """The licence of a part is not recorded; the text says where to record it."""


@dataclass(frozen=True)
class Part:
    """A part of an image. `version` is None for parts of the base image."""

    kind: Literal["python", "bundled", "base"]
    name: str
    version: str | None
    licence: str
    source: str
    #: Names of the Python packages it needs, if it is one.
    needs: tuple[str, ...] = ()


def parts_of(image: str) -> list[Part]:
    """Return everything in an image except Debian's packages, by kind and name. Raises UnknownLicence."""
    return [*base_parts(), *python_parts(image)]


def base_parts() -> list[Part]:
    """Return the parts of every image."""
    python = BASE_IMAGE.partition(":")[2].partition("-")[0]
    return [
        Part("base", name, python if name == "CPython" else None, licence, source) for name, licence, source in BASE
    ]


def python_parts(image: str) -> list[Part]:
    """Return the Python packages that requirements/<image>.txt locks, what they bundle, and code of others in ours.

    Raises UnknownLicence.
    """
    locked = locked_packages(image)
    found: list[Part] = []
    for name, version in sorted(locked.items()):
        found.append(_package(name, version, locked))
        bundled = BUNDLED.get(f"{name} {version}", BUNDLED.get(name, ()))
        if not bundled and any(key.startswith(f"{name} ") for key in BUNDLED):
            raise UnknownLicence(f"{name} is now {version}: say in dev/licences/known.py what that version bundles")
        found += [Part("bundled", *each) for each in bundled]
    return found + [Part("bundled", *each) for each in VENDORED.get(image, ())]


def locked_packages(image: str) -> dict[str, str]:
    """Return name → version of the packages in requirements/<image>.txt."""
    text = (ROOT / f"requirements/{image}.txt").read_text()
    return {canonicalize_name(name): version for name, version in _LOCKED.findall(text)}


def images_with() -> dict[str, list[str]]:
    """Return name of a Python package → the images that contain it."""
    found: dict[str, list[str]] = {}
    for image in TARGETS:
        for name in locked_packages(image):
            found.setdefault(name, []).append(image)
    return found


def _package(name: str, version: str, locked: dict[str, str]) -> Part:
    licence, source, needs = _installed(name, version)
    return Part("python", name, version, licence, source, tuple(sorted(needs & {*locked})))


@cache
def _installed(name: str, version: str) -> tuple[str, str, frozenset[str]]:
    """Return licence, source and dependencies of an installed package. Cached: most packages are in several images."""
    try:
        installed = distribution(name)
    except PackageNotFoundError as error:
        raise UnknownLicence(f"{name} is locked and not installed: `make setup` installs it") from error
    if installed.version != version:
        raise UnknownLicence(f"{name} {version} is locked, {installed.version} is installed: `make setup` renews it")
    needs = frozenset(canonicalize_name(Requirement(line).name) for line in installed.requires or ())
    return licence_of(name, installed), _source(installed), needs


def licence_of(name: str, installed: Distribution) -> str:
    """Return the SPDX expression of a package. Raises UnknownLicence if it is not recorded either."""
    if name in READ_IN_ITS_FILES:
        return READ_IN_ITS_FILES[name]
    if expressions := _told(installed, "License-Expression"):
        return expressions[0]
    for told in (*_told(installed, "License"), *_told(installed, "Classifier")):
        if told in TEXTS:
            return TEXTS[told]
    raise UnknownLicence(f"nobody knows the licence of {name}: read its files, and say it in dev/licences/known.py")


def _told(installed: Distribution, field: str) -> list[str]:
    return list(installed.metadata.get_all(field) or ())


def _source(installed: Distribution) -> str:
    named = dict.fromkeys(("home",), "".join(_told(installed, "Home-page")))
    for line in _told(installed, "Project-URL"):
        name, _, address = line.partition(", ")
        named[name.lower()] = address
    for name in (*_ADDRESSES, *sorted(named)):
        # An address at the package index adds nothing to the package's name.
        if (address := named.get(name, "")) and "pypi" not in (urlsplit(address).hostname or ""):
            return address
    return ""


def expression_of(parts: list[Part], *more: str) -> str:
    """Return one SPDX expression for all parts together, with each licence once."""
    operands: set[str] = set(more)
    for part in parts:
        operands |= {f"({part.licence})"} if " OR " in part.licence else set(part.licence.split(" AND "))
    return " AND ".join(sorted(operands))


def copyleft(parts: list[Part]) -> Iterator[Part]:
    """Yield the parts whose licence requires distributors to offer the source."""
    yield from (part for part in parts if re.search(r"GPL|MPL", part.licence))
