"""The README's example is run as it stands there. Its commands: tests/contract/pages/test_commands_exist.py."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

from cli.api.client import Client
from dev.install import ROOT
from dev.stack import Stack
from tests.e2e.pipeline import when_ended

README = (ROOT / "README.md").read_text()


def test_the_amqp_example_does_what_the_command_line_does(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    [example] = re.findall(r"test_readme\.py\. -->\n```sh\n(.*?)```", README, re.DOTALL)
    url = add_to_site("PLreadmelist1", [{"id": "readmevide1", "title": "From the README"}])
    script = example.replace(". .stack/env", f". {stack.env_file}")
    script = script.replace("https://www.youtube.com/playlist?list=PLxxxxxxxxxxxxxxxx", url)
    assert url in script
    assert str(stack.env_file) in script
    done = subprocess.run(["sh", "-euc", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    [video] = when_ended(client, "youtube:PLreadmelist1", videos=1)
    assert (video["id"], video["state"]) == ("youtube:readmevide1", "stored")
    by_message = client.playlist("youtube:PLreadmelist1")
    by_api = client.submit(url)
    assert by_api["id"] == by_message["id"]
    assert by_api["url"] == by_message["url"]


def test_every_file_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
