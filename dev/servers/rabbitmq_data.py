"""The broker's data in a state folder that was copied or moved.

Each quorum queue, and the stream coordinator, stores the absolute path of the folder in which it was created, and reads
and writes there after a restart (RabbitMQ 3.10: `config` of each in `quorum` and `coordination`). In a copy it would
miss its own messages, or write into the original folder. The broker finds all other files by relative paths.
"""

from __future__ import annotations

import re
from pathlib import Path

from dev.state import State, write_private
from shared.errors import Misconfigured

#: RabbitMQ 3.10 starts once in a folder whose path has such a letter, but does not find its queues the next time.
_BEYOND_LATIN_1 = 0x100

#: An Erlang term that contains a path: a string, possibly over several lines, or a list of character codes.
_PATH = r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*|\[[\d,\s]*\]'
_FOLDER = re.compile(rf"(\b(?:wal_)?data_dir\s*=>\s*)({_PATH})")


def adopt_data(state: State) -> None:
    """Point the broker to its data in the present state folder, and note it if the folder was moved.

    No message is lost. If it is interrupted, the next start does the rest.
    Raises Misconfigured for a place where the broker would start only once.
    """
    home = state.subfolder("rabbitmq")
    if not all(ord(character) < _BEYOND_LATIN_1 for character in str(home)):
        raise Misconfigured(
            f"the state folder {state.folder} has a letter in its path with which RabbitMQ cannot find its own data: "
            "choose a path of Latin letters for STATE, or move the folder there, with all that it holds"
        )
    cookie = home / ".erlang.cookie"
    if cookie.exists():
        # A copy may have another mode, and Erlang rejects a cookie that others can read.
        cookie.chmod(0o400)
    configurations = sorted((home / "data").glob("*/*/*/*/config"))
    moved = [file for file in configurations if _lead_home(file)]
    if moved:
        state.note(
            f"this state folder was copied or moved: RabbitMQ finds its messages in {state.folder} from now on "
            f"({len(moved)} queues); what they lack, the retry service requests again from the catalog"
        )


def _lead_home(configuration: Path) -> bool:
    """Set the path in a queue's configuration to its present folder. Returns whether it was another one."""
    text = _decoded(configuration.read_bytes())
    home = str(configuration.parent.parent)
    elsewhere = any(_path(term) != home for _, term in _FOLDER.findall(text))
    # Erlang cannot read back a path with an accent that it wrote itself.
    if elsewhere or not text.isascii():
        write_private(configuration, _FOLDER.sub(lambda found: found[1] + erlang_string(home), text))
    return elsewhere


def _decoded(written: bytes) -> str:
    try:
        return written.decode()
    except UnicodeDecodeError:
        return written.decode("latin-1")


def _path(term: str) -> str:
    """Return the path in an Erlang term."""
    if term.startswith("["):
        return "".join(chr(int(number)) for number in re.findall(r"\d+", term))
    text = re.sub(r'"\s*"', "", term)[1:-1]
    text = re.sub(r"\\x\{([0-9A-Fa-f]+)\}", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\\(.)", r"\1", text)


def erlang_string(text: str) -> str:
    """Return an Erlang string in ASCII only, independent of the encoding in which the file is read."""
    written = (c if " " <= c <= "~" and c not in '"\\' else f"\\x{{{ord(c):x}}}" for c in text)
    return f'"{"".join(written)}"'
