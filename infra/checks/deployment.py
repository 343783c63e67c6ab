"""template.yaml, built by SAM and deployed as it is, but for what MiniStack cannot do."""

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from ministack import MiniStack
from project import build as build_workflows

BUILT = Path(".aws-sam/build")
SAM = Path(".tools/sam/bin")
STACK = "pawl"
# What the template calls it where nobody says another.
PREFIX = "pawl"

# What this machine can run.
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]


@dataclass(frozen=True)
class Deployment:
    """What the stack's outputs say."""

    table: str
    bucket: str
    trigger: str
    api: str
    api_url: str
    stream_url: str
    machines: dict[str, str]

    def url(self, aws: MiniStack) -> str:
        """The API's address here: hosts of AWS have no names on this machine, and paths stand for them."""
        return f"{aws.endpoint}/_aws/execute-api/{host(self.api_url)}/$default"

    def stream(self, aws: MiniStack, path: str) -> str:
        """The address of a stream here."""
        return f"{aws.endpoint}/_aws/lambda-url/{host(self.stream_url)}{path}"


def host(url: str) -> str:
    """The id that begins a host's name."""
    return url.split("//")[1].split(".")[0]


def tool(name: str, *arguments: str, environment: dict[str, str]) -> None:
    """Runs SAM or what comes with it; their folder goes first, for that is where they look for each other."""
    path = f"{SAM.resolve()}{os.pathsep}{os.environ['PATH']}"
    surroundings = {**os.environ, **environment, "PATH": path, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        [SAM / name, *arguments], env=surroundings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )
    if done.returncode != 0:
        sys.exit(f"error: {name} {arguments[0]} failed\n{done.stdout}")


def sam(*arguments: str, environment: dict[str, str]) -> None:
    tool("sam", *arguments, environment=environment)


def build(environment: dict[str, str]) -> None:
    """Builds the functions for this machine's processor.

    SAM builds one after the other, each with one core at its end; so all are built at once before, where SAM finds them.
    """
    functions = yaml_parse(Path("template.yaml").read_text())["Resources"].values()
    binaries = [row["Metadata"]["BuildProperties"]["Binary"] for row in functions if row["Type"] == "AWS::Serverless::Function"]
    processor = ["--arm64"] if ARCHITECTURE == "arm64" else []
    tool(
        "cargo-lambda", "lambda", "build", "--release", *processor, *(f"--bin={binary}" for binary in binaries),
        environment={**environment, "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", "target")},
    )
    sam("build", "--parameter-overrides", f"Architecture={ARCHITECTURE}", environment=environment)


def workflows(pawl: str, level: str, folder: Path) -> dict:
    """Builds the workflows that the template brings, at a level: what `pawl build` says of them."""
    done = build_workflows(pawl, folder / "workflows.yaml", level, "--json")
    if done.returncode != 0:
        sys.exit(f"{done.stderr}error: the workflows cannot be built at {level}")
    return {**json.loads(done.stdout), "folder": folder}


def deploy(aws: MiniStack, scratch: Path, workflows: dict, parameters: dict) -> Deployment:
    """Deploys the built template with these workflows in the place of the committed ones."""
    template = yaml_parse((BUILT / "template.yaml").read_text())
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = str((BUILT / properties["CodeUri"]).resolve())
            for policy in properties.get("Policies", []):
                as_ministack_checks(policy.get("Statement", []))
        elif resource["Type"] == "AWS::IAM::ManagedPolicy":
            as_ministack_checks(properties["PolicyDocument"]["Statement"])
        elif name == "Watching":
            properties["Location"] = str(without_sums(BUILT / properties["Location"], scratch / f"{name}.json"))
        elif name == "Workflows":
            properties["Location"] = str(transformed(workflows))
    file = scratch / "template.json"
    file.write_text(json.dumps(template))
    parameters = {"Architecture": ARCHITECTURE, "MailFrom": "pawl@localhost", **parameters}
    # Quoted as SAM wants texts that hold quotes or spaces themselves.
    overrides = [f"{name}={json.dumps(str(value))}" for name, value in parameters.items()]
    sam(
        "deploy", "--template-file", str(file), "--stack-name", STACK, "--resolve-s3", "--no-confirm-changeset",
        "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--parameter-overrides", *overrides,
        environment=aws.environment,
    )
    return deployed(aws, workflows)


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


def delete(aws: MiniStack) -> None:
    """Removes the stack; what holds data stays."""
    client = aws.client("cloudformation")
    client.delete_stack(StackName=STACK)
    client.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


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


def transformed(workflows: dict) -> Path:
    """What `pawl build` wrote, without versions and aliases of machines: MiniStack's API knows them, its CloudFormation does not."""
    folder = workflows["folder"]
    template = yaml_parse((folder / "workflows.yaml").read_text())
    del template["Transform"]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            given = resource["Properties"]
            resource["Type"] = "AWS::StepFunctions::StateMachine"
            resource["Properties"] = {name: given[own] for own, name in TRANSFORMED.items()}
    file = folder / "workflows.json"
    file.write_text(json.dumps(template))
    return file.resolve()


def deployed(aws: MiniStack, workflows: dict) -> Deployment:
    stack = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    states = aws.client("stepfunctions")
    pages = states.get_paginator("list_state_machines").paginate()
    arns = {machine["name"]: machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]}
    machines = {}
    for workflow in workflows["workflows"]:
        arn = arns[f"{PREFIX}-{workflow['machine']}"]
        version = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
        machines[Path(workflow["definition"]).parent.name] = version
    return Deployment(
        table=outputs["Table"],
        bucket=outputs["Bucket"],
        trigger=outputs["TriggerFunction"],
        api=outputs["Api"],
        api_url=outputs["Url"],
        stream_url=outputs["StreamUrl"],
        machines=machines,
    )
