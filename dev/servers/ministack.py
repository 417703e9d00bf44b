"""The light S3 server, ministack: ready in 0.2 s, but it does not check the secret of signed headers."""

from __future__ import annotations

from dev.install import SERVERS_BIN
from dev.processes.program import Program, answers_tcp
from dev.state import State


def ministack(state: State) -> tuple[list[Program], dict[str, str]]:
    """The server, and the variables that lead clients to it."""
    port = state.port("s3")
    access_key, secret_key = state.secret("s3-access-key"), state.secret("s3-secret-key", 40)
    environment = {
        "AUTH": "true",
        "SERVICES": "s3",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state.subfolder("s3")),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
    }
    program = Program("s3", [str(SERVERS_BIN / "ministack")], answers_tcp(port), environment)
    return [program], s3_exports(port, access_key, secret_key)


def s3_exports(port: int, access_key: str, secret_key: str) -> dict[str, str]:
    """Return the variables that lead clients to any S3 server of the stack."""
    return {
        "MINIO_ENDPOINT": f"127.0.0.1:{port}",
        "MINIO_ACCESS_KEY": access_key,
        "MINIO_SECRET_KEY": secret_key,
        "MINIO_BUCKET": "fonoteca",
        "MINIO_SECURE": "false",
    }
