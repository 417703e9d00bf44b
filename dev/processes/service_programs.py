"""The service processes and the local site of the native stack, as programs to start."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from dev.install import ROOT
from dev.processes.program import Program, answers_http
from dev.state import State
from shared.runtime.process import STOP_MARGIN_SECONDS
from shared.settings import RuntimeSettings, load
from shared.topology.permissions import ROLES, url_variable
from shared.topology.services import SERVICES

#: Settings without politeness, because the local site is our own.
LOCAL_SITE_PACE = {
    "SCRAPER_REQUEST_INTERVAL_SECONDS": "0",
    "SCRAPER_DOWNLOAD_INTERVAL_SECONDS": "0",
    "SCRAPER_REQUESTS_PER_HOUR": "0",
    "SCRAPER_SUBTITLE_INTERVAL_SECONDS": "0",
}
#: The same, for services that accept submissions.
_LOCAL_SITE_SOURCES = {"SOURCES_RELIST_SECONDS": "0"}


def local_site(state: State) -> tuple[list[Program], dict[str, str]]:
    """Return the emulated YouTube, and the variables that lead clients to it."""
    folder = state.subfolder("site")
    proxy, tls, control = (state.port(f"site-{name}") for name in ("proxy", "tls", "control"))
    command = [sys.executable, "-m", "dev.site", "--folder", str(folder)]
    command += ["--proxy-port", str(proxy), "--tls-port", str(tls), "--control-port", str(control)]
    control_url = f"http://127.0.0.1:{control}"
    program = Program("site", command, answers_http(f"{control_url}/"), {"PYTHONPATH": str(ROOT)})
    return [program], {
        "FONOTECA_SITE_PROXY": f"http://127.0.0.1:{proxy}",
        "FONOTECA_SITE_CA": str(folder / "ca.pem"),
        "FONOTECA_SITE_CONTROL": control_url,
    }


def services(
    state: State, exports: Mapping[str, str], settings: Mapping[str, str], names: tuple[str, ...] = SERVICES
) -> tuple[list[Program], dict[str, str]]:
    """Return the service processes. `exports`: the servers' addresses; `settings`: changes of the defaults.

    A name such as `scraper-2` means another replica.
    """
    programs: list[Program] = []
    found: dict[str, str] = {}
    for name in names:
        service = name.partition("-")[0]
        port = state.port(f"{name}-metrics")
        variable = name.upper().replace("-", "_")
        found[f"{variable}_METRICS_URL"] = f"http://127.0.0.1:{port}/metrics"
        environment = {
            **_site_access(exports, service),
            **(_LOCAL_SITE_SOURCES if "FONOTECA_SITE_PROXY" in exports else {}),
            **settings,
            **exports,
            **_broker_access(exports, service),
            "PYTHONPATH": str(ROOT),
            "METRICS_PORT": str(port),
        }
        if service == "api":
            api_port = state.port(name)
            found |= {f"{variable}_URL": f"http://127.0.0.1:{api_port}", "API_KEY": state.secret("api-key", 43)}
            environment |= {"API_PORT": str(api_port), "API_KEY": found["API_KEY"]}
        if service == "scraper":
            environment.setdefault("SCRAPER_WORK_FOLDER", str(state.subfolder("work")))
        command = [sys.executable, "-m", f"services.{service}"]
        ready = answers_http(f"http://127.0.0.1:{port}/readyz")
        programs.append(Program(name, command, ready, environment, stop_seconds=_stop_seconds(environment)))
    return programs, found


def _stop_seconds(environment: Mapping[str, str]) -> float:
    """Return the seconds that a service may take to end: for draining, and for what follows it."""
    given = environment.get("DRAIN_SECONDS") or os.environ.get("DRAIN_SECONDS")
    runtime = load(RuntimeSettings, {"drain_seconds": given} if given else None)
    return runtime.drain_seconds + STOP_MARGIN_SECONDS


def _broker_access(exports: Mapping[str, str], service: str) -> dict[str, str]:
    """Return a service's address of the broker: with its own least-privilege user, if the broker has one."""
    urls = {role: exports[url_variable(role)] for role in ROLES if url_variable(role) in exports}
    if service not in urls:
        return {}
    # Operators sign in as the administrator: .stack/env has RABBITMQ_URL.
    signed_in = [*urls.items(), ("audit", exports["RABBITMQ_URL"])]
    users = ",".join(f"{role}={urlsplit(url).username}" for role, url in signed_in)
    return {"RABBITMQ_URL": urls[service], "RABBITMQ_DECLARE": "false", "RABBITMQ_USERS": users}


def _site_access(exports: Mapping[str, str], service: str) -> dict[str, str]:
    """Return the proxy and certificate authority through which the scraper reaches the local site, if there is one."""
    if service != "scraper" or "FONOTECA_SITE_PROXY" not in exports:
        return {}
    proxy = exports["FONOTECA_SITE_PROXY"]
    return {
        **LOCAL_SITE_PACE,
        "https_proxy": proxy,
        "HTTPS_PROXY": proxy,
        "SSL_CERT_FILE": exports["FONOTECA_SITE_CA"],
    }
