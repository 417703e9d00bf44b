"""Rules for the settings of Azure Blob Storage: the address of an account, and its credentials."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from shared.setting_rules.hosts import is_ip_address
from shared.setting_rules.urls import check_base64, http_address, split

#: Source: https://learn.microsoft.com/azure/storage/common/storage-account-overview#storage-account-name
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
#: Emulators also accept other names.
_EMULATED_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SIGNED = ("sv", "sig")


def account_url(text: str) -> str:
    """Check the address of an account: https://<account>.blob.core.windows.net, or http://host:port/<account>.

    The second form is that of emulators. Returns the address. Raises ValueError.
    """
    parts = split(text, ("http", "https"))
    if parts.query:
        raise ValueError("the part after the ? is a SAS token, which belongs in AZURE_SAS_TOKEN")
    http_address(text, path=True)
    host = parts.netloc.rpartition(":")[0] if re.search(r":\d+$", parts.netloc) else parts.netloc
    segments = [segment for segment in parts.path.split("/") if segment]
    if ".blob." in host:
        if not _ACCOUNT.fullmatch(host.partition(".")[0]):
            raise ValueError("an account name has 3 to 24 lower-case letters and digits")
        if segments:
            raise ValueError("nothing may follow the host; the container belongs in AZURE_CONTAINER")
        return text
    if is_ip_address(host) or "." not in host:
        if len(segments) != 1:
            raise ValueError(
                "the address of an emulator must end with the account name, as in "
                "http://127.0.0.1:10000/devstoreaccount1; the container belongs in AZURE_CONTAINER"
            )
    elif len(segments) > (parts.port is not None):
        raise ValueError("nothing may follow the host; the container belongs in AZURE_CONTAINER")
    if segments and not _EMULATED_ACCOUNT.fullmatch(segments[0]):
        raise ValueError("its path must be an account name: lower-case letters, digits and hyphens")
    return text


def account_key(text: str) -> str:
    """Check the key of an account: base64. Returns it. Raises ValueError."""
    check_base64(text, "an account key")
    return text


def sas_token(text: str) -> str:
    """Check a SAS token: the query of a signed address, with or without its `?`. Returns it. Raises ValueError."""
    if "://" in text:
        raise ValueError("it must be the token alone: the part after the ? in the signed address")
    bare = text.removeprefix("?")
    if not bare.isascii() or not bare.isprintable() or " " in bare or "#" in bare or "?" in bare:
        raise ValueError(
            "a SAS token contains no spaces, and everything except letters, digits and signs is percent-encoded"
        )
    try:
        found = dict(parse_qsl(bare, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        found = {}
    if not all(found.get(name) for name in _SIGNED):
        raise ValueError("a SAS token has the form sv=…&…&sig=…: it must contain at least sv and sig")
    return text


def contradiction(url: str | None, container: str, token: str | None, key: str | None) -> str | None:
    """Describe how these settings contradict each other; None if they do not."""
    if url is None:
        return None
    if token is None and key is None:
        return (
            "AZURE_ACCOUNT_URL is set, but neither AZURE_SAS_TOKEN nor AZURE_ACCOUNT_KEY is: set one of them, or unset "
            "AZURE_ACCOUNT_URL to run without a mirror."
        )
    parts = urlsplit(url)
    if "." in parts.netloc and not is_ip_address(parts.hostname or "") and parts.path.strip("/") == container:
        return "AZURE_ACCOUNT_URL ends with the name of the container, which belongs only in AZURE_CONTAINER."
    allowed = dict(parse_qsl((token or "").removeprefix("?"))).get("spr")
    if allowed == "https" and parts.scheme == "http":
        return "AZURE_SAS_TOKEN is valid only for https (spr=https), but AZURE_ACCOUNT_URL begins with http://."
    return None
