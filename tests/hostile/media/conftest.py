"""What surrounds hostile media: a sound, a local server and a private folder."""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.media.surroundings import Surroundings
from tests.hostile.watching import InnerServer, OpenedFiles


@pytest.fixture(scope="package")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of noise, as an MP3."""
    path = tmp_path_factory.mktemp("sound") / "a.mp3"
    source = ["-f", "lavfi", "-i", "anoisesrc=color=pink:seed=3:sample_rate=48000", "-t", "2", "-b:a", "128k"]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *source, str(path)], check=True)
    return path.read_bytes()


@pytest.fixture
def around(tmp_path: Path, sound: bytes) -> Iterator[Surroundings]:
    folder = tmp_path / "private"
    folder.mkdir()
    with wave.open(str(folder / "secret.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"local secret" * 2667)
    opened = OpenedFiles(folder)
    with InnerServer(sound).running() as inner:
        yield Surroundings(inner, folder / "secret.wav", opened)
    opened.close()
