"""Compiles the same workflows with Pawl and with PyPI sfnx, a compiler of Python functions to the same language.

    cargo build --release --package pawl-compiler --example compile
    .tools/sfnx/bin/python infra/bench/compilers.py --pawl target/release/examples/compile

A workflow is blocks of five steps: a Task that asks, a variable of what it gave, a condition on that, a Task on one of its
sides, and another variable. Both compile from text to text in a process that is running already, in turns; memory is that of a fresh
process that compiles once. Then Pawl alone, up to the largest machine that Step Functions takes.
"""

import argparse
import gc
import json
import math
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

        def step(name: str, kind: str, config: dict, **ports: str) -> dict:
            return {"stepSlug": f"{name}_{number}", "stepType": kind, "config": config, "nextSteps": ports}

        def variable(name: str, value: str) -> dict:
            return {"type": "set_variables", "parameters": {f"{name}_{number}": value}}

        query = {"operation": "query", "status": "{{input.status}}", "limit": 10}
        keep = {"operation": "update", "customerId": "{{input.customer}}", "updates": {"size": f"{{{{size_{number}}}}}"}}
        found += [
            step("find", "action", {"type": "customer", "parameters": query}, success=f"measure_{number}"),
            step("measure", "action", variable("size", f"{{{{steps.find_{number}.output.count}}}}"), success=f"is_large_{number}"),
            step("is_large", "condition", {"expression": f"size_{number} > 3"}, true=f"keep_{number}", false=f"note_{number}"),
            step("keep", "action", {"type": "customer", "parameters": keep}, success=f"note_{number}"),
            step("note", "action", variable("done", "yes"), success=onward),
        ]
    return json.dumps({"name": "Sizes", "steps": found}, indent=2)


def python(steps: int) -> str:
    """The workflow as a function."""
    invoke = 'aws.optimized.lambda_.invoke(FunctionName="action", Payload='
    lines = ["from sfnx import aws, state_machine", "", "", "@state_machine", "def sizes(input):"]
    for number in range(steps // BLOCK):
        lines += [
            f'    found_{number} = {invoke}{{"operation": "query", "status": input["status"], "limit": 10}})',
            f'    size_{number}: float = found_{number}["Payload"]["count"]',
            f"    if size_{number} > 3:",
            f'        {invoke}{{"operation": "update", "customerId": input["customer"], "size": size_{number}}})',
            f'    done_{number} = "yes"',
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


# What a fresh process of Python says of its memory once it has done something.
PEAK = "\nprint(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"


def peak_of_python(code: str) -> float:
    """The most memory that a fresh process had, in MiB."""
    done = subprocess.run([sys.executable, "-c", code + PEAK], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def peak_of_pawl(binary: str, *files: Path) -> float:
    [found] = compile_native(binary, 1, *files)
    return found["peak"] / 1024


IMPORTS = "from sfnx.cli import document; from sfnx.compiler import definitions, read"


def memory(binary: str, file: Path, source: Path) -> tuple[float, float]:
    once = f"{IMPORTS}; document(next(iter(definitions(read({str(source)!r}), {str(source)!r}, False).values())))"
    return peak_of_pawl(binary, file), peak_of_python(once)


def compare(binary: str, folder: Path, rounds: int) -> None:
    print("| steps | Pawl's time | sfnx's | sfnx's / Pawl's, best rounds | median of rounds | Pawl's states (Tasks, Choices) | sfnx's | Pawl's bytes | sfnx's | Pawl's peak MiB | sfnx's |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
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
        # The best rounds say what the work takes, whatever else the machine does; the medians, what it took here.
        mine, other = min(one["best"] for one in ours[1:]), min(one["seconds"] for one in theirs[1:])
        medians = statistics.median(one["seconds"] for one in theirs[1:]) / statistics.median(one["median"] for one in ours[1:])
        own, foreign = ours[0], theirs[0]
        most, most_of_theirs = memory(binary, file, source)
        states = f"{own['states']} ({own['tasks']}, {own['choices']})"
        others = f"{foreign['states']} ({foreign['tasks']}, {foreign['choices']})"
        print(
            f"| {steps:,} | {mine * 1000:.2f} ms | {other * 1000:.1f} ms | {other / mine:.0f} | {medians:.0f} | {states} | {others} "
            f"| {own['bytes']:,} | {foreign['bytes']:,} | {most:.1f} | {most_of_theirs:.1f} |",
            flush=True,
        )
    nothing, imported = peak_of_pawl(binary), peak_of_python(IMPORTS)
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
        print(f"| {steps:,} | {one['bytes']:,} | {one['best'] / steps * 1e6:.1f} |")
    first, last = found[0], found[-1]
    slope = math.log(last["best"] / first["best"]) / math.log(sizes[-1] / sizes[0])
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
