"""Brings up docker-compose.yml with two scrapers and the local site, and runs the demo's playlist through it.

python -m dev.compose_check                needs a running Docker engine, and the images of `make images`
python -m dev.compose_check --stand-ins    builds stand-ins for the server images, where no registry can be reached

Exit code 0 means: queues and least-privilege users were created, every container became healthy, every video ended
as expected with equal bytes in both stores, the audit found nothing wrong, Prometheus reached every replica (with
stand-ins), and every service ended cleanly.
"""

from __future__ import annotations

import argparse
import contextlib
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from cli.api.client import Address, Client
from cli.errors import CliError
from dev.checks.archive_check import check_video
from dev.compose_check.project import CheckFailed, Project
from dev.demo.playlist import PLAYLIST_ID, demo_videos
from dev.demo.run import LOCAL_LIMIT_SECONDS, QUICK, judge, print_attempts, print_results, wait_until_done
from dev.images import NoImages, docker
from dev.install import ROOT
from dev.processes.program import ProgramFailed
from dev.processes.service_programs import LOCAL_SITE_PACE
from dev.servers.azurite import account_key, sas_token
from dev.site.client import add_playlist
from dev.stack import interrupt_on_signals
from shared.topology.permissions import ROLES, url_variable
from shared.topology.services import SERVICES

FOLDER = Path(__file__).parent
#: Variable of docker-compose.yml → the target of our Dockerfile that replaces the image.
STAND_INS = {
    "RABBITMQ_IMAGE": "rabbitmq",
    "MONGO_IMAGE": "mongo",
    "S3_IMAGE": "s3",
    "AZURITE_IMAGE": "azurite",
    "PROMETHEUS_IMAGE": "prometheus",
    "ALERTMANAGER_IMAGE": "alertmanager",
}
SCRAPERS = 2

console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dev.compose_check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stand-ins", action="store_true", help="make the server images instead of pulling them")
    given = parser.parse_args()
    interrupt_on_signals()
    try:
        with tempfile.TemporaryDirectory(prefix="fonoteca-compose-") as folder:
            return run(Path(folder), stand_ins=given.stand_ins)
    except (NoImages, CheckFailed, ProgramFailed, CliError) as error:
        print(f"compose-check: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("compose-check: stopped", file=sys.stderr)
        return 130


def run(folder: Path, *, stand_ins: bool) -> int:
    """Run the whole check. Returns the exit code."""
    settings = {**QUICK, **LOCAL_SITE_PACE, **ports_and_secrets()}
    with step("images of the local site" + (" and stand-ins for the servers'" if stand_ins else "")):
        build("site", "fonoteca-site:check")
        for variable, target in STAND_INS.items() if stand_ins else ():
            settings[variable] = build(target, f"fonoteca-stand-in-{target}:check")
    project = Project(folder, settings, [ROOT / "docker-compose.yml", FOLDER / "compose.yml"])
    with project:
        with step("docker compose run topology"):
            project.up(["rabbitmq"])
            check_tuning(project)
            project.run("topology")
        with step(f"docker compose up, {SCRAPERS} scrapers, until all are healthy"):
            project.up([*SERVICES, *(["prometheus", "alertmanager"] if stand_ins else [])])
        with step("a playlist, from its submission to the mirror"):
            wrong = run_playlist(project, settings)
        with step("docker compose run audit"):
            project.run("audit")
        if stand_ins:
            with step("Prometheus has every replica"):
                project.wait_for_targets({**dict.fromkeys(SERVICES, 1), "scraper": SCRAPERS, "rabbitmq": 1})
        with step("docker compose stop"):
            project.stop_cleanly(SERVICES)
    return 1 if wrong else 0


def ports_and_secrets() -> dict[str, str]:
    """Return the lines of .env: credentials, and a free port of loopback for each published one."""
    names = (
        *("RABBITMQ_PASSWORD", "MONGO_PASSWORD", "MONGO_ROOT_PASSWORD"),
        *("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "API_KEY"),
    )
    ports = ("API_PUBLISHED_PORT", "PROMETHEUS_PUBLISHED_PORT", "ALERTMANAGER_PUBLISHED_PORT")
    generated = {name: secrets.token_hex(24) for name in names}
    users = {url_variable(r): f"amqp://{r}:{secrets.token_hex(24)}@rabbitmq:5672/fonoteca" for r in ROLES}
    return {
        **generated,
        **users,
        **dict.fromkeys(ports, "0"),
        "AZURE_ACCOUNT_KEY": account_key(),
        "RABBITMQ_DECLARE": "false",
        "RABBITMQ_USERS": ",".join(f"{role}={role}" for role in ROLES),
        "SCRAPER_REPLICAS": str(SCRAPERS),
    }


def build(target: str, tag: str) -> str:
    """Build a target of our Dockerfile. Returns its tag."""
    file = str(FOLDER / "Dockerfile")
    docker("build", "--network", "host", "--file", file, "--target", target, "--tag", tag, str(ROOT), quiet=True)
    return tag


def check_tuning(project: Project) -> None:
    """Raise CheckFailed unless the broker read the configuration that docker-compose.yml mounts."""
    found = project.ask("rabbitmq", "rabbitmqctl", "--quiet", "environment")
    tuned = ("{consumer_timeout,7200000}", "{dead_letter_worker_consumer_prefetch,512}", "{max_message_size,16777216}")
    for wanted in tuned:
        if wanted not in found:
            raise CheckFailed(f"RabbitMQ did not read its mounted configuration: {wanted} is not in its environment")


def run_playlist(project: Project, settings: dict[str, str]) -> dict[str, str]:
    """Run the demo's playlist. Returns what is wrong with the final states of its videos."""
    exports = {
        "FONOTECA_SITE_CONTROL": f"http://{project.address('site', 8080)}",
        "MINIO_ENDPOINT": project.address("s3", 9000),
        "MINIO_BUCKET": "fonoteca",
        "MINIO_SECURE": "false",
        "MINIO_ACCESS_KEY": settings["MINIO_ACCESS_KEY"],
        "MINIO_SECRET_KEY": settings["MINIO_SECRET_KEY"],
        "AZURE_ACCOUNT_URL": f"http://{project.address('azurite', 10000)}/fonoteca",
        "AZURE_CONTAINER": "fonoteca",
        "AZURE_SAS_TOKEN": sas_token(settings["AZURE_ACCOUNT_KEY"]),
    }
    videos = demo_videos()
    url = add_playlist(exports, PLAYLIST_ID, [video.site for video in videos], title="Fonoteca demo")
    client = Client(Address(f"http://{project.address('api', 8000)}", settings["API_KEY"]))
    playlist_id = client.submit(url)["id"]
    wait_until_done(client, playlist_id, project.died, LOCAL_LIMIT_SECONDS)
    found = list(client.videos(playlist=playlist_id))
    checks = {video["id"]: check_video(video, exports) for video in found if video["state"] == "stored"}
    wrong = judge(found, checks, {f"youtube:{video.site['id']}": video for video in videos})
    print_results(found, checks, wrong)
    print_attempts(client, found)
    return wrong


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Print the name of a step, and how long it took."""
    console.print(f"compose-check: {name} …", markup=False)
    began = time.monotonic()
    yield
    console.print(f"compose-check: {name}: {time.monotonic() - began:.0f} s", markup=False)


if __name__ == "__main__":
    sys.exit(main())
