"""What boto3 and an engine say to each other about executions: a function is a conversation."""

import json
from collections import Counter

from engines import ROLE, Engine
from talking import HELLO, SLEEP, WAITS_FOR_TOKEN, events, eventually, machine_of, refused, token_of, unused


def start_and_describe(engine: Engine) -> str:
    states = engine.states
    machine = engine.create(HELLO, unused("hello"))
    execution = engine.start(machine, {"name": "you"}, "first")
    ended = engine.await_end(execution)
    assert (ended["status"], ended["output"], ended["name"]) == ("SUCCEEDED", '"hello you"', "first")
    assert ended["stopDate"] >= ended["startDate"]
    assert ended["redriveStatus"] == "NOT_REDRIVABLE"
    of_execution = states.describe_state_machine_for_execution(executionArn=execution)
    assert json.loads(of_execution["definition"]) == HELLO
    refused(engine, "ExecutionAlreadyExists", lambda: engine.start(machine, {"name": "other"}, "first"))
    sleeping = engine.create(SLEEP, unused("twice"))
    once = engine.start(sleeping, {}, "once")
    assert engine.start(sleeping, {}, "once") == once, "the same name and input while it runs is the same execution"
    states.stop_execution(executionArn=once)
    return "ran, described, and a name stands for one execution"


def read_history(engine: Engine) -> str:
    machine = engine.create(machine_of({
        "one": {"Type": "Pass", "Next": "two"},
        "two": {"Type": "Pass", "Next": "three"},
        "three": {"Type": "Succeed"},
    }), unused("history"))
    execution = engine.start(machine, {})
    engine.await_end(execution)
    whole = events(engine, execution)
    assert [event["id"] for event in whole] == list(range(1, len(whole) + 1))
    assert [event["type"] for event in whole] == [
        "ExecutionStarted", "PassStateEntered", "PassStateExited", "PassStateEntered", "PassStateExited",
        "SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded",
    ]
    # The first state names the start of the execution by 0, and every other event the one that led to it.
    assert [event["previousEventId"] for event in whole] == [0, 0, 2, 3, 4, 5, 6, 7]
    paged, token = [], {}
    while True:
        page = engine.states.get_execution_history(executionArn=execution, maxResults=3, **token)
        assert len(page["events"]) <= 3
        paged += page["events"]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert paged == whole, "pages add up to the whole"
    backwards = engine.states.get_execution_history(executionArn=execution, reverseOrder=True)["events"]
    assert backwards == whole[::-1], "the reverse order is the reverse"
    bare = engine.states.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert all("input" not in event.get("stateEnteredEventDetails", {}) for event in bare)
    return f"{len(whole)} events, in pages of 3, backwards, and without data"


def list_with_filters(engine: Engine) -> str:
    machine = engine.create(HELLO, unused("list"))
    for number in range(5):
        engine.await_end(engine.start(machine, {"name": number}, f"run-{number}"))
    engine.await_end(engine.start(machine, {}, "fails"))
    listed = engine.states.list_executions
    good = listed(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"]
    assert [execution["name"] for execution in good] == [f"run-{number}" for number in reversed(range(5))], "newest first"
    assert [execution["name"] for execution in listed(stateMachineArn=machine, statusFilter="FAILED")["executions"]] == ["fails"]
    pages = engine.states.get_paginator("list_executions").paginate(stateMachineArn=machine, PaginationConfig={"PageSize": 2})
    assert [len(page["executions"]) for page in pages] == [2, 2, 2]
    return "6 executions by status and in pages"


def run_synchronously(engine: Engine) -> str:
    arn = engine.states.create_state_machine(
        name=unused("express"), definition=json.dumps(HELLO), roleArn=ROLE, type="EXPRESS"
    )["stateMachineArn"]
    answer = engine.states.start_sync_execution(stateMachineArn=arn, input='{"name": "you"}')
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", '"hello you"')
    assert answer["billingDetails"]["billedMemoryUsedInMB"] > 0
    failed = engine.states.start_sync_execution(stateMachineArn=arn, input="{}")
    assert (failed["status"], failed["error"]) == ("FAILED", "States.QueryEvaluationError")
    return "an express machine answered, and failed"


def stop(engine: Engine) -> str:
    execution = engine.start(engine.create(SLEEP, unused("stop")), {})
    assert engine.states.stop_execution(executionArn=execution, error="Enough", cause="as wanted")["stopDate"]
    ended = engine.await_end(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Enough", "as wanted")
    last = events(engine, execution)[-1]
    assert last["type"] == "ExecutionAborted" and last["executionAbortedEventDetails"] == {"error": "Enough", "cause": "as wanted"}
    return "aborted, with its error and cause"


def answer_a_token(engine: Engine) -> str:
    machine = engine.create(WAITS_FOR_TOKEN, unused("token"))
    execution = engine.start(machine, {})
    token = token_of(engine, execution)
    engine.states.send_task_heartbeat(taskToken=token)
    engine.states.send_task_success(taskToken=token, output='{"answer": 42}')
    ended = engine.await_end(execution)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"answer": 42})
    refused(engine, ("TaskTimedOut", "TaskDoesNotExist"), lambda: engine.states.send_task_success(taskToken=token, output="1"))
    types = [event["type"] for event in events(engine, execution)]
    assert types[1:5] == ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted"], types
    failing = engine.start(machine, {})
    engine.states.send_task_failure(taskToken=token_of(engine, failing), error="Rejected", cause="no")
    assert engine.await_end(failing)["error"] == "Rejected"
    return "beaten, answered, refused, and failed"


def redrive(engine: Engine) -> str:
    steps = {"before": {"Type": "Pass", "Next": "ask"}, **WAITS_FOR_TOKEN["States"]}
    execution = engine.start(engine.create(machine_of(steps), unused("redrive")), {"kept": True})
    engine.states.send_task_failure(taskToken=token_of(engine, execution), error="Broken")
    failed = engine.await_end(execution)
    assert (failed["status"], failed["redriveStatus"], failed["redriveCount"]) == ("FAILED", "REDRIVABLE", 0)
    assert engine.states.redrive_execution(executionArn=execution)["redriveDate"]
    engine.states.send_task_success(taskToken=token_of(engine, execution, attempt=2), output='"done"')
    ended = engine.await_end(execution)
    assert (ended["status"], ended["output"], ended["redriveCount"]) == ("SUCCEEDED", '"done"', 1)
    entered = Counter(event["stateEnteredEventDetails"]["name"] for event in events(engine, execution) if event["type"].endswith("Entered"))
    assert entered["before"] == 1, "what was done is not done again"
    assert any(event["type"] == "ExecutionRedriven" for event in events(engine, execution))
    refused(engine, "ExecutionNotRedrivable", lambda: engine.states.redrive_execution(executionArn=execution))
    return "failed, redriven from where it failed, succeeded"


def nested_execution(engine: Engine) -> str:
    child = engine.create(HELLO, unused("child"))
    parent = machine_of({
        "call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": {"StateMachineArn": child, "Input": {"name": "{% $states.input.name %}"}},
            "Output": "{% $states.result.Output %}",
            "End": True,
        }
    })
    ended = engine.await_end(engine.start(engine.create(parent, unused("parent")), {"name": "child"}))
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", '"hello child"'), ended.get("cause")
    return "a machine started another and had its output"


def map_runs(engine: Engine) -> str:
    definition = machine_of({
        "many": {
            "Type": "Map",
            "Items": "{% [1..6] %}",
            "MaxConcurrency": 2,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "double",
                "States": {"double": {"Type": "Pass", "Output": "{% $states.input * 2 %}", "End": True}},
            },
            "End": True,
        }
    })
    execution = engine.start(engine.create(definition, unused("distributed")), {})
    ended = engine.await_end(execution)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", [2, 4, 6, 8, 10, 12]), ended.get("cause")
    [run] = engine.states.list_map_runs(executionArn=execution)["mapRuns"]
    described = engine.states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (described["status"], described["maxConcurrency"]) == ("SUCCEEDED", 2)
    assert described["itemCounts"]["succeeded"] == described["executionCounts"]["succeeded"] == 6
    children = engine.states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert len(children) == 6 and all(child["mapRunArn"] == run["mapRunArn"] for child in children)
    return "6 children, listed and counted"


def update_a_map_run(engine: Engine) -> str:
    definition = machine_of({
        "many": {
            "Type": "Map",
            "Items": "{% [1..4] %}",
            "MaxConcurrency": 1,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "sleep",
                "States": SLEEP["States"],
            },
            "End": True,
        }
    })
    execution = engine.start(engine.create(definition, unused("update")), {})
    [run] = eventually(lambda: engine.states.list_map_runs(executionArn=execution)["mapRuns"])
    engine.states.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=3, toleratedFailureCount=1)
    described = engine.states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (described["maxConcurrency"], described["toleratedFailureCount"]) == (3, 1)
    eventually(lambda: engine.states.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]["running"] == 3)
    engine.states.stop_execution(executionArn=execution)
    return "a Map Run went from 1 to 3 at a time while it ran"


ALL = [
    start_and_describe, read_history, list_with_filters, run_synchronously, stop, answer_a_token, redrive,
    nested_execution, map_runs, update_a_map_run,
]
