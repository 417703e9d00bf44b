"""The strict S3 server, Ceph's radosgw."""

from __future__ import annotations

from dev.program import Program
from dev.state import State


def rgw(state: State) -> tuple[list[Program], dict[str, str]]:
    raise NotImplementedError
