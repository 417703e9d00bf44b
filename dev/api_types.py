"""TypeScript types of the API, generated from its OpenAPI document. They check the dashboard's requests."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dev.install import JAVASCRIPT, ROOT

API_TYPES = JAVASCRIPT / "types/openapi.d.ts"
_GENERATOR = JAVASCRIPT / "node_modules/.bin/openapi-typescript"


def api_types(document: str) -> dict[Path, str]:
    """Return the file of types → its text, for an OpenAPI document as JSON.

    Empty if `make setup` has not installed the tools that check JavaScript. Raises ChildProcessError with the
    generator's output if it fails.
    """
    if not _GENERATOR.exists():
        return {}
    # A field with a default may be left out of a request, so a default must not make it required.
    command = [str(_GENERATOR), "--default-non-nullable=false"]
    done = subprocess.run(command, input=document, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        raise ChildProcessError(f"openapi-typescript failed: {done.stderr}")
    return {API_TYPES: done.stdout}
