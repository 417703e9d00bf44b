"""Writes NOTICE, the SBOM of each image and the labels of licences in the Dockerfile: `make sbom`."""

from __future__ import annotations

import sys

from dev.install import ROOT
from dev.licences.files import licence_files
from dev.licences.parts import UnknownLicence


def main() -> int:
    try:
        files = licence_files()
    except UnknownLicence as error:
        print(f"sbom: {error}", file=sys.stderr)
        return 1
    for path, text in files.items():
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
