"""Asks a `pawl dev` everything that the description of the API allows, and much that it does not.

    .tools/schemathesis/bin/python infra/checks/api.py --pawl target/debug/pawl
    .tools/schemathesis/bin/python infra/checks/api.py --pawl target/debug/pawl --examples 500 --seed 7

Schemathesis makes the requests. No answer may be a fault of ours (5xx), of a status or a type that is not described, or
of another shape.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

DESCRIPTION = Path("api/openapi.json")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
GREETING = {
    "name": "Greet",
    "steps": [{"stepSlug": "greet", "stepType": "output", "config": {"mapping": {"text": "Hello {{input.name}}"}}}],
}


@contextmanager
def served(pawl: str, folder: str):
    """A `pawl dev` with nothing in it: its address and its key."""
    command = [str(Path(pawl).resolve()), "dev", "--port", "0", "--json", "--durability", "relaxed"]
    with open(Path(folder) / "log", "w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = process.stdout.readline()
        if not line:
            sys.exit(f"error: pawl dev did not start:\n{(Path(folder) / 'log').read_text()}")
        said = json.loads(line)
        yield said["api"], said["key"]
    finally:
        process.terminate()
        process.wait(timeout=30)


def ask(url: str, key: str, path: str, body: object = None) -> dict:
    request = urllib.request.Request(url + path, method="POST", data=json.dumps(body or {}).encode())
    request.add_header("authorization", f"Bearer {key}")
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pawl", required=True, help="the program")
    arguments.add_argument("--examples", type=int, default=30, help="how many requests each operation gets")
    arguments.add_argument("--seed", type=int, default=1, help="what chance begins with")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(options.pawl, folder) as (url, key):
        # Something to find, to change and to delete.
        ask(url, key, "/api/workflows", GREETING)
        ask(url, key, "/api/workflows/greet/publish")
        ask(url, key, "/api/workflows/greet/execute", {"input": {"name": "Ada"}})
        command = [str(Path(sys.executable).absolute().parent / "schemathesis"), "run", str(DESCRIPTION.resolve()), "--url", url]
        command += ["-H", f"authorization: Bearer {key}", "--checks", CHECKS]
        command += ["--max-examples", str(options.examples), "--seed", str(options.seed), "--workers", "1", "--no-color"]
        # It keeps a cache where it runs.
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        log = (Path(folder) / "log").read_text()
    if done.returncode != 0 or "panicked" in log:
        print(done.stdout, log[-4000:], sep="\n", file=sys.stderr)
        return 1
    tested = re.search(r"Tested: (\d+)", done.stdout)
    cases = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    if not tested or not cases or tested[1] == "0":
        print(done.stdout, file=sys.stderr)
        return 1
    print(f"api: {tested[1]} operations, {cases[1]} requests, {cases[2]} of them answered as described")
    return 0


if __name__ == "__main__":
    sys.exit(main())
