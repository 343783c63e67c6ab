"""Runs workflows with much data by `pawl run`, and measures time and peak memory.

    cargo build --release -p pawl
    python3 infra/bench/large.py --pawl target/release/pawl

`loop` goes through a list, one item after the other, and keeps a value for each.
`output` lets a step answer with some megabytes, and lets expressions, a transform and a loop read it.
Memory is the peak resident set of the process (`VmHWM` of Linux), and what it has while it only waits to begin is in
the first row. Every run is checked: how it ended, and what it came to.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time


def step(slug, kind, config, ports=None):
    return {"stepSlug": slug, "name": slug, "stepType": kind, "config": config, "nextSteps": ports or {}}


def loop(items):
    """A sequential loop whose body acts, sets a variable and decides."""
    steps = [
        step("each_item", "loop", {"items": "{{input.items}}", "itemVariable": "entry"}, {"next": "look_up", "done": "report"}),
        step("look_up", "action", {"type": "customer", "parameters": {"operation": "get_by_id", "customerId": "{{entry.customer}}"}}, {"success": "count"}),
        step("count", "action", {"type": "set_variables", "parameters": {"total": "{{total + steps.look_up.output.weight}}"}}, {"success": "each_item"}),
        step("report", "output", {"mapping": {"total": "{{total}}", "items": "{{steps.each_item.output.state.totalItems}}"}}),
    ]
    definition = {"name": "Large loop", "config": {"variables": {"total": 0}}, "steps": steps}
    given = {"items": [{"customer": f"cust_{number % 10}", "note": "x" * 20} for number in range(items)]}
    data = {"customers": [{"_id": f"cust_{number}", "weight": 2} for number in range(10)]}
    return definition, given, data, {}, {"total": 2 * items, "items": items}


def output(megabytes):
    """A step with a large answer, and what reads it."""
    rows = megabytes * 1000
    steps = [
        step("fetch_rows", "action", {"type": "customer", "parameters": {"operation": "get_by_id", "customerId": "all"}}, {"success": "is_large"}),
        step("is_large", "condition", {"expression": "steps.fetch_rows.output.rows.length > 10"}, {"true": "add_up", "false": "small"}),
        step("add_up", "transform", {
            "input": "{{steps.fetch_rows.output.rows}}",
            "operations": [
                {"type": "filter", "where": "item.number % 2 == 0"},
                {"type": "aggregate", "fields": {"count": "count", "sum": {"function": "sum", "path": "number"}}},
            ],
        }, {"success": "each_row"}),
        step("each_row", "loop", {"items": "{{steps.fetch_rows.output.rows|slice(0, 20)}}", "itemVariable": "row"}, {"next": "keep", "done": "report"}),
        step("keep", "action", {"type": "customer", "parameters": {"operation": "get_by_id", "customerId": "{{row.number}} of {{steps.fetch_rows.output.rows.length}}"}}, {"success": "each_row"}),
        step("small", "output", {"mapping": {}}),
        step("report", "output", {"mapping": {"even": "{{steps.add_up.output}}", "last": "{{steps.fetch_rows.output.rows[steps.fetch_rows.output.rows.length - 1].number}}"}}),
    ]
    definition = {"name": "Large output", "steps": steps}
    large = {"_id": "all", "rows": [{"number": number, "text": "x" * 970} for number in range(rows)]}
    even = (rows + 1) // 2
    expected = {"even": {"count": even, "sum": even * (even - 1)}, "last": rows - 1}
    return definition, {}, {"customers": [large]}, {"keep": {"ok": True}}, expected


def measure(pawl, case, folder):
    definition, given, data, mocks, expected = case
    for name, value in [("workflow", definition), ("input", given), ("data", data), ("mocks", mocks)]:
        (folder / f"{name}.json").write_text(json.dumps(value))
    results = folder / "results.json"
    begun = time.monotonic()
    with results.open("w") as answer:
        run = subprocess.Popen([pawl, "run", str(folder), "--state", str(folder / "state"), "--json"], stdout=answer)
        peak = 0
        while run.poll() is None:
            peak = max(peak, high_water(run.pid))
            time.sleep(0.05)
    seconds = time.monotonic() - begun
    report = json.loads(results.read_text())
    if report["status"] != "completed" or report["output"] != expected:
        raise SystemExit(f"{definition['name']}: {report['status']}, {report.get('error')}, {json.dumps(report['output'])[:300]}")
    disk = sum(file.stat().st_size for file in (folder / "state").rglob("*") if file.is_file())
    return seconds, peak, disk / 2**20, len(report["steps"])


def high_water(process):
    """The peak resident set so far, in MiB."""
    try:
        status = pathlib.Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(lines.get("VmHWM", "0 kB").split()[0]) // 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="target/release/pawl")
    parser.add_argument("--only", choices=["loop", "output"])
    parser.add_argument("--items", type=int, nargs="*", default=[10, 2_000, 20_000])
    parser.add_argument("--megabytes", type=int, nargs="*", default=[1, 5])
    chosen = parser.parse_args()
    pawl = os.path.abspath(chosen.pawl)
    cases = [(f"loop over {items:,} items", loop(items)) for items in chosen.items if chosen.only != "output"]
    cases += [(f"output of {size} MB", output(size)) for size in chosen.megabytes if chosen.only != "loop"]
    print("| | seconds | peak memory, MiB | on disk, MiB | visits |\n|---|---|---|---|---|", flush=True)
    for name, case in cases:
        with tempfile.TemporaryDirectory() as folder:
            seconds, peak, disk, visits = measure(pawl, case, pathlib.Path(folder))
        print(f"| {name} | {seconds:.1f} | {peak} | {disk:.0f} | {visits:,} |", flush=True)


if __name__ == "__main__":
    main()
