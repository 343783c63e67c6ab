"""template.yaml, built by SAM and deployed as it is, but for what the AWS that takes it cannot do."""

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from samtranslator.yaml_helper import yaml_parse

from project import build as build_workflows

BUILT = Path(".aws-sam/build")
SAM = Path(".tools/sam/bin")

# What this machine can run.
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]


class Site(Protocol):
    """Where it is deployed: MiniStack, or AWS."""

    name: str
    stack: str
    # What the names of machines, schedules and rules begin with.
    prefix: str
    architecture: str
    # Whether a scripted model answers there.
    has_model: bool
    # For programs that talk to it, such as `sam deploy`.
    environment: dict[str, str]

    def client(self, service: str) -> Any:
        """A client of a service."""

    def api(self, url: str) -> str:
        """Where the address of an HTTP API is reached."""

    def stream(self, url: str) -> str:
        """Where the address of a function is reached."""

    def fit(self, template: dict, scratch: Path) -> None:
        """Changes what it cannot do."""


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


def build(aws: Site) -> None:
    """Builds the functions for the processor that they are to run on.

    SAM builds one after the other, each with one core at its end; so all are built at once before, where SAM finds them.
    """
    functions = yaml_parse(Path("template.yaml").read_text())["Resources"].values()
    binaries = [row["Metadata"]["BuildProperties"]["Binary"] for row in functions if row["Type"] == "AWS::Serverless::Function"]
    processor = ["--arm64"] if aws.architecture == "arm64" else []
    tool(
        "cargo-lambda", "lambda", "build", "--release", *processor, *(f"--bin={binary}" for binary in binaries),
        environment={**aws.environment, "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", "target")},
    )
    sam("build", "--parameter-overrides", f"Architecture={aws.architecture}", environment=aws.environment)


def workflows(pawl: str, level: str, folder: Path) -> dict:
    """Builds the workflows that the template brings, at a level: what `pawl build` says of them."""
    done = build_workflows(pawl, folder / "workflows.yaml", level, "--json")
    if done.returncode != 0:
        sys.exit(f"{done.stderr}error: the workflows cannot be built at {level}")
    return {**json.loads(done.stdout), "folder": folder}


def deploy(aws: Site, scratch: Path, workflows: dict, parameters: dict) -> Deployment:
    """Deploys the built template with these workflows in the place of the committed ones."""
    template = yaml_parse((BUILT / "template.yaml").read_text())
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = str((BUILT / properties["CodeUri"]).resolve())
        elif name == "Watching":
            properties["Location"] = str((BUILT / properties["Location"]).resolve())
        elif name == "Workflows":
            properties["Location"] = str((workflows["folder"] / "workflows.yaml").resolve())
    aws.fit(template, scratch)
    file = scratch / "template.json"
    file.write_text(json.dumps(template))
    parameters = {"Architecture": aws.architecture, "Prefix": aws.prefix, "MailFrom": "pawl@localhost", **parameters}
    # Quoted as SAM wants texts that hold quotes or spaces themselves.
    overrides = [f"{name}={json.dumps(str(value))}" for name, value in parameters.items()]
    sam(
        "deploy", "--template-file", str(file), "--stack-name", aws.stack, "--resolve-s3", "--no-confirm-changeset",
        "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--parameter-overrides", *overrides,
        environment=aws.environment,
    )
    return deployed(aws, workflows)


def delete(aws: Site) -> None:
    """Removes the stack; what holds data stays."""
    client = aws.client("cloudformation")
    client.delete_stack(StackName=aws.stack)
    client.get_waiter("stack_delete_complete").wait(StackName=aws.stack, WaiterConfig={"Delay": 1, "MaxAttempts": 120})


def deployed(aws: Site, workflows: dict) -> Deployment:
    stack = aws.client("cloudformation").describe_stacks(StackName=aws.stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    states = aws.client("stepfunctions")
    pages = states.get_paginator("list_state_machines").paginate()
    arns = {machine["name"]: machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]}
    machines = {}
    for workflow in workflows["workflows"]:
        arn = arns[f"{aws.prefix}-{workflow['machine']}"]
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
