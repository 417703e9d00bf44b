"""Rules for the addresses of servers: HTTP, AMQP, MongoDB."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, unquote_plus, urlsplit

from shared.setting_rules.hosts import check_host, check_port, host_and_port
from shared.setting_rules.names import check_database_name

_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODE = (
    "in a user name or password, signs must be percent-encoded: : is %3A, / is %2F, ? is %3F, # is %23, @ is %40; "
    "no other part may contain @"
)
#: Maximum bytes of a virtual host's name: AMQP stores its length in one byte.
MAX_VHOST = 255
#: Parameters of an AMQP address that the client reads: numbers, files and folders, and fixed words.
_AMQP_NUMBERS = ("heartbeat", "timeout", "reconnect_interval", "interleave", "happy_eyeballs_delay")
_AMQP_FILES = {"cafile": Path.is_file, "capath": Path.is_dir, "certfile": Path.is_file, "keyfile": Path.is_file}
_AMQP_WORDS = {
    "auth": ("plain", "amqplain", "external"),
    "no_verify_ssl": ("0", "1"),
    "fail_fast": ("0", "1", "true", "false"),
}
#: Options of a MongoDB address: files, and fixed words.
_MONGO_FILES = ("tlscafile", "tlscertificatekeyfile", "tlscrlfile")
_MONGO_WORDS = {
    "tls": ("true", "false"),
    "ssl": ("true", "false"),
    "directconnection": ("true", "false"),
    "retrywrites": ("true", "false"),
    "retryreads": ("true", "false"),
    "authmechanism": (
        *("SCRAM-SHA-1", "SCRAM-SHA-256", "MONGODB-X509", "PLAIN", "GSSAPI", "MONGODB-AWS", "MONGODB-OIDC"),
        "DEFAULT",
    ),
}


def http_address(text: str, *, path: bool = False, user: bool = False) -> str:
    """Check the http(s) address of a server. `path`, `user`: whether it may contain a path, a user and password.

    Returns it. Raises ValueError.
    """
    parts = split(text, ("http", "https"))
    if not user and "@" in parts.netloc:
        raise ValueError("it must not contain a user or password")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise ValueError("it must not contain a query (?) or a fragment (#)")
    if not path and parts.path not in ("", "/"):
        raise ValueError("it must not contain a path: only scheme, host and port, as in http://host:port")
    if any(segment in (".", "..") for segment in parts.path.split("/")) or "//" in parts.path:
        raise ValueError("its path has an empty segment, . or ..")
    return text


def amqp_address(text: str) -> str:
    """Check an address of the form amqp(s)://user:password@host:port/virtual-host?parameters.

    Returns it. Raises ValueError, also for parameters that the client would reject.
    """
    parts = split(text, ("amqp", "amqps"))
    if parts.fragment:
        raise ValueError("a # in the user name, password or virtual host must be written as %23")
    vhost = parts.path.removeprefix("/")
    if "/" in vhost:
        raise ValueError("only one virtual host may follow the host; a / in its name must be written as %2F")
    if len(unquote(vhost).encode()) > MAX_VHOST:
        raise ValueError(f"the virtual host's name may have at most {MAX_VHOST} bytes")
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        _check_amqp_parameter(name, value)
    return text


def _check_amqp_parameter(name: str, value: str) -> None:
    if name in _AMQP_NUMBERS and not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value):
        raise ValueError(f"its parameter {name} must be a number")
    if name in _AMQP_FILES and not _holds(_AMQP_FILES[name], value):
        raise ValueError(f"its parameter {name} names a file or folder that does not exist")
    if name in _AMQP_WORDS and value.lower() not in _AMQP_WORDS[name]:
        raise ValueError(f"its parameter {name} must be one of {', '.join(_AMQP_WORDS[name])}")
    if name == "cadata":
        check_base64(value, "its parameter cadata")


def mongo_address(text: str) -> str:
    """Check an address such as mongodb://user:password@host:port,host:port/database?options, or mongodb+srv://host.

    Returns it. Raises ValueError.
    """
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in ("mongodb", "mongodb+srv"):
        raise ValueError("it must begin with mongodb:// or mongodb+srv://")
    _check_characters(text)
    main, _, query = rest.partition("?")
    place, _, database = main.partition("/")
    user, at, hosts = place.rpartition("@")
    if "@" in database or (at and ("@" in user or user.count(":") > 1 or not user.partition(":")[0])):
        raise ValueError(_ENCODE)
    names = hosts.split(",")
    for name in names:
        _check_mongo_host(name, srv=scheme == "mongodb+srv", alone=len(names) == 1)
    if database:
        try:
            check_database_name(unquote_plus(database))
        except ValueError as error:
            raise ValueError(f"the name after the hosts must be a database name, and {error}") from None
    for name, value in _mongo_options(query):
        if name in _MONGO_FILES and not _holds(Path.is_file, value):
            raise ValueError(f"its option {name} names a file that does not exist")
        if name in _MONGO_WORDS and value not in _MONGO_WORDS[name]:
            raise ValueError(f"its option {name} must be one of {', '.join(_MONGO_WORDS[name])}")
    return text


def _mongo_options(query: str) -> Iterator[tuple[str, str]]:
    for option in re.split("[&;]", query) if query else ():
        name, equals, value = option.partition("=")
        if not (name and equals and value) or "=" in value:
            raise ValueError("the part after the ? must be options of the form name=value, separated by &")
        yield name.lower(), unquote_plus(value)


def _check_mongo_host(name: str, *, srv: bool, alone: bool) -> None:
    if srv and (not alone or ":" in name or name.count(".") < 2):
        raise ValueError("mongodb+srv:// needs exactly one host, such as cluster.example.org, and no port")
    if not name:
        raise ValueError("it names no host, or has a superfluous comma")
    if name.lower().startswith("%2f"):
        if not name.endswith(".sock"):
            raise ValueError("a socket's path must end with .sock")
        return
    host_and_port(name)


def check_base64(text: str, what: str) -> None:
    """Raise ValueError unless this is base64 of at least one byte."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded:
        raise ValueError(f"{what} must be base64: letters, digits, + and /, with = at the end")


def split(text: str, schemes: tuple[str, ...]) -> SplitResult:
    """Split an address into its parts. Raises ValueError for a scheme not in `schemes`, or an invalid host or port."""
    _check_characters(text)
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError("it is not an address; an IPv6 host needs brackets, as in [::1]") from None
    if parts.scheme not in schemes or not text[len(parts.scheme) :].startswith("://"):
        raise ValueError(f"it must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    user, _, place = parts.netloc.rpartition("@")
    if "@" in user + parts.path + parts.query + parts.fragment or user.count(":") > 1:
        raise ValueError(_ENCODE)
    host, bracket, behind = place.rpartition("]")
    name, colon, port = behind.partition(":")
    if ":" in port:
        raise ValueError("an IPv6 address needs brackets, as in [::1]:9000; in a password, @ is %40 and / is %2F")
    check_host(f"{host}{bracket}{name}")
    if colon:
        check_port(port)
    return parts


def _check_characters(text: str) -> None:
    if not text.isascii() or any(letter.isspace() or letter in '\\"<>^`{|}' for letter in text):
        raise ValueError("it contains spaces or other characters that must be percent-encoded")
    if _BAD_PERCENT.search(text):
        raise ValueError("a % must be followed by two hexadecimal digits; the sign itself is written as %25")


def _holds(test: object, path: str) -> bool:
    assert callable(test)
    try:
        return bool(test(Path(path)))
    except (OSError, ValueError):
        return False
