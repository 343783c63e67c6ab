"""What of a template MiniStack cannot do, changed."""

import json
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse


def fit(template: dict, scratch: Path) -> None:
    """Changes a template for MiniStack."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            for policy in properties.get("Policies", []):
                as_ministack_checks(policy.get("Statement", []))
        elif resource["Type"] == "AWS::IAM::ManagedPolicy":
            as_ministack_checks(properties["PolicyDocument"]["Statement"])
        elif name == "Watching":
            properties["Location"] = str(without_sums(Path(properties["Location"]), scratch / f"{name}.json"))
        elif name == "Workflows":
            properties["Location"] = str(transformed(Path(properties["Location"])))


# What MiniStack checks calls against that AWS checks against the rule of a target, the machine of a token, and the
# schedule in its group.
BUS = {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${EventBus}"}
SCHEDULES = {"Fn::Sub": "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/*"}
CHECKED_AGAINST = {
    "events:PutTargets": BUS,
    "events:ListRules": BUS,
    "states:SendTaskSuccess": "*",
    "scheduler:CreateSchedule": SCHEDULES,
}


def as_ministack_checks(statements: list) -> None:
    """Adds to statements what MiniStack checks their calls against."""
    for statement in statements:
        actions, resources = listed(statement.get("Action", [])), listed(statement["Resource"])
        statement["Resource"] = resources + [CHECKED_AGAINST[action] for action in actions if action in CHECKED_AGAINST]


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def without_sums(template: Path, file: Path) -> Path:
    """A nested template without the alarms that reckon with several metrics, which MiniStack does not know."""
    nested = yaml_parse(template.read_text())
    rows = nested["Resources"].items()
    nested["Resources"] = {name: row for name, row in rows if "Metrics" not in row.get("Properties", {})}
    file.write_text(json.dumps(nested))
    return file.resolve()


# What SAM makes of a machine's properties. MiniStack transforms no nested template, so it is done here.
TRANSFORMED = {
    "Name": "StateMachineName",
    "DefinitionUri": "DefinitionS3Location",
    "DefinitionSubstitutions": "DefinitionSubstitutions",
    "Role": "RoleArn",
    "Tracing": "TracingConfiguration",
}


def transformed(workflows: Path) -> Path:
    """What `pawl build` wrote, without versions and aliases of machines: MiniStack's API knows them, its CloudFormation does not."""
    template = yaml_parse(workflows.read_text())
    del template["Transform"]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            given = resource["Properties"]
            resource["Type"] = "AWS::StepFunctions::StateMachine"
            resource["Properties"] = {name: given[own] for own, name in TRANSFORMED.items()}
    file = workflows.with_suffix(".json")
    file.write_text(json.dumps(template))
    return file.resolve()
