"""Compiles the same workflows with Pawl and with PyPI sfnx, a compiler of Python functions to the same language.

    cargo build --release --package pawl-compiler --example compile
    .tools/sfnx/bin/python infra/bench/compilers.py --pawl target/release/examples/compile

A workflow is blocks of five steps: a Task that asks, a condition on what it gave, a value set on either side, and a Task
that uses it. Both compile from text to text in a process that is running already, in turns; memory is that of a fresh
process that compiles once. Then Pawl alone, up to the largest machine that Step Functions takes.
"""

import argparse
import gc
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sfnx.cli import document
from sfnx.compiler import definitions, read

BLOCK = 5
SIZES = [10, 100, 1000]
# What a machine may have; nothing above it compiles.
MOST_BYTES = 1_048_576


def native(steps: int) -> str:
    """The workflow as a definition."""
    found = []
    blocks = steps // BLOCK
    for number in range(blocks):
        onward = f"find_{number + 1}" if number + 1 < blocks else "end"
        step = lambda name, kind, config, ports: {  # noqa: E731
            "stepSlug": f"{name}_{number}",
            "stepType": kind,
            "config": config,
            "nextSteps": {port: target if target in ("end", onward) else f"{target}_{number}" for port, target in ports.items()},
        }
        query = {"operation": "query", "status": "{{input.status}}", "limit": 10}
        keep = {"operation": "update", "customerId": "{{input.customer}}", "updates": {f"size_{number}": f"{{{{size_{number}}}}}"}}
        found += [
            step("find", "action", {"type": "customer", "parameters": query}, {"success": "is_many"}),
            step("is_many", "condition", {"expression": f"steps.find_{number}.output.count > 3"}, {"true": "many", "false": "few"}),
            step("many", "action", {"type": "set_variables", "parameters": {f"size_{number}": "many"}}, {"success": "keep"}),
            step("few", "action", {"type": "set_variables", "parameters": {f"size_{number}": "few"}}, {"success": "keep"}),
            step("keep", "action", {"type": "customer", "parameters": keep}, {"success": onward}),
        ]
    return json.dumps({"name": "Sizes", "steps": found}, indent=2)


def python(steps: int) -> str:
    """The workflow as a function."""
    lines = ["from sfnx import aws, state_machine", "", "", "@state_machine", "def sizes(input):"]
    for number in range(steps // BLOCK):
        lines += [
            f'    found_{number} = aws.optimized.lambda_.invoke(FunctionName="action", Payload={{"operation": "query", "status": input["status"], "limit": 10}})',
            f'    if found_{number}["Payload"]["count"] > 3:',
            f'        size_{number} = "many"',
            "    else:",
            f'        size_{number} = "few"',
            f'    aws.optimized.lambda_.invoke(FunctionName="action", Payload={{"operation": "update", "customerId": input["customer"], "size_{number}": size_{number}}})',
        ]
    return "\n".join([*lines, '    return {"done": True}', ""])


def compile_python(file: Path) -> dict:
    """One round of sfnx: its seconds, and what its machine has."""
    gc.collect()
    begun = time.perf_counter()
    found = definitions(read(file), file, False)
    machine = next(iter(found.values()))
    text = document(machine)
    seconds = time.perf_counter() - begun
    kinds = [state["Type"] for state in machine["States"].values()]
    compact = json.dumps(machine, separators=(",", ":"), ensure_ascii=False).encode()
    assert text
    return {"seconds": seconds, "states": len(kinds), "tasks": kinds.count("Task"), "choices": kinds.count("Choice"), "bytes": len(compact)}


def compile_native(binary: str, rounds: int, *files: Path) -> list[dict]:
    done = subprocess.run([binary, "--rounds", str(rounds), *map(str, files)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def peak(command: list[str]) -> float:
    """The most memory that a process had, in MiB."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, command
    return usage.ru_maxrss / 1024


def memory(binary: str, file: Path, source: Path) -> tuple[float, float]:
    imports = "from sfnx.cli import document; from sfnx.compiler import definitions, read"
    once = f"{imports}; document(next(iter(definitions(read({str(source)!r}), {str(source)!r}, False).values())))"
    return peak([binary, "--rounds", "1", str(file)]), peak([sys.executable, "-c", once])


def compare(binary: str, folder: Path, rounds: int) -> None:
    print("| steps | Pawl's time | sfnx's | sfnx's / Pawl's | Pawl's states (Tasks, Choices) | sfnx's | Pawl's bytes | sfnx's | Pawl's peak MiB | sfnx's |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for steps in SIZES:
        file, source = folder / f"{steps}.json", folder / f"sizes_{steps}.py"
        file.write_text(native(steps))
        source.write_text(python(steps))
        ours, theirs = [], []
        # In turns, so that what else the machine does is the same for both; the first of each is to warm up.
        for _ in range(rounds + 1):
            [one] = compile_native(binary, 20, file)
            ours.append(one)
            theirs.append(compile_python(source))
        mine = statistics.median(one["median"] for one in ours[1:])
        other = statistics.median(one["seconds"] for one in theirs[1:])
        own, foreign = ours[0], theirs[0]
        most, most_of_theirs = memory(binary, file, source)
        states = f"{own['states']} ({own['tasks']}, {own['choices']})"
        others = f"{foreign['states']} ({foreign['tasks']}, {foreign['choices']})"
        print(
            f"| {steps:,} | {mine * 1000:.2f} ms | {other * 1000:.1f} ms | {other / mine:.0f} | {states} | {others} "
            f"| {own['bytes']:,} | {foreign['bytes']:,} | {most:.1f} | {most_of_theirs:.1f} |",
            flush=True,
        )
    nothing = peak([binary])
    imported = peak([sys.executable, "-c", "from sfnx.cli import document; from sfnx.compiler import definitions, read"])
    print(f"\nBefore anything is compiled: {nothing:.1f} MiB and {imported:.1f} MiB.\n")


def grow(binary: str, folder: Path) -> None:
    """Pawl alone, from a hundred steps to as many as fit the largest machine."""
    size = compile_native(binary, 1, folder / "1000.json")[0]["bytes"] / 1000
    largest = int(MOST_BYTES * 0.99 / size) // BLOCK * BLOCK
    sizes = [100, 200, 400, 800, largest]
    files = []
    for steps in sizes:
        files.append(folder / f"{steps}.json")
        files[-1].write_text(native(steps))
    found = compile_native(binary, 15, *files)
    print("| steps | bytes of the machine | microseconds per step |")
    print("|---|---|---|")
    for steps, one in zip(sizes, found, strict=True):
        print(f"| {steps:,} | {one['bytes']:,} | {one['median'] / steps * 1e6:.1f} |")
    first, last = found[0], found[-1]
    slope = math.log(last["median"] / first["median"]) / math.log(sizes[-1] / sizes[0])
    print(f"\nThe exponent of the growth is {slope:.2f}; 1 is linear.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", required=True, help="the example `compile`, built for release")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    sys.setrecursionlimit(100_000)
    with tempfile.TemporaryDirectory() as folder:
        compare(given.pawl, Path(folder), given.rounds)
        grow(given.pawl, Path(folder))


if __name__ == "__main__":
    main()
