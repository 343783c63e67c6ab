"""What conversations with an engine have in common: machines, names, patience, and calls that must be refused."""

import itertools
import json
import time

from botocore.exceptions import ClientError

import stand_in
from engines import Engine

NUMBERS = itertools.count(1)


def unused(what: str) -> str:
    """A name that nothing had before, also where the engine keeps what an earlier run left."""
    return f"{what}-{int(time.time() * 1000)}-{next(NUMBERS)}"


def machine_of(states: dict, **fields) -> dict:
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **fields}


GREETING = "{% $exists($states.input.name) ? 'hello ' & $states.input.name : $error('nobody to greet') %}"
HELLO = machine_of({"hello": {"Type": "Pass", "Output": GREETING, "End": True}})
SLEEP = machine_of({"sleep": {"Type": "Wait", "Seconds": 3600, "End": True}})
WAITS_FOR_TOKEN = machine_of({
    "ask": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {"FunctionName": stand_in.NAME, "Payload": {"return": "{% $states.context.Task.Token %}"}},
        "End": True,
    }
})


def eventually(ask, seconds: float = 20):
    """What `ask` gives as soon as it gives anything."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"nothing within {seconds} seconds")


def events(engine: Engine, execution: str) -> list[dict]:
    pages = engine.states.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event for page in pages for event in page["events"]]


def token_of(engine: Engine, execution: str, attempt: int = 1) -> str:
    """The token that a Task gave away, as the history tells it, once the function that was given it has answered."""

    def found():
        history = events(engine, execution)
        scheduled = [event["taskScheduledEventDetails"] for event in history if event["type"] == "TaskScheduled"]
        submitted = sum(event["type"] == "TaskSubmitted" for event in history)
        return submitted >= attempt and json.loads(scheduled[attempt - 1]["parameters"])["Payload"]["return"]

    return eventually(found)


def refused(engine: Engine, codes: str | tuple[str, ...], call) -> None:
    """A call that must raise one of these exceptions."""
    expected = (codes,) if isinstance(codes, str) else codes
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] in expected, f"{error.response['Error']['Code']} instead of {codes}: {error}"
        return
    raise AssertionError(f"it was not refused with {codes}")
