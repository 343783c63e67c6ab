"""How many clients one `pawl dev` holds that watch one run, how soon they hear, and what they cost in memory.

    python3 infra/bench/stream.py --pawl target/release/pawl --clients 500

Each client is a connection of its own. The run waits for an approval; when all clients are there it is cancelled, and
every client must hear `complete`, with the same events in the same order.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request

WORKFLOW = {
    "name": "Watched",
    "steps": [
        {"stepSlug": "ask", "stepType": "approval", "config": {"message": "Go on?"}, "nextSteps": {"approved": "say"}},
        {"stepSlug": "say", "stepType": "output", "config": {"mapping": {"text": "Done"}}},
    ],
}


def ask(api, key, method, path, body=None):
    """The answer of the API."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(api + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def memory(process):
    """The resident memory of a process, in MiB."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def watch(host, port, path, key, ready):
    """One client: seconds until its first event, when it heard the end, and the ids it got."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\r\n".encode())
    await writer.drain()
    first, ids = None, []
    while True:
        line = (await reader.readline()).decode().strip()
        if line == "event: connected":
            first = time.perf_counter() - began
        elif line.startswith("id: "):
            ids.append(int(line[4:]))
        elif '"status":"waiting"' in line:
            ready.release()
        elif line == "event: complete":
            ended = time.time()
            writer.close()
            return first, ended, ids


def spread(seconds):
    """The middle, the 99th of a hundred, and the last, in milliseconds."""
    ordered = sorted(seconds)
    at = lambda part: ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000
    return f"median {at(0.5):.0f} ms, p99 {at(0.99):.0f} ms, worst {ordered[-1] * 1000:.0f} ms"


async def main():
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="target/release/pawl")
    parser.add_argument("--clients", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as state:
        command = [options.pawl, "dev", "--port", "0", "--api-port", "0", "--state", state, "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            said = json.loads(process.stdout.readline())
            await measure(process, said["api"], said["key"], options.clients)
        finally:
            process.terminate()
            process.wait(30)


async def measure(process, api, key, clients):
    """Watches a run with so many clients."""
    workflow = ask(api, key, "POST", "/api/workflows", WORKFLOW)["id"]
    ask(api, key, "POST", f"/api/workflows/{workflow}/publish")
    # One client first, so that what is made once does not count as theirs.
    for count in (1, clients):
        run = ask(api, key, "POST", f"/api/workflows/{workflow}/execute", {})["execution_id"]
        path, host, port = f"/api/executions/{run}/stream", *api.removeprefix("http://").split(":")
        ready = asyncio.Semaphore(0)
        before = memory(process)
        watching = [asyncio.create_task(watch(host, int(port), path, key, ready)) for _ in range(count)]
        for _ in range(count):
            await ready.acquire()
        await asyncio.sleep(2)
        during = memory(process)
        began = time.time()
        ended = await asyncio.to_thread(end_run, api, key, run)
        results = await asyncio.gather(*watching)
        told = {tuple(ids) for _, _, ids in results}
        if len(told) != 1 or not ended:
            sys.exit(f"clients heard different stories: {len(told)}")
        print(f"{count} clients: {before:.1f} MiB before, {during:.1f} MiB with all of them")
        print(f"  request to first event: {spread([first for first, _, _ in results])}")
        print(f"  cancel to `complete`: {spread([heard - began for _, heard, _ in results])}")


def end_run(api, key, run):
    """Ends the run."""
    return ask(api, key, "POST", f"/api/executions/{run}/cancel")


if __name__ == "__main__":
    asyncio.run(main())
