"""`python -m benchmarks.soak`: minutes of everything that clients do, then restarts under load.

Passes (exit status 0) if no answer was a 5xx or otherwise not the one that was due, no request was lost, memory in
the last third is at most 5 % above the first third's (after a fifth of the time to warm up), and every stopped server
ended with 0.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.report import write_report
from benchmarks.server.bundle import packaged
from benchmarks.server.processes import ServerProcess, our_server
from benchmarks.soak.clients import Clients, Tally
from benchmarks.soak.memory import Memory, judge
from benchmarks.soak.mix import Asker, requests
from benchmarks.soak.restarts import Restarts, restart_under_load
from bert_server.bench.connection import Connections
from bert_server.bench.recording import is_failure, is_lost
from bert_server.bench.texts import SHORTEST_TOKENS, Lengths
from bert_server.bench.usage import run_load
from examples.translation.build import bundle as translation_bundle

PATIENT_CLIENTS: Final = 8
SAMPLE_INTERVAL_SECONDS: Final = 1.0
LONGEST_TOKENS: Final = 512


async def soak(server: ServerProcess, minutes: float, progress: Progress) -> tuple[Tally, list[float]]:
    """What was answered, and the server's memory in MiB, once a second."""
    dice = random.Random("soak")
    task = progress.add_task("mixed load", total=60 * minutes)
    samples_mib: list[float] = []
    async with Connections(server.target) as connections, asyncio.TaskGroup() as group:
        asker = Asker(dice, Lengths(SHORTEST_TOKENS, LONGEST_TOKENS))
        clients = Clients(connections, requests(server.target, asker), dice)
        for _ in range(PATIENT_CLIENTS):
            group.create_task(clients.patient())
        group.create_task(clients.bursts())
        group.create_task(clients.vanishing())
        began = time.monotonic()
        while time.monotonic() - began < 60 * minutes:
            await asyncio.sleep(SAMPLE_INTERVAL_SECONDS)
            samples_mib.append(server.rss_mib)
            progress.update(task, completed=time.monotonic() - began)
        clients.done.set()
    return clients.tally, samples_mib


def soak_figures(tally: Tally, memory: Memory) -> dict[str, float]:
    return {
        "soak.requests": tally.answers.total(),
        "soak.refused": tally.with_status(429),
        "soak.server_errors": tally.server_errors,
        "soak.unexpected_answers": tally.unexpected.total(),
        "soak.lost_requests": tally.lost,
        "soak.vanished_clients": tally.vanished,
        "soak.rss_first_third_mib": memory.first_mib,
        "soak.rss_last_third_mib": memory.last_mib,
        "soak.rss_highest_mib": memory.highest_mib,
        "soak.rss_growth": memory.growth,
    }


def restart_figures(found: Restarts) -> dict[str, float]:
    recording = found.recording
    return {
        "restarts.count": len(found.exit_statuses),
        "restarts.requests": len(recording.samples),
        "restarts.lost_requests": recording.count(is_lost),
        "restarts.failed_requests": recording.count(is_failure),
        "restarts.servers_not_ended_with_0": sum(status != 0 for status in found.exit_statuses),
    }


# Figures that must be 0.
FAULTS: Final = (
    "soak.server_errors",
    "soak.unexpected_answers",
    "soak.lost_requests",
    "restarts.lost_requests",
    "restarts.failed_requests",
    "restarts.servers_not_ended_with_0",
)


def answers_table(tally: Tally) -> Table:
    table = Table("request", "status", "times", title="answers")
    for (kind, status), count in sorted(tally.answers.items()):
        mark = "[bold red]" if (kind, status) in tally.unexpected else ""
        table.add_row(kind, f"{mark}{status or 'lost'}", f"{count:,}")
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="of mixed load; 0 for none")
    parser.add_argument("--restarts", type=int, default=100, help="under load; 0 for none")
    parser.add_argument("--bundle", type=Path, help="directory of the bundle, instead of one with random weights")
    arguments = parser.parse_args()
    console = Console()
    bundle = arguments.bundle or packaged(None, None, console).bundle
    figures: dict[str, float] = {}
    is_flat = True
    with tempfile.TemporaryDirectory(prefix="soak-") as cache, Progress(console=console) as progress:
        if arguments.minutes:
            with our_server(bundle, translation_bundle(), name="soak", cache_dir=Path(cache)) as server:
                tally, samples_mib = run_load(soak(server, arguments.minutes, progress))
            memory = judge(samples_mib)
            figures |= soak_figures(tally, memory)
            is_flat = memory.is_flat
            console.print(answers_table(tally))
        if arguments.restarts:
            found = run_load(restart_under_load(bundle, Path(cache), arguments.restarts, progress))
            figures |= restart_figures(found)
    write_report("soak", settings=vars(arguments) | {"bundle": bundle.name}, figures=figures, console=console)
    faults = [name for name in FAULTS if figures.get(name)] + ([] if is_flat else ["soak.rss_growth"])
    console.print(f"[bold red]failed: {', '.join(faults)}" if faults else "[green]passed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
