"""Asks a `pawl dev` everything that the description of the API allows, and much that it does not.

    .tools/schemathesis/bin/python infra/checks/api.py --pawl target/debug/pawl
    .tools/schemathesis/bin/python infra/checks/api.py --pawl target/debug/pawl --examples 500 --seed 7

Schemathesis makes the requests. No answer may be a fault of ours (5xx), of a status or a type that is not described, or
of another shape.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from serving import served

DESCRIPTION = Path("api/openapi.json")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
GREETING = {
    "name": "Greet",
    "steps": [{"stepSlug": "greet", "stepType": "output", "config": {"mapping": {"text": "Hello {{input.name}}"}}}],
}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pawl", required=True, help="the program")
    arguments.add_argument("--examples", type=int, default=30, help="how many requests each operation gets")
    arguments.add_argument("--seed", type=int, default=1, help="what chance begins with")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(options.pawl, folder) as api:
        # Something to find, to change and to delete.
        api.publish(GREETING)
        api.ask(202, "POST", "/api/workflows/greet/execute", {"input": {"name": "Ada"}})
        command = [str(Path(sys.executable).absolute().parent / "schemathesis"), "run", str(DESCRIPTION.resolve()), "--url", api.url]
        command += ["-H", f"authorization: Bearer {api.key}", "--checks", CHECKS]
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
