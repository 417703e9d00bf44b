"""Azure Blob Storage: where an account is, and what opens it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from shared.setting_rules.hosts import is_ip_address
from shared.setting_rules.urls import check_base64, http_address, split

#: Source: https://learn.microsoft.com/azure/storage/common/storage-account-overview#storage-account-name
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
#: Emulators take other names too.
_EMULATED_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SIGNED = ("sv", "sig")


def account_url(text: str) -> str:
    """https://<account>.blob.core.windows.net, or http://host:port/<account> of an emulator; nothing behind it."""
    parts = split(text, ("http", "https"))
    if parts.query:
        raise ValueError("what follows the ? is a SAS token, which belongs in AZURE_SAS_TOKEN")
    http_address(text, path=True)
    host = parts.netloc.rpartition(":")[0] if re.search(r":\d+$", parts.netloc) else parts.netloc
    segments = [segment for segment in parts.path.split("/") if segment]
    if ".blob." in host:
        if not _ACCOUNT.fullmatch(host.partition(".")[0]):
            raise ValueError("an account's name has 3 to 24 lower-case letters and digits")
        if segments:
            raise ValueError("nothing follows the host; the container belongs in AZURE_CONTAINER")
        return text
    if is_ip_address(host) or "." not in host:
        if len(segments) != 1:
            raise ValueError(
                "an emulator's address ends with the account's name and nothing else, as in "
                "http://127.0.0.1:10000/devstoreaccount1; the container belongs in AZURE_CONTAINER"
            )
    elif len(segments) > (parts.port is not None):
        raise ValueError("nothing follows the host; the container belongs in AZURE_CONTAINER")
    if segments and not _EMULATED_ACCOUNT.fullmatch(segments[0]):
        raise ValueError("its path must be an account's name: lower-case letters, digits and hyphens")
    return text


def account_key(text: str) -> str:
    """An account's key."""
    check_base64(text, "an account's key")
    return text


def sas_token(text: str) -> str:
    """A SAS token: the query of an address, with its signature."""
    if "://" in text:
        raise ValueError("it must be the token alone: what follows the ? in the address of a shared access signature")
    bare = text.removeprefix("?")
    if not bare.isascii() or not bare.isprintable() or " " in bare or "#" in bare or "?" in bare:
        raise ValueError(
            "a SAS token has no spaces in it, and everything but letters, digits and signs is percent-encoded"
        )
    try:
        found = dict(parse_qsl(bare, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        found = {}
    if not all(found.get(name) for name in _SIGNED):
        raise ValueError("a SAS token has the form sv=…&…&sig=…: it must hold at least sv and sig")
    return text


def contradiction(url: str | None, container: str, token: str | None, key: str | None) -> str | None:
    """What is wrong with these together; None if nothing is."""
    if url is None:
        return None
    if token is None and key is None:
        return (
            "AZURE_ACCOUNT_URL is set, but neither AZURE_SAS_TOKEN nor AZURE_ACCOUNT_KEY is: set one of them, or unset "
            "AZURE_ACCOUNT_URL to be without a mirror."
        )
    parts = urlsplit(url)
    if "." in parts.netloc and not is_ip_address(parts.hostname or "") and parts.path.strip("/") == container:
        return "AZURE_ACCOUNT_URL ends with the container's name, which belongs in AZURE_CONTAINER alone."
    allowed = dict(parse_qsl((token or "").removeprefix("?"))).get("spr")
    if allowed == "https" and parts.scheme == "http":
        return "AZURE_SAS_TOKEN is for https alone (spr=https), but AZURE_ACCOUNT_URL begins with http://."
    return None
