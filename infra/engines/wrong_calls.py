"""Calls that AWS refuses, each with the exception that boto3 raises for it."""

import json

from botocore.exceptions import ClientError

from engines import ROLE, Engine
from talking import HELLO, SLEEP, machine_of, unused

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:{}"
EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:{}:none"
MAP_RUN = "arn:aws:states:us-east-1:000000000000:mapRun:none/one:11111111-2222-3333-4444-555555555555"
GOOD = json.dumps(HELLO)
UNREADABLE = json.dumps(machine_of({"one": {"Type": "Pass", "Output": "{% ( %}", "End": True}}))

TOO_LONG = '"' + "x" * 262_144 + '"'


def table(machine: str, name: str) -> list[tuple[str, str, dict, str]]:
    """Service, operation, parameters, exception."""
    states = "stepfunctions"
    none = MACHINE.format("none")
    return [
        (states, "create_state_machine", {"name": "no spaces", "definition": GOOD, "roleArn": ROLE}, "InvalidName"),
        (states, "create_state_machine", {"name": "x" * 81, "definition": GOOD, "roleArn": ROLE}, "InvalidName|ValidationException"),
        (states, "create_state_machine", {"name": "broken", "definition": "{", "roleArn": ROLE}, "InvalidDefinition"),
        (states, "create_state_machine", {"name": "broken", "definition": "{}", "roleArn": ROLE}, "InvalidDefinition"),
        (states, "create_state_machine", {"name": "broken", "definition": UNREADABLE, "roleArn": ROLE}, "InvalidDefinition"),
        (states, "create_state_machine", {"name": "broken", "definition": GOOD, "roleArn": "me"}, "InvalidArn"),
        (states, "create_state_machine", {"name": name, "definition": json.dumps(SLEEP), "roleArn": ROLE}, "StateMachineAlreadyExists"),
        (states, "describe_state_machine", {"stateMachineArn": none}, "StateMachineDoesNotExist"),
        (states, "describe_state_machine", {"stateMachineArn": "none"}, "InvalidArn"),
        (states, "update_state_machine", {"stateMachineArn": none, "definition": GOOD}, "StateMachineDoesNotExist"),
        (states, "update_state_machine", {"stateMachineArn": machine, "definition": "{"}, "InvalidDefinition"),
        (states, "update_state_machine", {"stateMachineArn": machine}, "MissingRequiredParameter"),
        (states, "start_execution", {"stateMachineArn": none}, "StateMachineDoesNotExist"),
        (states, "start_execution", {"stateMachineArn": "none"}, "InvalidArn"),
        (states, "start_execution", {"stateMachineArn": machine, "input": "{"}, "InvalidExecutionInput"),
        (states, "start_execution", {"stateMachineArn": machine, "input": TOO_LONG}, "InvalidExecutionInput|ValidationException"),
        (states, "start_execution", {"stateMachineArn": machine, "name": "a/b"}, "InvalidName"),
        (states, "start_execution", {"stateMachineArn": f"{machine}:99"}, "StateMachineDoesNotExist"),
        (states, "start_execution", {"stateMachineArn": f"{machine}:absent"}, "StateMachineDoesNotExist"),
        (states, "start_sync_execution", {"stateMachineArn": machine}, "StateMachineTypeNotSupported"),
        (states, "describe_execution", {"executionArn": EXECUTION.format("none")}, "ExecutionDoesNotExist"),
        (states, "describe_execution", {"executionArn": "none"}, "InvalidArn"),
        (states, "get_execution_history", {"executionArn": EXECUTION.format("none")}, "ExecutionDoesNotExist"),
        (states, "stop_execution", {"executionArn": EXECUTION.format("none")}, "ExecutionDoesNotExist"),
        (states, "redrive_execution", {"executionArn": EXECUTION.format("none")}, "ExecutionDoesNotExist"),
        (states, "list_executions", {"stateMachineArn": none}, "StateMachineDoesNotExist"),
        (states, "list_executions", {"stateMachineArn": machine, "nextToken": "never given"}, "InvalidToken"),
        (states, "list_executions", {"stateMachineArn": machine, "maxResults": 1001}, "ValidationException"),
        (states, "list_executions", {"stateMachineArn": machine, "mapRunArn": MAP_RUN}, "ValidationException"),
        (states, "send_task_success", {"taskToken": "never given", "output": "1"}, "InvalidToken"),
        (states, "send_task_success", {"taskToken": "never given", "output": "{"}, "InvalidOutput|InvalidToken"),
        (states, "send_task_failure", {"taskToken": "never given"}, "InvalidToken"),
        (states, "send_task_heartbeat", {"taskToken": "never given"}, "InvalidToken"),
        (states, "describe_map_run", {"mapRunArn": MAP_RUN}, "ResourceNotFound"),
        (states, "update_map_run", {"mapRunArn": MAP_RUN, "maxConcurrency": 1}, "ResourceNotFound"),
        (states, "publish_state_machine_version", {"stateMachineArn": none}, "StateMachineDoesNotExist"),
        (states, "describe_state_machine_alias", {"stateMachineAliasArn": f"{machine}:absent"}, "ResourceNotFound"),
        (states, "create_state_machine_alias", alias("live", f"{machine}:99", 100), "ResourceNotFound"),
        (states, "create_state_machine_alias", alias("live", f"{machine}:1", 60), "ValidationException"),
        (states, "create_state_machine_alias", alias("1", f"{machine}:1", 100), "ValidationException"),
        (states, "tag_resource", {"resourceArn": none, "tags": [{"key": "a", "value": "b"}]}, "ResourceNotFound"),
        ("lambda", "get_function", {"FunctionName": "none"}, "ResourceNotFoundException"),
        ("lambda", "invoke", {"FunctionName": "none"}, "ResourceNotFoundException"),
        ("lambda", "invoke", {"FunctionName": "stand-in", "Payload": b"{"}, "InvalidRequestContentException"),
        ("lambda", "create_alias", {"FunctionName": "stand-in", "Name": "x", "FunctionVersion": "99"}, "ResourceNotFoundException"),
        ("events", "describe_rule", {"Name": "none"}, "ResourceNotFoundException"),
        ("events", "put_rule", {"Name": "broken", "EventPattern": "{"}, "InvalidEventPatternException"),
        ("events", "put_rule", {"Name": "broken", "EventPattern": '{"source": "text"}'}, "InvalidEventPatternException"),
        ("events", "put_rule", {"Name": "broken", "ScheduleExpression": "rate(0 minutes)"}, "ValidationException"),
        ("events", "put_rule", {"Name": "broken"}, "ValidationException"),
        ("events", "put_targets", {"Rule": "none", "Targets": [{"Id": "1", "Arn": machine, "RoleArn": ROLE}]}, "ResourceNotFoundException"),
        ("events", "create_event_bus", {"Name": "default"}, "ResourceAlreadyExistsException"),
        ("events", "put_events", {"Entries": []}, "ValidationException"),
        ("scheduler", "get_schedule", {"Name": "none"}, "ResourceNotFoundException"),
        ("scheduler", "create_schedule", schedule("cron(0 0 1 1 1 *)"), "ValidationException"),
        ("scheduler", "create_schedule", schedule("rate(1 fortnight)"), "ValidationException"),
        ("scheduler", "create_schedule", {**schedule("rate(1 hour)"), "ScheduleExpressionTimezone": "Mars/Base"}, "ValidationException"),
        ("scheduler", "create_schedule", {**schedule("rate(1 hour)"), "GroupName": "none"}, "ResourceNotFoundException"),
        ("dynamodb", "describe_table", {"TableName": "none"}, "ResourceNotFoundException"),
        ("s3", "get_object", {"Bucket": "no-such-bucket", "Key": "none"}, "NoSuchBucket"),
    ]


def alias(name: str, version: str, weight: int) -> dict:
    return {"name": name, "routingConfiguration": [{"stateMachineVersionArn": version, "weight": weight}]}


def schedule(expression: str) -> dict:
    target = {"Arn": MACHINE.format("none"), "RoleArn": ROLE}
    return {"Name": "wrong", "ScheduleExpression": expression, "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}


def wrong_calls(engine: Engine) -> str:
    name = unused("right")
    machine = engine.create(HELLO, name)
    engine.states.publish_state_machine_version(stateMachineArn=machine)
    rows = table(machine, name)
    clients = {service: engine.client(service) for service in {row[0] for row in rows}}
    faults = [fault for row in rows if (fault := fault_of(clients[row[0]], *row[1:]))]
    assert not faults, "\n    " + "\n    ".join(faults)
    return f"{len(rows)} calls were refused as AWS refuses them"


def fault_of(client, operation: str, parameters: dict, expected: str) -> str | None:
    shown = f"{operation}({', '.join(f'{name}={str(value)[:60]}' for name, value in parameters.items())})"
    try:
        getattr(client, operation)(**parameters)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return None if code in expected.split("|") else f"{shown} raised {code} instead of {expected}: {error}"
    return f"{shown} was taken instead of {expected}"
