"""What boto3 and an engine say to each other about machines, versions and functions: a function is a conversation."""

import json
from collections import Counter

import stand_in
from engines import ROLE, Engine
from talking import HELLO, SLEEP, machine_of, refused, unused


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
    assert bad["result"] == "FAIL" and "MISSING_TRANSITION_TARGET" in codes, codes
    unread = validate(definition=json.dumps(machine_of({"one": {"Type": "Pass", "Output": "{% ( %}", "End": True}})))
    assert unread["result"] == "FAIL" and unread["diagnostics"], "an expression that cannot be read is found"
    return "one good, two bad"


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


ALL = [
    create_and_describe, versions_and_aliases, validate_definitions, tags, functions,
]
