"""The chain of ten steps as a workflow of ours: published to `pawl dev`, and started as a client does."""

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

import chain
from engines import ROLE, Engine
from wire import Wire

CUSTOMER = {"_id": "one", "name": "One", "email": "one@example.com"}
# The functions of `pawl dev`, by the placeholders that `pawl compile` leaves.
FUNCTIONS = {"TriggerFunction": "trigger", "ActionFunction": "action", "TransformFunction": "transform"}


def workflow() -> dict:
    """A trigger and ten reads of a customer, one after the other."""
    slugs = [f"step_{number}" for number in range(1, chain.STEPS + 1)]
    parameters = {"operation": "get_by_id", "customerId": "{{input.customerId}}"}
    inputs = [{"name": "customerId", "type": "text", "required": True}]
    steps = [{"stepSlug": "start", "name": "Start", "stepType": "trigger", "config": {"type": "manual", "inputs": inputs}}]
    steps += [
        {"stepSlug": slug, "name": slug, "stepType": "action", "config": {"type": "customer", "parameters": parameters}}
        for slug in slugs
    ]
    for step, following in zip(steps, [*slugs, None]):
        step["nextSteps"] = {"success": following} if following else {}
    return {"name": "Ten steps", "description": "Ten steps in a row.", "version": "1.0.0", "steps": steps}


def prepared(program: str, endpoint: str, scratch: Path, pool: Executor) -> tuple[Callable[[], None], Callable[[int], None]]:
    """What starts a run and returns when it is done, and the same for many at once."""
    definition, machine = scratch / "workflow.json", scratch / "machine.asl.json"
    definition.write_text(json.dumps(workflow()))
    command = [str(Path(program).resolve()), "compile", str(definition), "-o", str(machine)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    text = machine.read_text()
    for placeholder, function in FUNCTIONS.items():
        text = text.replace("${" + placeholder + "}", f"arn:aws:lambda:us-east-1:000000000000:function:{function}:1")
    engine = Engine("pawl", endpoint)
    engine.client("dynamodb").put_item(TableName="pawl", Item={
        "pk": {"S": "default#customers"}, "sk": {"S": CUSTOMER["_id"]}, "value": {"S": json.dumps(CUSTOMER)}, "version": {"N": "1"},
    })
    published = engine.states.create_state_machine(name="ten-steps", definition=text, roleArn=ROLE, publish=True)
    arn, wire = published["stateMachineVersionArn"], Wire(endpoint)

    def start(_=None) -> str:
        return wire.start(arn, {"customerId": CUSTOMER["_id"]})

    def await_end(execution: str, pause: float) -> None:
        ended = wire.await_end(execution, 60, pause)
        if ended["status"] != "SUCCEEDED":
            raise RuntimeError(f"a run of ten steps ended as {ended['status']}: {ended.get('error')} {ended.get('cause')}")

    def run() -> None:
        await_end(start(), pause=0.001)

    def batch(count: int) -> None:
        # One asks after the other: fifty that ask all the time would be most of what the server does.
        for execution in list(pool.map(start, range(count))):
            await_end(execution, pause=0.005)

    run()
    return run, batch
