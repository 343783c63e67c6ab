"""What boto3 and an engine say to each other about events and schedules: a function is a conversation."""

import json
import time
from datetime import datetime, timedelta, timezone

from engines import ROLE, Engine
from talking import HELLO, eventually, machine_of, refused, unused

SECONDS_TO_FIRE = 75


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


ALL = [
    an_event_starts_a_machine, status_changes_are_events, a_schedule_fires,
]
