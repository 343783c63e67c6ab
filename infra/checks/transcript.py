"""Goes through the life of a workflow with `curl`, from an empty `pawl dev`, and prints what was asked and answered.

    python3 infra/checks/transcript.py --pawl target/debug/pawl
    python3 infra/checks/transcript.py --pawl target/debug/pawl > transcript.txt

A definition is checked, kept, published and run; the run is watched, waits for a decision, fails by a slip in its
definition, and goes on by a version without the slip: what was done before is not done again. Each answer is held
against what it should be.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from serving import Api, served

WIDEST = 160


def offer(mapping: str) -> dict:
    """A workflow that asks before it writes a letter."""
    return {
        "name": "Send offer",
        "steps": [
            {"stepSlug": "start", "stepType": "trigger", "config": {"type": "manual"}, "nextSteps": {"success": "price"}},
            {"stepSlug": "price", "stepType": "action", "nextSteps": {"success": "ask"},
             "config": {"type": "set_variables", "parameters": {"price": "{{input.units * 12}}"}}},
            {"stepSlug": "ask", "stepType": "approval", "config": {"message": "Offer {{price}} to {{input.customer.name}}?"},
             "nextSteps": {"approved": "letter", "rejected": "end"}},
            {"stepSlug": "letter", "stepType": "output", "config": {"mapping": {"text": mapping}}},
        ],
    }


class Walk:
    """Somebody with `curl`, an address and a key."""

    def __init__(self, api: Api):
        self.api = api

    def heading(self, text: str) -> None:
        print(f"\n# {text}\n")

    def curl(self, status: int, method: str, path: str, body: Any = None, *headers: str) -> Any:
        """Asks, prints both sides, and wants an answer of this status."""
        words = ["-X", method, f"$PAWL_URL{path}", "-H", "authorization: Bearer $PAWL_KEY"]
        for header in headers:
            words += ["-H", header]
        if body is not None:
            words += ["-H", "content-type: application/json", "-d", json.dumps(body)]
        done = self.run([*words, "-w", "\n%{http_code}"], shown=words)
        text, _, got = done.rpartition("\n")
        print(shortened(text))
        answer = json.loads(text) if text else None
        expect(int(got) == status, f"{method} {path} was answered with {got} instead of {status}")
        return answer

    def stream(self, path: str, until: str) -> list[tuple[str, dict]]:
        """Watches until an event of this kind, or of this status: name and data of each."""
        words = ["-N", f"$PAWL_URL{path}", "-H", "authorization: Bearer $PAWL_KEY"]
        print(f"$ curl -s {shell(words)}")
        command = ["curl", "-sS", "--max-time", "60", *map(self.filled, words)]
        events, name = [], ""
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
            for line in curl.stdout:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ").strip()
                elif line.startswith("data: "):
                    data = json.loads(line.removeprefix("data: "))
                    print(f"event: {name}\n{shortened(line.strip())}")
                    events.append((name, data))
                    if until in (name, data.get("status")):
                        break
            curl.terminate()
        expect(bool(events) and until in (events[-1][0], events[-1][1].get("status")), f"the stream ended before `{until}`")
        return events

    def run(self, words: list[str], shown: list[str]) -> str:
        print(f"$ curl -s {shell(shown)}")
        command = ["curl", "-sS", "--max-time", "60", *map(self.filled, words)]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def filled(self, word: str) -> str:
        return word.replace("$PAWL_URL", self.api.url).replace("$PAWL_KEY", self.api.key)


def shell(words: list[str]) -> str:
    """Words as a shell takes them; the variables stay open to it."""
    quoted = [word if word.replace("-", "").isalnum() else f"'{word}'" if word.startswith("{") else f'"{word}"' for word in words]
    return " ".join(quoted)


def shortened(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        sys.exit(f"error: {otherwise}")


def prepare(walk: Walk) -> None:
    """Checks, keeps and publishes the definition."""
    walk.heading("What is wrong with a definition is data")
    broken = offer("Dear")
    broken["steps"][2]["nextSteps"]["approved"] = "leter"
    said = walk.curl(200, "POST", "/api/workflows/validate", broken)
    expect(not said["valid"] and "letter" in json.dumps(said["diagnostics"]), "the slip is not found")
    walk.heading("It is kept as a draft, and published")
    slip = offer("Dear {{input.customer.nmae}}, it is {{price}}.")
    walk.curl(201, "POST", "/api/workflows", slip)
    walk.curl(409, "POST", "/api/workflows/send_offer/execute", {})
    published = walk.curl(200, "POST", "/api/workflows/send_offer/publish")
    expect(published["active_version"] == 1, "version 1 is not active")


def decide(walk: Walk) -> str:
    """Starts a run, watches it, and answers what it asks: the run."""
    walk.heading("A run is started once, however often it is asked for")
    body = {"input": {"units": 7, "customer": {"name": "Ada"}}}
    started = walk.curl(202, "POST", "/api/workflows/send_offer/execute", body, "idempotency-key: order-7")
    run = started["execution_id"]
    again = walk.curl(200, "POST", "/api/workflows/send_offer/execute", body, "idempotency-key: order-7")
    expect(again["execution_id"] == run and again["duplicate"], "the same request started another run")
    walk.heading("It is watched, and waits for somebody")
    events = walk.stream(f"/api/executions/{run}/stream", until="waiting")
    expect(events[0][0] == "connected", "the stream does not begin with `connected`")
    asked = walk.curl(200, "GET", "/api/waits")
    expect([wait["question"]["message"] for wait in asked] == ["Offer 84 to Ada?"], "the question is another one")
    approval = f"/api/approvals/{run}~{asked[0]['at']}"
    walk.curl(200, "POST", approval, {"decision": "approved", "comment": "Fine"})
    return run


def mend(walk: Walk, run: str) -> None:
    """Finds out why the run failed, publishes a version without the slip, and goes on with it."""
    walk.heading("It fails by a slip in the definition")
    events = walk.stream(f"/api/executions/{run}/stream", until="complete")
    expect(events[-1][1]["status"] == "failed", f"the run is {events[-1][1]['status']}")
    failed = walk.curl(200, "GET", f"/api/executions/{run}")
    expect("nmae" in failed["error"]["message"] and failed["error"]["step"] == "letter", "the error does not name the slip")
    walk.heading("The slip is mended, and the run goes on where it failed")
    walk.curl(200, "PUT", "/api/workflows/send_offer", offer("Dear {{input.customer.name}}, it is {{price}}."))
    published = walk.curl(200, "POST", "/api/workflows/send_offer/publish")
    expect(published["active_version"] == 2, "version 2 is not active")
    walk.curl(202, "POST", f"/api/executions/{run}/resume", {"version": "active"})
    walk.stream(f"/api/executions/{run}/stream", until="complete")
    done = walk.curl(200, "GET", f"/api/executions/{run}")
    expect(done["status"] == "completed" and done["result"] == {"text": "Dear Ada, it is 84."}, f"the run gave {done['result']}")
    before = {step["at"]: step for step in failed["steps"] if step["status"] == "completed"}
    after = {step["at"]: step for step in done["steps"]}
    expect(all(after.get(at) == step for at, step in before.items()), "a step was done again")
    expect(len(before) >= 2, "nothing was done before")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pawl", required=True, help="the program")
    arguments.add_argument("--quiet", action="store_true", help="only say that every answer was as it should be")
    options = arguments.parse_args()
    output = open(os.devnull, "w") if options.quiet else sys.stdout
    with tempfile.TemporaryDirectory() as folder, served(options.pawl, folder) as api, contextlib.redirect_stdout(output):
        walk = Walk(api)
        prepare(walk)
        mend(walk, decide(walk))
    print("transcript: every answer was as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
