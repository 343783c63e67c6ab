"""Part two of `performance.py`: ten trivial durable steps in a row, here and on Restate, and what the disk can do at best."""

import contextlib
import json
import os
import shutil
import statistics
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import server
from engines import TOOLS

STEPS = 10
AT_ONCE = 50
DURABILITIES = ("relaxed", "fsync")
SYNCS = ("fsync", "fdatasync", "sync_file_range", "msync")
HERE = Path(__file__).resolve().parent
RESTATE = TOOLS / "engines/node_modules/@restatedev/restate-server-linux-x64/bin/restate-server"
# No proxy of the environment may stand between this process and its own machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(url: str, body) -> dict:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with OPENER.open(request, timeout=60) as response:
        return json.load(response)


@dataclass
class Chain:
    """Something that runs ten steps in a row durably; `run` returns when they are done, `batch` when many are."""

    name: str
    run: Callable[[], None]
    batch: Callable[[int], None]
    one: list[float] = field(default_factory=list)
    many: list[float] = field(default_factory=list)


def traced(command: list, counts: Path | None) -> list:
    """The command, under a count of what it asks the disk to keep, if that is wanted."""
    if counts is None:
        return command
    return ["strace", "-f", "-c", "-U", "name,calls", "-e", f"trace={','.join(SYNCS)}", "-o", counts, *command]


@contextlib.contextmanager
def restate(scratch: Path, counts: Path | None = None) -> Iterator[Chain]:
    scratch.mkdir()
    service, ingress, admin, fabric = (server.free_port() for _ in range(4))
    environment = {
        "RESTATE_BASE_DIR": str(scratch / "data"),
        "RESTATE_LISTEN_MODE": "tcp",
        "RESTATE_BIND_ADDRESS": f"127.0.0.1:{fabric}",
        "RESTATE_ADVERTISED_ADDRESS": f"http://127.0.0.1:{fabric}",
        "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}",
        "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}",
        "RESTATE_DISABLE_TELEMETRY": "true",
    }
    steps = ["node", HERE / "restate_service.mjs", TOOLS / "engines", service]
    command = traced([RESTATE, "--no-logo"], counts)
    with (
        server.listening("restate-service", steps, {}, service, scratch),
        server.running("restate", command, environment, f"http://127.0.0.1:{admin}/health", scratch),
    ):
        retrying(lambda: post(f"http://127.0.0.1:{admin}/deployments", {"uri": f"http://127.0.0.1:{service}"}))

        def run() -> None:
            answer = post(f"http://127.0.0.1:{ingress}/chain/run", {"count": 0})
            assert answer == {"count": STEPS}, answer

        retrying(run)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield Chain("Restate", run, lambda count: list(pool.map(lambda _: run(), range(count))))


@contextlib.contextmanager
def pawl(program: str, durability: str, scratch: Path, counts: Path | None = None) -> Iterator[Chain]:
    """`pawl dev` with its functions in its own process; `ten_steps.py` publishes the workflow and starts runs."""
    import ten_steps

    scratch.mkdir()
    port = server.free_port()
    endpoint = f"http://127.0.0.1:{port}"
    dev = [Path(program).resolve(), "dev", "--port", port, "--state", scratch / "state", "--durability", durability]
    with server.running("pawl", traced(dev, counts), {}, endpoint, scratch):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield Chain(f"Pawl, {durability}", *ten_steps.prepared(program, endpoint, scratch, pool))


def retrying(call: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            call()
            return
        except (OSError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def floor(scratch: Path, rounds: int = 300) -> float:
    """Seconds that this disk takes to keep 4 KB at the end of a file."""
    taken = []
    with (scratch / "floor").open("wb", buffering=0) as file:
        for _ in range(rounds):
            begun = time.perf_counter()
            file.write(os.urandom(4096))
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def measure(program: str | None, rounds: int, scratch: Path) -> str:
    with contextlib.ExitStack() as stack:
        chains = []
        if program:
            for durability in DURABILITIES:
                chains.append(stack.enter_context(pawl(program, durability, scratch / f"chain-{durability}")))
        chains.append(stack.enter_context(restate(scratch / "chain-restate")))
        floors = []
        for turn in range(-1, rounds):
            floors.append(floor(scratch, 100))
            for chain in chains[turn % len(chains) :] + chains[: turn % len(chains)]:
                one = [timed(chain.run) for _ in range(10)]
                many = timed(lambda: chain.batch(AT_ONCE)) / AT_ONCE
                # The first round warms up.
                if turn >= 0:
                    chain.one += one
                    chain.many.append(many)
    return table(chains, statistics.median(floors), counted(program, scratch))


def timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def counted(program: str | None, scratch: Path, runs: int = 20) -> dict[str, float]:
    """How often a run asks the disk to keep something: counted in a process of its own, for counting slows it down."""
    if not shutil.which("strace"):
        return {}
    engines = [("Restate", lambda folder, counts: restate(folder, counts))]
    if program:
        engines += [
            (f"Pawl, {durability}", lambda folder, counts, durability=durability: pawl(program, durability, folder, counts))
            for durability in DURABILITIES
        ]
    found = {}
    for number, (name, engine) in enumerate(engines):
        totals = []
        for count in (0, runs):
            counts = scratch / f"syncs-{number}-{count}"
            with engine(scratch / f"counted-{number}-{count}", counts) as chain:
                for _ in range(count):
                    chain.run()
            totals.append(calls(counts))
        # What it does to start and to stop is not the runs'.
        found[name] = (totals[1] - totals[0]) / runs
    return found


def calls(counts: Path) -> int:
    """What strace counted: a line for each call, its name and how often, below a head."""
    rows = [line.split() for line in counts.read_text().splitlines()]
    return sum(int(row[1]) for row in rows if len(row) == 2 and row[0] in SYNCS)


def table(chains: list[Chain], floor: float, syncs: dict[str, float]) -> str:
    ours = next((chain for chain in chains if chain.name == "Pawl, fsync"), None)
    lines = [
        f"Keeping 4 KB at the end of a file takes this disk {floor * 1000:.2f} ms (append and fdatasync).",
        "",
        f"| | one run of {STEPS} steps | a step | {AT_ONCE} at once, runs a second | syncs a run | its time / Pawl's at `fsync` |",
        "|---|---|---|---|---|---|",
    ]
    for chain in chains:
        one = statistics.median(chain.one)
        ratio = f"{one / statistics.median(ours.one):.1f}" if ours else ""
        count = f"{syncs[chain.name]:.1f}" if chain.name in syncs else ""
        figures = [f"{one * 1000:.1f} ms", f"{one / STEPS * 1000:.2f} ms", f"{1 / statistics.median(chain.many):,.0f}", count, ratio]
        lines.append(f"| {chain.name} | {' | '.join(figures)} |")
    return "\n".join(lines)
