"""What boto3 and an engine say to each other: each function is one conversation, and says what came of it."""

import itertools
import json
import time
from collections import Counter
from datetime import datetime, timedelta, timezone

import stand_in
from engines import ROLE, Engine

NUMBERS = itertools.count(1)
SECONDS_TO_FIRE = 75


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
    """The token that a Task gave away, as the history tells it."""

    def found():
        scheduled = [event["taskScheduledEventDetails"] for event in events(engine, execution) if event["type"] == "TaskScheduled"]
        return len(scheduled) >= attempt and json.loads(scheduled[attempt - 1]["parameters"])["Payload"]["return"]

    return eventually(found)


def create_and_describe(engine: Engine) -> str:
    states, name = engine.states, unused("described")
    arn = engine.create(HELLO, name)
    assert engine.create(HELLO, name) == arn, "creating the same machine again gives the same one"
    described = states.describe_state_machine(stateMachineArn=arn)
    assert json.loads(described["definition"]) == HELLO
    assert (described["name"], described["status"], described["type"], described["roleArn"]) == (name, "ACTIVE", "STANDARD", ROLE)
    pages = states.get_paginator("list_state_machines").paginate()
    assert any(machine["stateMachineArn"] == arn for page in pages for machine in page["stateMachines"])
    updated = states.update_state_machine(stateMachineArn=arn, definition=json.dumps(SLEEP))
    assert updated["revisionId"], "an update has a revision"
    assert json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"]) == SLEEP
    states.delete_state_machine(stateMachineArn=arn)
    return "created twice as one, described, listed, updated, deleted"


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


def versions_and_aliases(engine: Engine) -> str:
    states, name = engine.states, unused("versions")
    machine = engine.create(HELLO, name)
    first = states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    again = states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    assert first == again == f"{machine}:1", "publishing what is published gives the same version"
    other = machine_of({"other": {"Type": "Pass", "Output": "other", "End": True}})
    states.update_state_machine(stateMachineArn=machine, definition=json.dumps(other))
    second = states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    listed = states.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in listed] == [second, first]
    weights = [{"stateMachineVersionArn": first, "weight": 50}, {"stateMachineVersionArn": second, "weight": 50}]
    alias = states.create_state_machine_alias(name="live", routingConfiguration=weights)["stateMachineAliasArn"]
    assert alias == f"{machine}:live"
    runs = [engine.await_end(engine.start(alias, {"name": "you"})) for _ in range(40)]
    assert all(run["stateMachineAliasArn"] == alias for run in runs)
    shares = Counter(run["stateMachineVersionArn"] for run in runs)
    assert set(shares) == {first, second}, f"both versions have a share: {shares}"
    outputs = {first: '"hello you"', second: '"other"'}
    assert all(run["output"] == outputs[run["stateMachineVersionArn"]] for run in runs)
    all_to_second = [{"stateMachineVersionArn": second, "weight": 100}]
    states.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=all_to_second)
    routed = states.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"]
    assert routed == all_to_second
    assert engine.await_end(engine.start(alias, {}))["output"] == '"other"'
    assert engine.await_end(engine.start(first, {"name": "old"}))["output"] == '"hello old"'
    refused(engine, "ConflictException", lambda: states.delete_state_machine_version(stateMachineVersionArn=second))
    states.delete_state_machine_alias(stateMachineAliasArn=alias)
    states.delete_state_machine_version(stateMachineVersionArn=second)
    return f"two versions, an alias of 50 and 50: {shares[first]} and {shares[second]} of 40 runs"


def validate_definitions(engine: Engine) -> str:
    validate = engine.states.validate_state_machine_definition
    good = validate(definition=json.dumps(HELLO))
    assert (good["result"], good["diagnostics"]) == ("OK", [])
    bad = validate(definition=json.dumps(machine_of({"one": {"Type": "Pass", "Next": "two"}})))
    codes = {diagnostic["code"] for diagnostic in bad["diagnostics"]}
    assert bad["result"] == "FAIL" and codes == {"MISSING_TRANSITION_TARGET"}, codes
    unread = validate(definition=json.dumps(machine_of({"one": {"Type": "Pass", "Output": "{% ( %}", "End": True}})))
    assert unread["result"] == "FAIL" and unread["diagnostics"], "an expression that cannot be read is found"
    return "one good, two bad"


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


def tags(engine: Engine) -> str:
    arn = engine.create(HELLO, unused("tagged"))
    engine.states.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "one"}, {"key": "cost", "value": "low"}])
    engine.states.untag_resource(resourceArn=arn, tagKeys=["cost"])
    assert engine.states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "team", "value": "one"}]
    return "tagged and untagged"


def functions(engine: Engine) -> str:
    client, name = engine.client("lambda"), unused("function")
    client.create_function(
        FunctionName=name, Runtime="provided.al2023", Role=ROLE, Handler="bootstrap", Code={"ZipFile": stand_in.package()}
    )
    answer = client.invoke(FunctionName=name, Payload=b'{"return": [1, 2]}')
    assert (answer["StatusCode"], json.load(answer["Payload"])) == (200, [1, 2])
    raised = client.invoke(FunctionName=name, Payload=b'{"raise": {"error": "Broken", "message": "no"}}')
    assert raised["FunctionError"] == "Unhandled" and json.load(raised["Payload"])["errorType"] == "Broken"
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    through = client.invoke(FunctionName=name, Qualifier="live", Payload=b'{"return": "alias"}')
    assert (through["ExecutedVersion"], json.load(through["Payload"])) == (version, "alias")
    client.delete_function(FunctionName=name)
    return "created, invoked, failed, published, invoked by an alias"


def an_event_starts_a_machine(engine: Engine) -> str:
    bus, events_of_aws = unused("bus"), engine.client("events")
    machine = engine.create(machine_of({"keep": {"Type": "Pass", "End": True}}), unused("on-event"))
    events_of_aws.create_event_bus(Name=bus)
    pattern = {"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}
    events_of_aws.put_rule(Name="big-orders", EventBusName=bus, EventPattern=json.dumps(pattern))
    transformer = {"InputPathsMap": {"order": "$.detail.order"}, "InputTemplate": '{"order": <order>}'}
    target = {"Id": "machine", "Arn": machine, "RoleArn": ROLE, "InputTransformer": transformer}
    assert events_of_aws.put_targets(Rule="big-orders", EventBusName=bus, Targets=[target])["FailedEntryCount"] == 0
    entry = {"Source": "shop", "DetailType": "order", "EventBusName": bus}
    put = events_of_aws.put_events(Entries=[
        {**entry, "Detail": '{"order": "small", "total": 5}'}, {**entry, "Detail": '{"order": "big", "total": 500}'},
    ])
    assert put["FailedEntryCount"] == 0 and len(put["Entries"]) == 2
    [execution] = eventually(lambda: engine.states.list_executions(stateMachineArn=machine)["executions"])
    ended = engine.await_end(execution["executionArn"])
    assert json.loads(ended["output"]) == {"order": "big"}
    return "the event that matched started one execution, with what the transformer made"


def a_schedule_fires(engine: Engine) -> str:
    scheduler, name = engine.client("scheduler"), unused("schedule")
    machine = engine.create(machine_of({"keep": {"Type": "Pass", "End": True}}), unused("scheduled"))
    due = (datetime.now(timezone.utc) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    scheduler.create_schedule(
        Name=name, ScheduleExpression=f"at({due})", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine, "RoleArn": ROLE, "Input": '{"due": "<aws.scheduler.scheduled-time>"}'},
        ActionAfterCompletion="DELETE",
    )
    assert scheduler.get_schedule(Name=name)["State"] == "ENABLED"
    executions = lambda: engine.states.list_executions(stateMachineArn=machine)["executions"]
    [execution] = eventually(executions, SECONDS_TO_FIRE)
    ended = engine.await_end(execution["executionArn"])
    assert json.loads(ended["output"])["due"].startswith(due), ended["output"]
    refused(engine, "ResourceNotFoundException", lambda: eventually_gone(scheduler, name))
    return "at a moment, once, and it deleted itself"


def eventually_gone(scheduler, name: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        scheduler.get_schedule(Name=name)
        time.sleep(0.1)


def status_changes_are_events(engine: Engine) -> str:
    events_of_aws, rule = engine.client("events"), unused("ended")
    watched = engine.create(HELLO, unused("watched"))
    machine = engine.create(machine_of({"keep": {"Type": "Pass", "End": True}}), unused("watches"))
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [watched], "status": ["SUCCEEDED"]}}
    events_of_aws.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events_of_aws.put_targets(Rule=rule, Targets=[{"Id": "machine", "Arn": machine, "RoleArn": ROLE}])
    execution = engine.start(watched, {"name": "you"})
    [seen] = eventually(lambda: engine.states.list_executions(stateMachineArn=machine)["executions"])
    event = json.loads(engine.await_end(seen["executionArn"])["output"])
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["executionArn"] == execution and event["detail"]["output"] == '"hello you"'
    return "an end came over the default bus"


def refused(engine: Engine, codes: str | tuple[str, ...], call) -> None:
    """A call that must raise one of these exceptions."""
    from botocore.exceptions import ClientError

    expected = (codes,) if isinstance(codes, str) else codes
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] in expected, f"{error.response['Error']['Code']} instead of {codes}: {error}"
        return
    raise AssertionError(f"it was not refused with {codes}")


ALL = [
    create_and_describe, start_and_describe, read_history, list_with_filters, versions_and_aliases, validate_definitions,
    run_synchronously, stop, answer_a_token, redrive, nested_execution, map_runs, update_a_map_run, tags, functions,
    an_event_starts_a_machine, status_changes_are_events, a_schedule_fires,
]
