"""A Kubernetes API server without a cluster: it keeps what it is given, so Helm can install, look up and upgrade."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: Group and version → kinds and their resources, all of a namespace: those that the chart makes.
KINDS = {
    "v1": {"Secret": "secrets", "ConfigMap": "configmaps", "Service": "services", "Pod": "pods"},
    "apps/v1": {"Deployment": "deployments", "StatefulSet": "statefulsets"},
    "batch/v1": {"Job": "jobs", "CronJob": "cronjobs"},
    "policy/v1": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "networking.k8s.io/v1": {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"},
}
Manifest = dict[str, Any]


@dataclass
class Cluster:
    """What the API server holds, by path, and every change that was asked of it."""

    kubeconfig: Path
    objects: dict[str, Manifest] = field(default_factory=dict)
    #: Method and path of each change.
    changes: list[str] = field(default_factory=list)
    #: Path → the last patch of it.
    patches: dict[str, Manifest] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Manifest) -> tuple[int, Manifest]:
        """Status and object for a request."""
        if method == "GET":
            return self._found(path, query)
        self.changes.append(f"{method} {path}")
        if method == "POST":
            path = f"{path}/{body['metadata']['name']}"
            self.objects[path] = body
        elif method == "PUT":
            self.objects[path] = body
        elif method == "PATCH":
            self.patches[path] = body
        elif method == "DELETE":
            return 200, self.objects.pop(path)
        return 200, self.objects[path]

    def _found(self, path: str, query: dict[str, list[str]]) -> tuple[int, Manifest]:
        if (told := discovery(path)) is not None:
            return 200, told
        if path in self.objects:
            return 200, self.objects[path]
        if path.endswith("/secrets"):
            wanted = dict(pair.split("=") for pair in query.get("labelSelector", [""])[0].split(",") if pair)
            items = [each for key, each in self.objects.items() if key.startswith(path + "/")]
            items = [each for each in items if wanted.items() <= each["metadata"].get("labels", {}).items()]
            return 200, {"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": items}
        return 404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}


def discovery(path: str) -> Manifest | None:
    """What a client asks first: the version, groups and resources. None for another path."""
    if path == "/version":
        return {"major": "1", "minor": "32", "gitVersion": "v1.32.0"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(each) for each in KINDS if "/" in each]}
    version = path.removeprefix("/apis/").removeprefix("/api/")
    if version not in KINDS:
        return None
    resources = [
        {
            "name": name,
            "singularName": "",
            "namespaced": True,
            "kind": kind,
            "verbs": ["get", "list", "create", "patch"],
        }
        for kind, name in KINDS[version].items()
    ]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": resources}


def _group(group_version: str) -> Manifest:
    version = {"groupVersion": group_version, "version": group_version.partition("/")[2]}
    return {"name": group_version.partition("/")[0], "versions": [version], "preferredVersion": version}


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """An API server on loopback, and a kubeconfig for it in `folder`."""
    held = Cluster(folder / "kubeconfig")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            status, found = held.answer(self.command, url.path, parse_qs(url.query), body)
            payload = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    held.kubeconfig.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "it", "cluster": {"server": address}}],
                "contexts": [{"name": "it", "context": {"cluster": "it", "user": ""}}],
                "current-context": "it",
            }
        )
    )
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
