"""rclone, which copies objects between stores, over the stores of a stack.

Source of its settings: https://rclone.org/s3/ and https://rclone.org/azureblob/
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from bench.measuring import Used, measured_run
from dev.install import VENV_BENCH
from dev.stack import Stack

#: Objects copied at once, and checked at once.
AT_ONCE = 16


def rclone(stack: Stack, *arguments: str) -> Used:
    """Run rclone with the remotes `s3:` and `azure:`. Returns what it used. Raises CalledProcessError if it fails."""
    return measured_run([_program(), *arguments, "--config", os.devnull], {**os.environ, **_remotes(stack.exports)})


def copy(stack: Stack, container: str) -> Used:
    """Copy the bucket into a container of Azure, which may have to be created. Names have three characters or more."""
    bucket = stack.exports.get("MINIO_BUCKET", "fonoteca")
    rclone(stack, "mkdir", f"azure:{container}")
    return rclone(stack, "copy", f"s3:{bucket}", f"azure:{container}", "--transfers", str(AT_ONCE))


def check(stack: Stack, container: str) -> Used:
    """Compare the bucket with a container by sizes and MD5s."""
    bucket = stack.exports.get("MINIO_BUCKET", "fonoteca")
    return rclone(stack, "check", f"s3:{bucket}", f"azure:{container}", "--checkers", str(AT_ONCE))


def empty(stack: Stack, container: str) -> None:
    """Delete all blobs of a container."""
    rclone(stack, "delete", f"azure:{container}", "--checkers", str(AT_ONCE))


def _program() -> str:
    program = VENV_BENCH / "bin/rclone"
    if not program.exists():
        raise FileNotFoundError(f"{program} is missing: `make bench` installs it, or python3 dev/install.py --bench")
    return str(program)


def _remotes(exports: Mapping[str, str]) -> dict[str, str]:
    account = exports["AZURE_ACCOUNT_URL"]
    return {
        "RCLONE_CONFIG_S3_TYPE": "s3",
        "RCLONE_CONFIG_S3_PROVIDER": "Minio",
        "RCLONE_CONFIG_S3_ENDPOINT": f"http://{exports['MINIO_ENDPOINT']}",
        "RCLONE_CONFIG_S3_ACCESS_KEY_ID": exports["MINIO_ACCESS_KEY"],
        "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY": exports["MINIO_SECRET_KEY"],
        "RCLONE_CONFIG_AZURE_TYPE": "azureblob",
        # An account's token opens all containers.
        "RCLONE_CONFIG_AZURE_SAS_URL": f"{account}?{exports['AZURE_SAS_TOKEN'].lstrip('?')}",
    }
