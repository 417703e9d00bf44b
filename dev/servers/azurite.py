"""Azurite, Microsoft's emulator of Azure Blob Storage, with a generated account and a generated SAS token."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta

from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from dev.install import AZURITE
from dev.processes.program import Program, answers_tcp
from dev.state import State

ACCOUNT = "fonoteca"


def azurite(state: State) -> tuple[list[Program], dict[str, str]]:
    """Return the emulator, and the variables that lead clients to it."""
    port = state.port("azurite")
    key = state.keep_secret("azurite", account_key())
    command = [
        # The mirror yields to fetching and encoding, as the sync service does (SYNC_NICENESS).
        *("nice", "-n", "10"),
        str(AZURITE),
        *("--blobHost", "127.0.0.1"),
        *("--blobPort", str(port)),
        *("--location", str(state.subfolder("azurite"))),
        "--silent",
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--disableProductStyleUrl",
    ]
    program = Program("azurite", command, answers_tcp(port), {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"})
    return [program], {
        "AZURE_ACCOUNT_URL": f"http://127.0.0.1:{port}/{ACCOUNT}",
        "AZURE_SAS_TOKEN": sas_token(key),
        "AZURE_CONTAINER": "fonoteca",
    }


def account_key() -> str:
    """Return a new account key, in base64."""
    return base64.b64encode(secrets.token_bytes(64)).decode()


def sas_token(key: str) -> str:
    """Return a token for the account with this key, which has the mirror's rights for a year."""
    return generate_account_sas(
        ACCOUNT,
        key,
        ResourceTypes(container=True, object=True),
        AccountSasPermissions(
            read=True, write=True, delete=True, list=True, add=True, create=True, delete_previous_version=True
        ),
        expiry=datetime.now(UTC) + timedelta(days=365),
    )
