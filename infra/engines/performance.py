"""Measures Pawl beside other engines, in one run, and prints Markdown.

    .tools/clients/bin/python infra/engines/performance.py --pawl target/release/pawl
    .tools/clients/bin/python infra/engines/performance.py --pawl target/release/pawl --only chain --rounds 9

Three parts: every engine alone, ten durable steps against Restate, and what Pawl needs for much of everything.
All that is compared runs in turns on the same machine within the same minutes, and what is printed is the median of the
rounds after one to warm up. `--bench` is a program that runs our engine in its own process, as libraries do: the example
`engine` of `local/`, which says what it counts.
"""

import argparse
import os
import platform
import tempfile
from pathlib import Path

import chain
import engine_alone
import growth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", help="the program; without it only the others are measured")
    parser.add_argument("--bench", help="our engine in its own process")
    parser.add_argument("--only", choices=["alone", "libraries", "chain", "growth"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=growth.EVENTS, help="how many events the big store gets")
    parser.add_argument("--output", type=Path, help="a file to write the tables to as well")
    options = parser.parse_args()
    parts = {
        "alone": ("Engines alone", lambda folder: engine_alone.measure(options.pawl, options.bench, options.rounds, folder)),
        "libraries": (
            "Engines in their own processes",
            lambda folder: engine_alone.measure(None, options.bench, options.rounds, folder, servers=False),
        ),
        "chain": ("Ten durable steps", lambda folder: chain.measure(options.pawl, options.rounds, folder)),
        "growth": ("Much of everything", lambda folder: growth.measure(options.pawl, folder, options.events)),
    }
    if not options.pawl:
        del parts["growth"]
    processors = len(os.sched_getaffinity(0))
    said = [f"Measured on {processors} processors, {platform.system()} {platform.release()}, {options.rounds} rounds."]
    print(said[0], flush=True)
    for name, (title, measure) in parts.items():
        # Those in their own processes are among those alone.
        if options.only == name or (options.only is None and name != "libraries"):
            with tempfile.TemporaryDirectory() as folder:
                said.append(f"## {title}\n\n{measure(Path(folder))}")
            print(f"\n{said[-1]}", flush=True)
    if options.output:
        options.output.write_text("\n\n".join(said) + "\n")


if __name__ == "__main__":
    main()
