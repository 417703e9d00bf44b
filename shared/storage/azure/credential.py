"""The credential for Azure Blob Storage."""

from __future__ import annotations

from urllib.parse import urlsplit

from azure.core.credentials import AzureNamedKeyCredential

from shared.errors import Misconfigured
from shared.settings import AzureSettings


def credential_of(settings: AzureSettings) -> str | AzureNamedKeyCredential:
    """Return the SAS token, or else the account's key. Raises Misconfigured if there is neither."""
    if settings.sas_token is not None:
        return settings.sas_token.get_secret_value().lstrip("?")
    if settings.account_key is None:
        raise Misconfigured(
            "AZURE_ACCOUNT_URL is set, but neither AZURE_SAS_TOKEN nor AZURE_ACCOUNT_KEY is. Set one of them."
        )
    parts = urlsplit(settings.account_url or "")
    # https://<account>.blob.core.windows.net in the cloud, http://host:port/<account> at an emulator.
    account = parts.path.strip("/") or (parts.hostname or "").split(".")[0]
    return AzureNamedKeyCredential(account, settings.account_key.get_secret_value())
