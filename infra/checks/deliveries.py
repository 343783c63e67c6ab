"""Delivers thousands of webhooks to a `pawl dev`, twice and thrice and in any order, and counts the runs.

    python3 infra/checks/deliveries.py --pawl target/debug/pawl
    python3 infra/checks/deliveries.py --pawl target/release/pawl --deliveries 10000

Every delivery is signed as GitHub does it. Each event comes several times, at once and late; some come once more with
another body, and some with a signature that is not theirs. Every event is to be one run with the body that came first,
whoever repeats it is to be told that run, and the log is to say of every delivery what became of it.
"""

import argparse
import hashlib
import hmac
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

from serving import Api, served

WORKFLOW = {
    "name": "Many",
    "steps": [
        {
            "stepSlug": "start", "stepType": "trigger", "nextSteps": {"success": "tell"},
            "config": {"type": "webhook", "path": "/many", "maxPerMinute": 100_000, "verify": {"provider": "github"}},
        },
        {"stepSlug": "tell", "stepType": "output", "config": {"mapping": {"event": "{{input.event}}"}}},
    ],
}
SECRET = b"a secret that both sides have"
# Of a hundred deliveries, so many have the key of another event's, so many a signature of something else.
OTHER_BODY, FORGED = 5, 5
EACH = 5
AT_ONCE = 32


def deliveries(count: int, chance: random.Random) -> list[tuple[str, bytes, bool]]:
    """The key, the body, and whether it is signed, in the order in which they are sent."""
    sound = count * (100 - OTHER_BODY - FORGED) // 100
    events = max(1, sound // EACH)
    sent = []
    for number in range(sound):
        event = number % events
        sent.append((f"event-{event}", json.dumps({"event": event}).encode(), True))
    for number in range(count - sound):
        event = chance.randrange(events)
        is_signed = number % (OTHER_BODY + FORGED) < OTHER_BODY
        sent.append((f"event-{event}", json.dumps({"event": event, "other": number}).encode(), is_signed))
    chance.shuffle(sent)
    return sent


class Deliverer:
    """Somebody who delivers over a connection of their own."""

    def __init__(self, url: str, key: str):
        self.api = Api(url, key)

    def deliver(self, delivery: tuple[str, bytes, bool]) -> tuple[int, str | None]:
        key, body, is_signed = delivery
        signature = hmac.new(SECRET if is_signed else b"another", body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-github-delivery": key, "x-hub-signature-256": f"sha256={signature}"}
        status, answer = self.api.send("POST", "/webhooks/many", body, headers)
        return status, answer.get("execution_id")


def send_all(api: Api, sent: list) -> list[tuple[int, str | None]]:
    """Sends everything, so many at once: the answers in the same order."""
    free = [Deliverer(api.url, api.key) for _ in range(AT_ONCE)]

    def send(delivery):
        deliverer = free.pop()
        try:
            return deliverer.deliver(delivery)
        finally:
            free.append(deliverer)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(send, sent))


def check_answers(sent: list, answers: list) -> dict[str, tuple[str, bytes]]:
    """Holds the answers against what was sent: by key, the run and the body that it was started with."""
    first: dict[str, tuple[str, bytes]] = {}
    runs = defaultdict(set)
    for (key, body, is_signed), (status, run) in zip(sent, answers):
        if not is_signed:
            expect(status == 401, f"a forged delivery of {key} was answered with {status}")
        elif status == 202:
            expect(key not in first, f"{key} was accepted twice")
            first[key] = (run, body)
            runs[key].add(run)
    for (key, body, is_signed), (status, run) in zip(sent, answers):
        if not is_signed or status == 202:
            continue
        is_same = body == first[key][1]
        expect(status == (200 if is_same else 409), f"{key} was answered with {status}, the same body: {is_same}")
        if is_same:
            runs[key].add(run)
    expect(all(len(found) == 1 for found in runs.values()), "a repeated delivery was told another run")
    expect(first.keys() == {key for key, _, is_signed in sent if is_signed}, "an event has no run")
    return first


def check_runs(api: Api, first: dict[str, tuple[str, bytes]]) -> None:
    """Holds the runs that there are against those that there should be; each ends and has the input of its delivery."""
    until = time.monotonic() + 300
    while True:
        runs = api.every("/api/executions?workflow_id=many")
        if all(run["status"] == "completed" for run in runs) or time.monotonic() > until:
            break
        time.sleep(0.5)
    expect(Counter(run["status"] for run in runs) == {"completed": len(first)}, f"the runs stand {Counter(run['status'] for run in runs)}")
    expect({run["id"] for run in runs} == {run for run, _ in first.values()}, "the runs are others than those that were told")
    for key, (run, body) in random.Random(1).sample(sorted(first.items()), min(50, len(first))):
        found = api.ask(200, "GET", f"/api/executions/{run}")
        expect(found["input"] == json.loads(body), f"run {run} of {key} has the input {found['input']}")


def check_log(api: Api, answers: list) -> Counter:
    """Holds the log against the answers."""
    said = Counter(entry["outcome"] for entry in api.every("/api/webhooks/many/deliveries"))
    words = {202: "accepted", 200: "duplicate", 401: "rejected", 409: "rejected"}
    expect(said == Counter(words[status] for status, _ in answers), f"the log says {said}")
    return said


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        sys.exit(f"error: {otherwise}")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pawl", required=True, help="the program")
    arguments.add_argument("--deliveries", type=int, default=1_000, help="how many deliveries there are")
    arguments.add_argument("--seed", type=int, default=1, help="what chance begins with")
    options = arguments.parse_args()
    sent = deliveries(options.deliveries, random.Random(options.seed))
    with tempfile.TemporaryDirectory() as folder, served(options.pawl, folder) as api:
        api.publish(WORKFLOW)
        api.ask(200, "POST", "/api/webhooks/many/secret", {"secret": SECRET.decode()})
        began = time.monotonic()
        answers = send_all(api, sent)
        took = time.monotonic() - began
        first = check_answers(sent, answers)
        check_runs(api, first)
        said = check_log(api, answers)
    words = ", ".join(f"{count} {outcome}" for outcome, count in sorted(said.items()))
    print(f"deliveries: {len(sent)} in {took:.1f} s ({len(sent) / took:.0f} a second), {words}; {len(first)} runs, as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
