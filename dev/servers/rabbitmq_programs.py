"""The paths of the broker's programs: Debian's on this machine, or those below another root folder.

RABBITMQ_SERVER_ROOT names that folder, which contains a newer Debian; `dev.versions.rabbitmq4` creates it. Its
programs run with chroot in their own mount namespace, so no mount outlives them, however they end.
"""

from __future__ import annotations

import os
from pathlib import Path

#: The wrapper in /usr/sbin changes to the user `rabbitmq`; these run as the calling user.
SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
CONTROL = "/usr/lib/rabbitmq/bin/rabbitmqctl"
PLUGINS = "/usr/lib/rabbitmq/bin/rabbitmq-plugins"
#: The variable that names the root folder; without it, this machine's programs are used.
ROOT_VARIABLE = "RABBITMQ_SERVER_ROOT"
#: $0 is the root folder, $1 the broker's folder, which has the same path inside; the rest is the command.
_ENTER = """\
set -e
home=$1; shift
mount --bind /proc "$0/proc"
mount --rbind /dev "$0/dev"
mount -t tmpfs -o mode=1777 fonoteca "$0/tmp"
mkdir -p "$0$home"
mount --bind "$home" "$0$home"
exec chroot "$0" "$@"
"""


def server_root() -> Path | None:
    """Return the root folder of the broker's programs; None if they are this machine's."""
    given = os.environ.get(ROOT_VARIABLE)
    return Path(given).resolve() if given else None


def command_of(program: str, home: Path, *arguments: str) -> list[str]:
    """Return the command for one of the broker's programs. It sees its folder `home` under the same path."""
    root = server_root()
    if root is None:
        return [program, *arguments]
    return ["unshare", "--mount", "--", "sh", "-c", _ENTER, str(root), str(home), program, *arguments]


def plugins_variable() -> dict[str, str]:
    """Return the variable for the broker's plugin folder, if it is not the default one."""
    root = server_root()
    return {} if root is None else {"RABBITMQ_PLUGINS_DIR": f"/{_library(root).relative_to(root)}/plugins"}


def server_version() -> str | None:
    """Return the version of the broker below the root folder, e.g. 4.0.5; None if it is this machine's."""
    root = server_root()
    return None if root is None else _library(root).name.rpartition("-")[2]


def _library(root: Path) -> Path:
    [folder] = root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*")
    return folder
