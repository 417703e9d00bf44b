"""Starts a program in a sandbox: no network, only named files, bounded memory and disk.

This file imports nothing of ours: an isolated Python (`python -I -S sandbox.py`) runs it in about 10 ms. It restricts
itself and then executes the program, so that no code runs between fork and exec in the service, which has threads.

    sandbox.py [--read FILE]… [--write FILE]… [--memory BYTES] [--file-size BYTES] [--no-files] -- PROGRAM ARGUMENT…
    sandbox.py --walls        prints which restrictions this kernel offers to an unprivileged process

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

#: Exit code if the program cannot be started, as in a shell.
NOT_STARTED = 127
#: Names of the restrictions, as `--walls` prints them.
NO_CALLS, NO_INTERFACES, FILES = "seccomp", "namespace", "landlock"

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

#: Machine → its AUDIT_ARCH and the system calls that are refused: socket, connect, bind, sendto, sendmsg; calls that
#: inspect other processes (ptrace, process_vm_readv, process_vm_writev, pidfd_getfd); and io_uring_setup, which would
#: bypass the filter.
_CALLS: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (0xC000003E, (41, 42, 49, 44, 46, 101, 310, 311, 438, 425)),
    "aarch64": (0xC00000B7, (198, 203, 200, 206, 211, 117, 270, 271, 438, 425)),
}
#: First system call number of x32, the second ABI of x86_64, where the same calls have other numbers.
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ERRNO with EACCES

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
#: Number of file rights in each version of the Landlock ABI, from version 1.
_FILE_RIGHTS = (13, 14, 15, 15, 16)
#: Where shared libraries are installed.
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/urandom")

_libc = ctypes.CDLL(None, use_errno=True)


def _no_new_rights() -> bool:
    return bool(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def _refuse_calls() -> bool:
    """Install a seccomp filter against connections. Returns whether it is active."""
    known = _CALLS.get(os.uname().machine)
    if known is None or not _no_new_rights():
        return False
    arch, numbers = known
    program = [
        (_LOAD, 0, 0, 4),  # arch
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),  # nr
        # A match jumps to the last line, the refusal.
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
    """Move to a network namespace whose only interface, loopback, is down. Returns whether the kernel allows it."""
    return bool(_libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def refuse_network() -> str | None:
    """Remove network access from this process and its children. Returns the restriction used; None if none works."""
    if _refuse_calls():
        return NO_CALLS
    return NO_INTERFACES if _leave_network() else None


def refuse_files(program: str, read: list[str], write: list[str]) -> str | None:
    """Restrict this process to the named files. Returns the restriction used; None if the kernel offers none."""
    abi = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if abi < 1 or not _no_new_rights():
        return None
    rights = (1 << _FILE_RIGHTS[min(abi, len(_FILE_RIGHTS)) - 1]) - 1
    # ABI 4 and later also refuse TCP, ABI 6 and later signals and abstract sockets.
    attributes = struct.pack("QQQ", rights, 3, 3)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = _libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return None
    real = os.path.realpath(program)
    own_libraries = os.path.join(os.path.dirname(os.path.dirname(real)), "lib")
    for path in (*_LIBRARIES, own_libraries, real):
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


def _limit(kind: int, maximum: int) -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (maximum, maximum))


def main(arguments: list[str]) -> None:
    """Apply the restrictions in `arguments` to this process, then execute the program."""
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
            # Python ignores SIGXFSZ, and its children inherit that: a write beyond the limit fails with EFBIG.
            _limit(resource.RLIMIT_DATA if option == "--memory" else resource.RLIMIT_FSIZE, int(next(given)))
    _limit(resource.RLIMIT_CORE, 0)
    if with_files:
        refuse_files(command[0], lists["--read"], lists["--write"])
    refuse_network()
    # Last: changes of credentials reset the parent death signal.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        os.execv(command[0], command)  # noqa: S606  # replacing this process is the purpose of this file
    except OSError as error:
        sys.stderr.write(f"{command[0]} could not be started: {error.strerror}\n")
        os._exit(NOT_STARTED)


if __name__ == "__main__":
    main(sys.argv[1:])
