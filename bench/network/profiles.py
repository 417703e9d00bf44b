"""Networks that are known exactly, and what a player does on them, worked by hand.

The player starts with 2.0 s of media, stalls at 0.1 s, and plays again above 1.0 s. Media is equally dense everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """Bytes that come at a rate, after a pause."""

    size: int
    #: Bytes per second.
    rate: int
    #: Seconds before its first byte.
    pause: float = 0.0


@dataclass(frozen=True)
class Profile:
    """A network, and the recording that comes through it."""

    name: str
    #: Seconds before the first byte of media.
    first_byte: float
    phases: tuple[Phase, ...]
    #: Seconds of the whole recording.
    duration: float
    #: Seconds of each stall, by hand.
    stalls: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the whole recording."""
        return sum(phase.size for phase in self.phases)

    @property
    def rate(self) -> float:
        """Bytes per second, from the first byte to the last, pauses included."""
        return self.size / sum(phase.pause + phase.size / phase.rate for phase in self.phases)


PROFILES = (
    Profile("fast", 0.0, (Phase(1_000_000, 1_000_000),), 20),
    Profile("with a first byte after 300 ms", 0.3, (Phase(1_000_000, 1_000_000),), 20),
    Profile("with a first byte after 1.5 s", 1.5, (Phase(500_000, 500_000),), 10),
    Profile("very fast", 0.05, (Phase(20_000_000, 20_000_000),), 600),
    # 100 kB are a second of media. It starts at 0.8 s; at 1.2 s 3.0 s have come and 0.4 s are played, so that a tenth
    # is left at 3.7 s. Media comes again from 4.2 s on, 2.5 s of it a second: the missing 0.9 s take until 4.56 s.
    Profile("with a pause of 3 s", 0.0, (Phase(300_000, 250_000), Phase(500_000, 250_000, pause=3.0)), 8, (0.86,)),
    # As before up to 4.56 s, where 3.9 s have come and 2.9 s are played. At 5.0 s 5.0 s have come and 3.34 s are
    # played; a tenth is left at 6.56 s; the missing 0.9 s come from 7.0 s on, until 7.36 s.
    Profile(
        "with two pauses",
        0.0,
        (Phase(300_000, 250_000), Phase(200_000, 250_000, pause=3.0), Phase(500_000, 250_000, pause=2.0)),
        10,
        (0.86, 0.80),
    ),
    # Half as fast as it plays. It starts at 4.0 s, a tenth is left at 7.8 s, one second at 9.6 s; then again at 11.4 s
    # and 13.2 s, and at 15.0 s, until all has come at 16.0 s.
    Profile("half as fast as the media", 0.0, (Phase(800_000, 50_000),), 8, (1.8, 1.8, 1.0)),
    Profile("slow at its start", 0.1, (Phase(50_000, 50_000), Phase(1_000_000, 1_000_000)), 21),
)
#: As fast as this machine can.
FULL = Profile("at full speed", 0.0, (Phase(200_000_000, 10**10),), 600)
