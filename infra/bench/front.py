"""How soon the API answers and a run has done its first step, and how many deliveries of a webhook it takes.

    python3 infra/bench/front.py --pawl target/release/pawl
    python3 infra/bench/front.py --pawl target/release/pawl --seconds 30 --connections 32 --runs 1000

One `pawl dev` on this machine, whose cores it shares with whoever asks (`wrk`, Debian's package). Every figure stands
beside one of the same process and the same minutes: a path that nothing answers at, which is the router alone, and
`/api/me`, which is a key that is looked up.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "checks"))

from serving import Api, served  # noqa: E402

SCRIPT = Path(__file__).with_suffix(".lua")


def workflow(name: str, trigger: dict) -> dict:
    """A workflow of one pure step."""
    return {
        "name": name,
        "steps": [
            {"stepSlug": "start", "stepType": "trigger", "config": trigger, "nextSteps": {"success": "tell"}},
            {"stepSlug": "tell", "stepType": "output", "config": {"mapping": {"event": "{{input.event}}"}}},
        ],
    }


def load(api: Api, options, method: str, path: str, body: str = "", fresh: str = "", headers: tuple = ()) -> dict:
    """The figures of `wrk`, which asks for some seconds over some connections."""
    command = [options.wrk, "-t", "2", "-c", str(options.connections), "-d", f"{options.seconds}s", "--timeout", "30s", "-s", str(SCRIPT)]
    command += ["-H", f"authorization: Bearer {api.key}", "-H", "content-type: application/json", api.url + path]
    for header in headers:
        command[1:1] = ["-H", header]
    said = subprocess.run([*command, "--", method, body, fresh], check=True, stdout=subprocess.PIPE, text=True).stdout
    figures = json.loads(said.strip().splitlines()[-1])
    return {**figures, "rate": figures["requests"] / figures["seconds"]}


def milliseconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() * 1000


def first_steps(api: Api, count: int) -> dict[str, list[float]]:
    """Milliseconds until the answer came, and until the first step of the run was recorded, one run after the other."""
    answered, recorded, me = [], [], []
    for number in range(count):
        began = time.time() * 1000
        api.ask(200, "GET", "/api/me")
        me.append(time.time() * 1000 - began)
        began = time.time() * 1000
        run = api.ask(202, "POST", "/api/workflows/asked/execute", {"input": {"event": number}})["execution_id"]
        answered.append(time.time() * 1000 - began)
        steps = {step["step_id"]: step for step in api.ended(run)["steps"]}
        recorded.append(milliseconds(steps["tell"]["completed_at"]) - began)
    return {"`/api/me`, one after the other": me, "execute, until the answer": answered, "execute, until the first step is recorded": recorded}


def spread(values: list[float]) -> list[float]:
    ordered = sorted(values)
    return [ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95, 0.99)]


def memory(api: Api) -> float:
    """The resident memory of the process, in MiB."""
    lines = Path(f"/proc/{api.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def measure(api: Api, options) -> None:
    """Prints the tables."""
    api.publish(workflow("Heard", {"type": "webhook", "path": "/heard", "maxPerMinute": 100_000, "idempotencyHeader": "x-event"}))
    api.publish(workflow("Asked", {"type": "manual"}))
    event = json.dumps({"event": 1})
    before = memory(api)
    latencies = first_steps(api, options.runs)
    rows = {
        "the router alone: `GET /nowhere`": ("GET", "/nowhere"),
        "`GET /api/me`": ("GET", "/api/me"),
        "`POST /webhooks/heard`, the same delivery": ("POST", "/webhooks/heard", event, "", ("x-event: one",)),
        "`POST /webhooks/heard`, each a run": ("POST", "/webhooks/heard", event, "x-event"),
        "`POST .../execute`, each a run": ("POST", "/api/workflows/asked/execute", "{}"),
    }
    found = {}
    for name, asked in rows.items():
        found[name] = load(api, options, *asked)
    me = found["`GET /api/me`"]
    print(f"| {options.connections} connections, {options.seconds} s each | a second | p50 | p95 | p99 | rate, `/api/me` = 1 |")
    print("|---|---|---|---|---|---|")
    for name, figures in found.items():
        times = " | ".join(f"{figures[part]:.1f} ms" for part in ("p50", "p95", "p99"))
        refused = f" ({figures['failed']} refused)" if figures["failed"] and "nowhere" not in name else ""
        print(f"| {name}{refused} | {figures['rate']:.0f} | {times} | {figures['rate'] / me['rate']:.3f} |")
    print(f"\n| {options.runs} runs, one after the other | p50 | p95 | p99 | p50, `/api/me` = 1 |\n|---|---|---|---|---|")
    beside = spread(latencies["`/api/me`, one after the other"])[0]
    for name, values in latencies.items():
        p50, p95, p99 = spread(values)
        print(f"| {name} | {p50:.1f} ms | {p95:.1f} ms | {p99:.1f} ms | {p50 / beside:.1f} |")
    print(f"\nmemory: {before:.0f} MiB before, {memory(api):.0f} MiB after")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pawl", required=True, help="the program")
    arguments.add_argument("--wrk", default=shutil.which("wrk"), help="the program that makes the load")
    arguments.add_argument("--seconds", type=int, default=10, help="how long each load lasts")
    arguments.add_argument("--connections", type=int, default=16, help="how many connections ask at once")
    arguments.add_argument("--runs", type=int, default=300, help="how many runs are timed one after the other")
    options = arguments.parse_args()
    if not options.wrk:
        sys.exit("there is no wrk: install Debian's package `wrk`, or name one with `--wrk`")
    with tempfile.TemporaryDirectory() as folder, served(options.pawl, folder) as api:
        measure(api, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
