"""A CycloneDX SBOM for each image. It has no time, so that the same packages give the same bytes."""

from __future__ import annotations

import json
import re
import uuid
from importlib.metadata import version
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from dev.images import BASE as BASE_IMAGE
from dev.licences.known import DEBIAN
from dev.licences.parts import Part, expression_of, parts_of

#: The namespace of our SBOMs' serial numbers.
_NAMESPACE = uuid.UUID("6e6c54a2-2f4e-5d35-9a7b-0f3a6f0f6f10")


def sbom(image: str) -> str:
    """Return the SBOM of an image, as JSON. It lists every part except Debian's packages, and states this omission."""
    parts, licences = parts_of(image), LicenseFactory()
    components = {part.name: _component(part, licences) for part in parts}
    own = _own(image, parts, licences)
    bom = Bom(components=[*components.values(), _base(licences)])
    bom.metadata.component = own
    bom.register_dependency(own, bom.components)
    for part in parts:
        bom.register_dependency(components[part.name], [components[name] for name in part.needs])
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    written["metadata"].pop("timestamp")
    written["compositions"] = [{"aggregate": "incomplete", "assemblies": [BASE_IMAGE]}]
    written.pop("serialNumber")
    content = json.dumps(written, sort_keys=True)
    written["serialNumber"] = f"urn:uuid:{uuid.uuid5(_NAMESPACE, content)}"
    return json.dumps(written, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _own(image: str, parts: list[Part], licences: LicenseFactory) -> Component:
    name = f"fonoteca-{image}"
    together = licences.make_from_string(expression_of(parts, "MIT"))
    return Component(
        name=name, version=version("fonoteca"), type=ComponentType.CONTAINER, bom_ref=name, licenses=[together]
    )


def _base(licences: LicenseFactory) -> Component:
    name, _, tag = BASE_IMAGE.partition(":")
    description = "The base image. Debian's packages in it are not listed: /usr/share/doc/*/copyright has their terms."
    return Component(
        name=name,
        version=tag,
        type=ComponentType.CONTAINER,
        bom_ref=BASE_IMAGE,
        description=description,
        licenses=[licences.make_from_string(DEBIAN)],
    )


def _component(part: Part, licences: LicenseFactory) -> Component:
    more: dict[str, Any] = {"version": part.version} if part.version else {}
    if part.kind == "python":
        more["purl"] = PackageURL("pypi", name=part.name, version=part.version)
    if part.source:
        kind = ExternalReferenceType.VCS if re.search(r"git(hub|lab)\.", part.source) else ExternalReferenceType.WEBSITE
        more["external_references"] = [ExternalReference(type=kind, url=XsUri(part.source))]
    return Component(
        name=part.name,
        type=ComponentType.LIBRARY if part.kind == "python" else ComponentType.APPLICATION,
        bom_ref=f"{part.name}@{part.version}" if part.version else part.name,
        licenses=[licences.make_from_string(part.licence)],
        **more,
    )
