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

BUILT = Path(".aws-sam/build")
SAM = Path(".tools/sam/bin")
STACK = "pawl"

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


def deploy(aws: MiniStack, scratch: Path, machines: dict[str, Path], parameters: dict) -> Deployment:
    """Deploys the built template with these machines in the place of the committed ones."""
    template = yaml_parse((BUILT / "template.yaml").read_text())
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = str((BUILT / properties["CodeUri"]).resolve())
            for policy in properties.get("Policies", []):
                as_ministack_checks(policy.get("Statement", []))
        elif resource["Type"] == "AWS::IAM::ManagedPolicy":
            as_ministack_checks(properties["PolicyDocument"]["Statement"])
        elif resource["Type"] == "AWS::Serverless::Application":
            properties["Location"] = str(without_sums(BUILT / properties["Location"], scratch / f"{name}.json"))
        elif resource["Type"] == "AWS::Serverless::StateMachine":
            properties["DefinitionUri"] = str(machines[workflow(properties)].resolve())
            # MiniStack's CloudFormation knows neither versions nor aliases of machines; its API does.
            del properties["AutoPublishAlias"]
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
    return deployed(aws, template)


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


def workflow(properties: dict) -> str:
    """Which workflow a machine of the template is of, by the file that it names."""
    return Path(properties["DefinitionUri"]).name.removesuffix(".asl.json")


def workflows() -> list[str]:
    """The workflows whose machines the template has."""
    template = yaml_parse(Path("template.yaml").read_text())
    resources = template["Resources"].values()
    return [workflow(row["Properties"]) for row in resources if row["Type"] == "AWS::Serverless::StateMachine"]


def deployed(aws: MiniStack, template: dict) -> Deployment:
    stack = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    publish = aws.client("stepfunctions").publish_state_machine_version
    machines = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            version = publish(stateMachineArn=outputs[name])["stateMachineVersionArn"]
            machines[workflow(resource["Properties"])] = version
    return Deployment(
        table=outputs["Table"],
        bucket=outputs["Bucket"],
        trigger=outputs["TriggerFunction"],
        api=outputs["Api"],
        api_url=outputs["Url"],
        stream_url=outputs["StreamUrl"],
        machines=machines,
    )
