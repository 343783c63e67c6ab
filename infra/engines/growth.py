"""Part three of `performance.py`: what open executions cost, and how a store of many events behaves."""

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import scenarios
import server
from engines import Engine
from wire import Wire

WAITING = (0, 1_000, 5_000)
EVENTS = 1_000_000
SHARES = 10
STARTERS = 8
SLEEP = {"QueryLanguage": "JSONata", "StartAt": "sleep", "States": {"sleep": {"Type": "Wait", "Seconds": 86_400, "End": True}}}


class Dev:
    """A running `pawl dev` and its process."""

    def __init__(self, process, endpoint: str):
        self.process = process
        self.engine = Engine("pawl", endpoint)
        self.wire = Wire(endpoint)

    def memory(self) -> int:
        """KiB of memory that the process has in use."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@contextlib.contextmanager
def dev(program: str, scratch: Path, durability: str = "relaxed") -> Iterator[Dev]:
    port = server.free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [Path(program).resolve(), "dev", "--port", port, "--state", scratch / "state", "--durability", durability]
    with server.running("pawl", command, {}, endpoint, scratch) as process:
        yield Dev(process, endpoint)


def measure(program: str, scratch: Path, events: int = EVENTS) -> str:
    return "\n".join([*open_executions(program, scratch / "open"), "", *many_events(program, scratch / "many", events)])


def open_executions(program: str, scratch: Path) -> list[str]:
    scratch.mkdir()
    found = []
    with dev(program, scratch) as here, ThreadPoolExecutor(STARTERS) as pool:
        machine = here.engine.create(SLEEP, "sleep")
        started = 0
        for waiting in WAITING:
            list(pool.map(lambda _: here.wire.start(machine, {"hello": "you"}), range(waiting - started)))
            started = waiting
            # Until what was only needed to start them is given back.
            time.sleep(1)
            found.append(here.memory())
    lines = ["| executions that wait | memory | each |", "|---|---|---|"]
    for waiting, memory in zip(WAITING, found):
        each = f"{(memory - found[0]) / waiting:.1f} KiB" if waiting else ""
        lines.append(f"| {waiting:,} | {memory / 1024:.1f} MiB | {each} |")
    return lines


def many_events(program: str, scratch: Path, events: int) -> list[str]:
    """Executions until there are so many events, in ten shares; then the same store is opened again."""
    scratch.mkdir()
    scenario = scenarios.cycle()
    lines = ["| events | seconds for this share | memory | on disk |", "|---|---|---|---|"]
    with dev(program, scratch) as here, ThreadPoolExecutor(STARTERS) as pool:
        machine = here.engine.create(scenario.definition, "cycle")
        of_one = events_of_one(here, machine)
        kept = of_one
        for share in range(1, SHARES + 1):
            missing = max(0, round((events * share / SHARES - kept) / of_one))
            begun = time.perf_counter()
            list(pool.map(lambda _: run(here.wire, machine), range(missing)))
            seconds = time.perf_counter() - begun
            kept += missing * of_one
            lines.append(f"| {kept:,} | {seconds:.2f} | {here.memory() / 1024:.1f} MiB | {size(scratch / 'state') / 2**20:.0f} MiB |")
    begun = time.perf_counter()
    with dev(program, scratch) as here:
        opened, memory = time.perf_counter() - begun, here.memory() / 1024
    lines += ["", f"The store of {kept:,} events opens, and the port answers, in {opened:.2f} s, with {memory:.1f} MiB in use."]
    return lines


def run(wire: Wire, machine: str) -> str:
    execution = wire.start(machine, {})
    ended = wire.await_end(execution, 120, pause=0.01)
    if ended["status"] != "SUCCEEDED":
        raise RuntimeError(f"a cycle ended as {ended['status']}: {ended.get('cause')}")
    return execution


def events_of_one(here: Dev, machine: str) -> int:
    last = here.wire.ask("GetExecutionHistory", {"executionArn": run(here.wire, machine), "reverseOrder": True, "maxResults": 1})
    return last["events"][0]["id"]


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
