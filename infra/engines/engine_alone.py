"""Part one of `performance.py`: states a second of every engine, over the wire or in its own process, round by round."""

import contextlib
import json
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import engines
import libraries
import scenarios
from engines import Engine
from libraries import Library
from scenarios import Scenario
from talking import unused
from wire import Wire

STARTERS = 16
SECONDS_TO_RUN = 120
# Where the engine in its own process keeps what happens.
KEEPING = ("memory", "relaxed", "fsync")
LIBRARIES = ("sfnx.testing", "aws-local-stepfunctions")


@dataclass
class Contender:
    """Something that runs scenarios, and how long each took it, round by round."""

    name: str
    measure: Callable[[Scenario], float]
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, scenario: Scenario) -> float | None:
        taken = self.seconds.get(scenario.name)
        return statistics.median(taken) if taken else None


def over_the_wire(engine: Engine) -> Callable[[Scenario], float]:
    """Starts executions by the API and asks until they have ended, as a client must."""
    machines = {scenario.name: engine.create(scenario.definition, unused("bench")) for scenario in scenarios.ALL}
    wire = Wire(engine.endpoint)
    pool = ThreadPoolExecutor(STARTERS)

    def measure(scenario: Scenario) -> float:
        machine, text = machines[scenario.name], scenario.input
        begun = time.perf_counter()
        if scenario.executions == 1:
            started = [wire.start(machine, text)]
        else:
            started = list(pool.map(lambda _: wire.start(machine, text), range(scenario.executions)))
        for execution in started:
            ended = wire.await_end(execution, SECONDS_TO_RUN, pause=0.001)
            if ended["status"] != "SUCCEEDED":
                raise RuntimeError(f"{engine.name}: {scenario.name} ended as {ended['status']}: {ended.get('cause')}")
        return time.perf_counter() - begun

    return measure


def in_process(library: Library) -> Callable[[Scenario], float]:
    paths = library.name == "aws-local-stepfunctions"

    def measure(scenario: Scenario) -> float:
        definition = scenario.paths if paths else scenario.definition
        question = {"definition": definition, "input": scenario.input, "name": "bench", "executions": scenario.executions}
        answer = library.result(question)
        if answer["status"] != "SUCCEEDED":
            raise RuntimeError(f"{library.name}: {scenario.name} failed: {answer.get('error')} {answer.get('cause')}")
        return answer["seconds"]

    return measure


@contextlib.contextmanager
def by_program(program: str, keeping: str) -> Iterator[Callable[[Scenario], float]]:
    """Our engine as a library: a program that answers `{definition, input, executions}` with `{seconds}`."""
    process = subprocess.Popen([program, keeping], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(scenario: Scenario) -> float:
        question = {"definition": scenario.definition, "input": scenario.input, "executions": scenario.executions}
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())["seconds"]

    try:
        yield measure
    finally:
        # It ends with its input.
        process.communicate(timeout=60)


@contextlib.contextmanager
def contenders(pawl: str | None, bench: str | None, scratch: Path, servers: bool) -> Iterator[list[Contender]]:
    with contextlib.ExitStack() as stack:
        found = []
        if pawl and servers:
            for durability in ("relaxed", "fsync"):
                folder = scratch / durability
                folder.mkdir()
                ours = stack.enter_context(engines.pawl(pawl, folder, "--durability", durability))
                found.append(Contender(f"Pawl, {durability}", over_the_wire(ours)))
        if bench:
            for keeping in KEEPING:
                measured = stack.enter_context(by_program(bench, keeping))
                found.append(Contender(f"Pawl in process, {keeping}", measured))
        if servers:
            found.append(Contender("MiniStack", over_the_wire(stack.enter_context(engines.ministack(scratch)))))
            found.append(Contender("moto", over_the_wire(stack.enter_context(engines.moto(scratch)))))
        found.append(Contender("sfnx.testing", in_process(stack.enter_context(libraries.sfnx()))))
        found.append(Contender("aws-local-stepfunctions", in_process(stack.enter_context(libraries.local_stepfunctions()))))
        yield found


def measure(pawl: str | None, bench: str | None, rounds: int, scratch: Path, servers: bool = True) -> str:
    """A table in Markdown. In every round each engine runs each scenario once, so that noise hits all alike."""
    with contenders(pawl, bench, scratch, servers) as found:
        for turn in range(-1, rounds):
            for scenario in scenarios.ALL:
                # Which engine comes first changes from round to round.
                for contender in found[turn % len(found) :] + found[: turn % len(found)]:
                    taken = sum(contender.measure(scenario) for _ in range(scenario.times))
                    # The first round warms up.
                    if turn >= 0:
                        contender.seconds.setdefault(scenario.name, []).append(taken)
        return table(found)


def table(found: list[Contender]) -> str:
    by_name = {contender.name: contender for contender in found}
    wire = [by_name.get(f"Pawl, {durability}") for durability in ("relaxed", "fsync")]
    process = [by_name.get(f"Pawl in process, {keeping}") for keeping in KEEPING]
    lines = [
        "| scenario | engine | its time / Pawl's at `relaxed` | at `fsync` | time | states a second |",
        "|---|---|---|---|---|---|",
    ]
    for scenario in scenarios.ALL:
        for contender in found:
            seconds = contender.median(scenario)
            # Like is held against like: servers against the server, libraries against the library.
            ours = process[1:] if contender.name in LIBRARIES or contender in process else wire
            ratios = [f"{seconds / our.median(scenario):.2f}" if our and our is not contender else "" for our in ours]
            figures = [*ratios, f"{seconds * 1000:,.2f} ms", f"{scenario.states / seconds:,.0f}"]
            lines.append(f"| {scenario.name} | {contender.name} | {' | '.join(figures)} |")
    return "\n".join(lines)
