"""How many videos per day: a small simulation from measured costs, for docs/capacity.md.

    python -m bench.capacity                      the table
    python -m bench.capacity --egresses 3 --cores 8 --minutes 20 --failures 0.3

All videos arrive at once. Every attempt needs the egress (a pace and an hourly budget), a download slot and an encode
slot; a share of the attempts fails for transient reasons and is repeated. The first resource that is always busy is the
bottleneck.
"""

from __future__ import annotations

import argparse
import heapq
import random
from dataclasses import dataclass, replace

#: Seconds of one core to encode and verify a minute of audio (bench/history.jsonl: ffmpeg_cpu_seconds ÷ 20).
ENCODE_SECONDS_PER_MINUTE = 0.8
#: Seconds of a download without the bytes: pages, player, signature.
PAGES_SECONDS = 4.0
#: Bytes of a minute of audio as sources give it (128 kbit/s), and bytes a second of one download.
BYTES_PER_MINUTE, DOWNLOAD_BYTES_PER_SECOND = 960_000, 2_500_000
#: Videos an hour that YouTube lets a guest fetch before it refuses (about 1,000 requests).
HOURLY_BUDGET = 300
#: Mean seconds between two starts of downloads: SCRAPER_DOWNLOAD_INTERVAL_SECONDS plus up to the same length.
PACE_SECONDS = 7.5
#: Catalog operations for one video from listing to mirror, and the operations a second of one MongoDB replica set.
CATALOG_OPERATIONS, CATALOG_RATE = 14, 5_000
DAY = 86_400


@dataclass(frozen=True)
class Plan:
    """An installation and its work."""

    videos: int
    #: Mean duration in minutes.
    minutes: float = 10
    egresses: int = 1
    slots: int = 4
    cores: int = 4
    #: Share of attempts that fail for a transient reason.
    failures: float = 0.1


@dataclass(frozen=True)
class Outcome:
    """The result of the simulation."""

    videos_per_day: float
    #: Resource → share of the time during which it was busy.
    busy: dict[str, float]

    @property
    def bottleneck(self) -> str:
        """Return the busiest resource."""
        return max(self.busy, key=lambda name: self.busy[name])


def simulate(plan: Plan, seed: int = 1) -> Outcome:
    """Process the videos in simulated time. Of many videos a part is enough, because the rate stays the same."""
    rng = random.Random(seed)
    number = min(plan.videos, max(20_000, 400 * plan.egresses))
    interval = max(PACE_SECONDS, 3600 / HOURLY_BUDGET)
    egress = [0.0] * plan.egresses
    downloads = [0.0] * (plan.slots * plan.egresses)
    encoders = [0.0] * plan.cores
    for heap in (egress, downloads, encoders):
        heapq.heapify(heap)
    spent = {"egress": 0.0, "download slots": 0.0, "cores": 0.0}
    done, end = 0, 0.0
    while done < number:
        start = max(heapq.heappop(egress), downloads[0])
        heapq.heappush(egress, start + interval)
        spent["egress"] += interval
        minutes = rng.expovariate(1 / plan.minutes)
        seconds = PAGES_SECONDS + minutes * BYTES_PER_MINUTE / DOWNLOAD_BYTES_PER_SECOND
        failed = rng.random() < plan.failures
        seconds *= 0.5 if failed else 1
        heapq.heapreplace(downloads, start + seconds)
        spent["download slots"] += seconds
        if failed:
            continue
        begin = max(start + seconds, encoders[0])
        heapq.heapreplace(encoders, begin + minutes * ENCODE_SECONDS_PER_MINUTE)
        spent["cores"] += minutes * ENCODE_SECONDS_PER_MINUTE
        end = max(end, begin + minutes * ENCODE_SECONDS_PER_MINUTE)
        done += 1
    places = {"egress": plan.egresses, "download slots": len(downloads), "cores": plan.cores}
    busy = {name: min(1.0, seconds / (end * places[name])) for name, seconds in spent.items()}
    rate = done / end
    busy["catalog"] = rate * CATALOG_OPERATIONS / CATALOG_RATE
    return Outcome(rate * DAY, busy)


#: What the page shows.
PLANS = [
    Plan(10**3, cores=2),
    Plan(10**3, cores=2, minutes=60),
    Plan(10**6, cores=4),
    Plan(10**6, egresses=4, cores=4),
    Plan(10**6, egresses=4, cores=4, failures=0.5),
    Plan(10**6, egresses=20, cores=16),
    Plan(10**8, egresses=20, cores=64),
    Plan(10**8, egresses=1000, cores=2000),
]


def table(plans: list[Plan]) -> str:
    """Return a Markdown table with a row for each plan."""
    lines = [
        "| videos | minutes each | egresses | cores | failing | videos a day | days | bottleneck |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for plan in plans:
        seen = simulate(plan)
        lines.append(
            f"| {plan.videos:,} | {plan.minutes:g} | {plan.egresses:,} | {plan.cores:,} | {plan.failures:.0%} "
            f"| {seen.videos_per_day:,.0f} | {plan.videos / seen.videos_per_day:,.1f} "
            f"| {seen.bottleneck} ({seen.busy[seen.bottleneck]:.0%} busy) |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.capacity", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--videos", type=int, default=10**6)
    parser.add_argument("--minutes", type=float, default=10, help="mean length")
    parser.add_argument("--egresses", type=int, help="addresses that sources see; without it: the table")
    parser.add_argument("--cores", type=int, default=4)
    parser.add_argument("--failures", type=float, default=0.1, help="share of attempts that fail for a passing reason")
    given = parser.parse_args()
    if given.egresses is None:
        print(table(PLANS))
        return
    plan = replace(PLANS[0], **{name: value for name, value in vars(given).items() if value is not None})
    print(table([plan]))


if __name__ == "__main__":
    main()
