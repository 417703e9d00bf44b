"""Starts a program behind walls: no network, no files but those that are named, no more memory and disk than allowed.

A file of its own that imports nothing of ours: Python runs it bare (`python -I -S confine.py`), in some 10 ms. It
confines itself and then becomes the program, so that nothing runs between a fork and an exec in the service, which has
threads.

    confine.py [--read FILE]… [--write FILE]… [--memory BYTES] [--file-size BYTES] [--no-files] -- PROGRAM ARGUMENT…
    confine.py --walls        prints which walls this kernel lets a process without rights build

Sources: seccomp(2), landlock(7), and the kernel's include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from contextlib import suppress

#: Exit code where the program could not be started, as a shell has it.
NOT_STARTED = 127
#: Names of the walls, as `--walls` prints them.
NO_CALLS, NO_INTERFACES, FILES = "seccomp", "namespace", "landlock"

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

#: By machine: its AUDIT_ARCH, and the numbers of the calls that are refused: socket, connect, bind, sendto, sendmsg,
#: what sees into other processes (ptrace, process_vm_readv, process_vm_writev, pidfd_getfd), and io_uring_setup, by
#: which all of them could be had past the filter.
_CALLS: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (0xC000003E, (41, 42, 49, 44, 46, 101, 310, 311, 438, 425)),
    "aarch64": (0xC00000B7, (198, 203, 200, 206, 211, 117, 270, 271, 438, 425)),
}
#: Numbers from here on are x86_64's other ABI, x32, by which the same calls have other numbers.
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ERRNO with EACCES

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
#: Number of the rights on files that each version of Landlock's ABI knows, from the first.
_FILE_RIGHTS = (13, 14, 15, 15, 16)
#: Where a program's libraries lie.
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/urandom")

_libc = ctypes.CDLL(None, use_errno=True)


def _no_new_rights() -> bool:
    return bool(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def _refuse_calls() -> bool:
    """Let the kernel refuse the calls that make connections. Returns whether it does."""
    known = _CALLS.get(os.uname().machine)
    if known is None or not _no_new_rights():
        return False
    arch, numbers = known
    program = [
        (_LOAD, 0, 0, 4),  # arch
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),  # nr
        # Those that jump go to the last line, the refusal.
        (_AT_LEAST, len(numbers) + 1, 0, _X32),
        *((_EQUAL, len(numbers) - index, 0, number) for index, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    # struct sock_fprog: a length and a pointer.
    filter_ = ctypes.create_string_buffer(struct.pack("HP", len(program), ctypes.addressof(code)))
    return bool(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filter_), 0, 0) == 0)


def _leave_network() -> bool:
    """Go where there is no interface but a loopback that is down. Returns whether the kernel lets us."""
    return bool(_libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def refuse_network() -> str | None:
    """Take the network from this process and all it starts. Returns the wall that stands, None if none could."""
    if _refuse_calls():
        return NO_CALLS
    return NO_INTERFACES if _leave_network() else None


def refuse_files(program: str, read: list[str], write: list[str]) -> str | None:
    """Take all files from this process but those. Returns the wall that stands, None if none could."""
    abi = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if abi < 1 or not _no_new_rights():
        return None
    rights = (1 << _FILE_RIGHTS[min(abi, len(_FILE_RIGHTS)) - 1]) - 1
    # From ABI 4 on it also refuses TCP, from 6 on signals and abstract sockets to the outside.
    attributes = struct.pack("QQQ", rights, 3, 3)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = _libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return None
    real = os.path.realpath(program)
    beside = os.path.join(os.path.dirname(os.path.dirname(real)), "lib")
    for path in (*_LIBRARIES, beside, real):
        _allow(ruleset, path, rights & (_EXECUTE | _READ_FILE | _READ_DIR))
    for path in (*_DEVICES, *read):
        _allow(ruleset, path, rights & _READ_FILE)
    for path in ("/dev/null", *write):
        _allow(ruleset, path, rights & (_READ_FILE | _WRITE_FILE | _TRUNCATE))
    return FILES if _libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0 else None


def _allow(ruleset: int, path: str, rights: int) -> None:
    with suppress(OSError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not os.path.isdir(path):
            rights &= ~_READ_DIR
        _libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, place), 0)
        os.close(place)


def _limit(kind: int, most: int) -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (most, most))


def main(arguments: list[str]) -> None:
    """Confine this process as told, and become the program."""
    if arguments == ["--walls"]:
        walls = (refuse_files(sys.executable, [], []), refuse_network())
        sys.stdout.write(" ".join(wall for wall in walls if wall is not None))
        return
    end = arguments.index("--")
    command = arguments[end + 1 :]
    given = iter(arguments[:end])
    lists: dict[str, list[str]] = {"--read": [], "--write": []}
    with_files = True
    for option in given:
        if option in lists:
            lists[option].append(next(given))
        elif option == "--no-files":
            with_files = False
        else:
            # A program that Python has started ignores SIGXFSZ: a write beyond the limit gets EFBIG.
            _limit(resource.RLIMIT_DATA if option == "--memory" else resource.RLIMIT_FSIZE, int(next(given)))
    _limit(resource.RLIMIT_CORE, 0)
    if with_files:
        refuse_files(command[0], lists["--read"], lists["--write"])
    refuse_network()
    # The last step: what changes the rights of a process forgets it.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        os.execv(command[0], command)  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"{command[0]} could not be started: {error.strerror}\n")
        os._exit(NOT_STARTED)


if __name__ == "__main__":
    main(sys.argv[1:])
