"""The strict S3 server: Ceph's radosgw over one monitor and one file-backed store. It verifies every signature.

All programs share one private configuration: no authentication inside the cluster, one copy of each object.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from pathlib import Path

from dev.processes.program import Program, answers_tcp
from dev.servers.ministack import s3_exports
from dev.state import State

#: Bytes of the file that serves as the disk. It is sparse, so it takes only what is stored.
DISK_BYTES = 10 * 2**30
#: Seconds for one administrative command.
COMMAND_SECONDS = 120


def rgw(state: State) -> tuple[list[Program], dict[str, str]]:
    """Return monitor, store and gateway, and the variables that lead clients to the gateway.

    The monitor must run before the store can be created, so the programs prepare themselves when they start.
    """
    home = state.subfolder("ceph")
    port, monitor_port = state.port("s3"), state.port("ceph-mon")
    access_key, secret_key = state.secret("s3-access-key"), state.secret("s3-secret-key", 40)
    configuration = home / "ceph.conf"
    fsid = state.keep_secret("ceph-fsid", str(uuid.uuid4()))
    configuration.write_text(_configuration(home, fsid, monitor_port, port))
    if not (home / "mon" / "store.db").exists():
        _make_monitor(home, configuration, fsid, monitor_port)
    _lead_to_port(home, configuration, monitor_port)
    store_id = state.keep_secret("ceph-store-id", str(uuid.uuid4()))
    prepare = _Preparation(home, configuration, store_id, (access_key, secret_key))
    common = ["--conf", str(configuration), "--foreground"]
    programs = [
        Program("ceph-mon", ["ceph-mon", *common, "--id", "a"], prepare.monitor_ready),
        Program(
            "ceph-osd", [*_when_exists(home / "store-made"), "ceph-osd", *common, "--id", "0"], prepare.store_ready
        ),
        Program(
            "s3",
            [*_when_exists(home / "user-made"), "radosgw", *common, "--name", "client.rgw"],
            answers_tcp(port),
        ),
    ]
    return programs, s3_exports(port, access_key, secret_key)


def _configuration(home: Path, fsid: str, monitor_port: int, port: int) -> str:
    return f"""\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{monitor_port}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind msgr1 = false
auth cluster required = none
auth service required = none
auth client required = none
auth supported = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
osd crush chooseleaf type = 0
# By default the monitor gathers changes for 1 s: making the gateway's pools would take 13 s.
paxos propose interval = 0.05
paxos min wait = 0.02
run dir = {home}/run
admin socket = {home}/run/$name.asok
pid file =
# To the stack's logs, which are kept small.
log to file = false
log to stderr = true
err to stderr = true
crash dir = {home}/run
exporter sock dir = {home}/run
[mon.a]
mon data = {home}/mon
mon addr = 127.0.0.1:{monitor_port}
[osd.0]
osd data = {home}/osd
osd objectstore = bluestore
bluestore block size = {DISK_BYTES}
bluestore block create = true
osd memory target = 939524096
# All programs are stopped at once: the monitor cannot take the message, and the store would wait 5 s for it.
osd fast shutdown notify mon = false
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {home}/rgw
# The gateway's default is `secure`, which needs cephx: without cephx it could not talk to the monitor (-13).
ms mon client mode = crc
# After a restart the gateway first tries the store's last address. It asks for the new one after 1 s instead of 10.
objecter tick interval = 1
objecter timeout = 1
# The store has ended before the gateway signs off, so it would wait forever. What it acknowledged is stored.
rgw exit timeout secs = 2
# Each change would be announced to all caches, also that of the gateway before a restart, which takes 28 s in vain.
rgw cache enabled = false
rgw enable usage log = false
"""


def _run(*command: str) -> str:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True
    )
    return done.stdout


def _make_monitor(home: Path, configuration: Path, fsid: str, port: int) -> None:
    for name in ("run", "rgw"):
        (home / name).mkdir(exist_ok=True)
    shutil.rmtree(home / "mon", ignore_errors=True)
    monitors = home / "monmap"
    monitors.unlink(missing_ok=True)
    _run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{port}]", str(monitors))
    _run("ceph-mon", "--conf", str(configuration), "--mkfs", "--id", "a", "--monmap", str(monitors))


def _lead_to_port(home: Path, configuration: Path, port: int) -> None:
    """Give a monitor another port if its own is taken, for example by the stack from which this folder was copied."""
    monitors, address = home / "monmap", f"[v2:127.0.0.1:{port}]"
    if monitors.exists() and f"[v2:127.0.0.1:{port}/" in _run("monmaptool", "--print", str(monitors)):
        return
    monitor = ("ceph-mon", "--conf", str(configuration), "--id", "a")
    _run(*monitor, "--extract-monmap", str(monitors))
    _run("monmaptool", "--rm", "a", str(monitors))
    _run("monmaptool", "--addv", "a", address, str(monitors))
    _run(*monitor, "--inject-monmap", str(monitors))


def _when_exists(file: Path) -> list[str]:
    """Return a prefix that makes a command wait until a file exists."""
    return ["sh", "-c", 'until [ -e "$0" ]; do sleep 0.1; done; exec "$@"', str(file)]


class _Preparation:
    """The steps between the programs' starts. Each is done once; further calls are cheap."""

    def __init__(self, home: Path, configuration: Path, store_id: str, keys: tuple[str, str]) -> None:
        self._home = home
        self._configuration = configuration
        self._ceph = ("ceph", "--conf", str(configuration))
        self._store_id = store_id
        self._keys = keys

    def monitor_ready(self) -> bool:
        """Whether the monitor answers. If so, the store is created unless it exists."""
        try:
            _run(*self._ceph, "--connect-timeout", "3", "mon", "stat")
        except (subprocess.SubprocessError, OSError):
            return False
        made = self._home / "store-made"
        if not made.exists():
            # An interrupted attempt is repeated: the monitor may know the store, and its files may be incomplete.
            shutil.rmtree(self._home / "osd", ignore_errors=True)
            (self._home / "osd").mkdir()
            _run(*self._ceph, "osd", "new", self._store_id, "0")
            common = ("--conf", str(self._configuration), "--id", "0", "--osd-uuid", self._store_id)
            _run("ceph-osd", *common, "--mkfs", "--no-mon-config")
            made.touch()
        return True

    def store_ready(self) -> bool:
        """Whether the store is up. If so, the user is created unless it exists."""
        try:
            if json.loads(_run(*self._ceph, "osd", "stat", "--format", "json"))["num_up_osds"] < 1:
                return False
        except (subprocess.SubprocessError, OSError, ValueError, KeyError):
            return False
        made = self._home / "user-made"
        if not made.exists():
            try:
                self._user("create")
            except subprocess.CalledProcessError:
                # An interrupted attempt created the user.
                self._user("modify")
            made.touch()
        return True

    def _user(self, verb: str) -> None:
        """Create or modify the one user."""
        access_key, secret_key = self._keys
        _run(
            *("radosgw-admin", "--conf", str(self._configuration), "--name", "client.rgw"),
            *("user", verb, "--uid", "fonoteca", "--display-name", "Fonoteca"),
            *("--access-key", access_key, "--secret-key", secret_key),
        )
