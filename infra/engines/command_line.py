"""The same by hand: the AWS command line, as a person would type it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from engines import KEYS, REGION, ROLE, Engine
from talking import HELLO, WAITS_FOR_TOKEN, eventually, machine_of, token_of, unused

AWS = Path(sys.executable).with_name("aws")


def aws(engine: Engine, *words: str) -> dict:
    """What a command prints. One that fails raises what it says."""
    environment = {**os.environ, **KEYS, "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", "NO_PROXY": "127.0.0.1"}
    command = [str(AWS), "--endpoint-url", engine.endpoint, "--output", "json", *words]
    ran = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if ran.returncode != 0:
        raise AssertionError(f"`aws {' '.join(words[:2])}`: {ran.stderr.strip()}")
    return json.loads(ran.stdout) if ran.stdout.strip() else {}


def by_hand(engine: Engine) -> str:
    who = aws(engine, "sts", "get-caller-identity")
    assert who["Account"] and who["Arn"]
    machine = aws(
        engine, "stepfunctions", "create-state-machine", "--name", unused("by-hand"), "--role-arn", ROLE,
        "--definition", json.dumps(HELLO),
    )["stateMachineArn"]
    start = ["start-execution", "--state-machine-arn", machine, "--input", '{"name": "you"}']
    execution = aws(engine, "stepfunctions", *start)["executionArn"]
    engine.await_end(execution)
    described = aws(engine, "stepfunctions", "describe-execution", "--execution-arn", execution)
    assert described["output"] == '"hello you"'
    history = aws(engine, "stepfunctions", "get-execution-history", "--execution-arn", execution, "--max-items", "2")
    assert len(history["events"]) == 2 and history["NextToken"]
    return "sts, create, start, describe, history"


def redrive_by_hand(engine: Engine) -> str:
    machine = engine.create(WAITS_FOR_TOKEN, unused("redrive-by-hand"))
    execution = engine.start(machine, {})
    aws(engine, "stepfunctions", "send-task-failure", "--task-token", token_of(engine, execution), "--error", "Broken")
    assert engine.await_end(execution)["status"] == "FAILED"
    aws(engine, "stepfunctions", "redrive-execution", "--execution-arn", execution)
    aws(
        engine, "stepfunctions", "send-task-success", "--task-token", token_of(engine, execution, attempt=2),
        "--task-output", '{"by": "hand"}',
    )
    assert json.loads(engine.await_end(execution)["output"]) == {"by": "hand"}
    return "failed by a token, redriven, answered"


def put_events_by_hand(engine: Engine) -> str:
    rule = unused("by-hand")
    machine = engine.create(machine_of({"keep": {"Type": "Pass", "End": True}}), unused("put-events"))
    aws(engine, "events", "put-rule", "--name", rule, "--event-pattern", json.dumps({"source": [rule]}))
    aws(engine, "events", "put-targets", "--rule", rule, "--targets", json.dumps([{"Id": "1", "Arn": machine, "RoleArn": ROLE}]))
    entry = {"Source": rule, "DetailType": "test", "Detail": '{"by": "hand"}'}
    assert aws(engine, "events", "put-events", "--entries", json.dumps([entry]))["FailedEntryCount"] == 0
    [execution] = eventually(lambda: engine.states.list_executions(stateMachineArn=machine)["executions"])
    assert json.loads(engine.await_end(execution["executionArn"])["output"])["detail"] == {"by": "hand"}
    return "an event started a machine"


ALL = [by_hand, redrive_by_hand, put_events_by_hand]
