"""Deploys to MiniStack with the real bootstraps and compares its records with the laptop's.

    .tools/ministack/bin/python infra/checks/foreign.py --pawl target/debug/pawl

For every workflow that template.yaml brings, at both levels: the records are loaded into the deployed table, the trigger Lambda
starts a run with the example's input and mocks, and what the run left in DynamoDB must equal what `pawl run` leaves.
Then a user comes in by the front door, goes on while the deployment is updated, and finds their data after it is deleted.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import compare
import dashboard
import deployment
import front_door
import ministack
from deployment import Deployment, Site
from project import DEPLOYED, EXAMPLES, Project, mails
from table import Table

LEVELS = ("-O0", "-O1")
SECONDS_TO_RUN = 300

# A model that answers by script.
MODEL = ["infra/llm/scripted.py", "--port", "0", "workflows/examples/auto-reply/llm.json"]
PRICES = {"scripted": {"input": 1, "output": 4}}


def run_here(pawl: str, project: Project, level: str, outbox: Path | None) -> dict:
    run = project.run(pawl, level)
    if not outbox:
        run["mails"] = []
    return {**run, "org": "default", "transitions": run["machine"]["transitions"]}


def run_there(aws: Site, stack: Deployment, project: Project, level: str, outbox: Path | None) -> dict:
    """Runs a workflow on the stack. An organisation of its own keeps its records apart from other runs'."""
    org = f"{project.name}{level}"
    table = Table(aws, stack, org)
    table.load(project.beside("data.json", {}))
    start = {
        "machine": stack.machines[project.name],
        "org": org,
        "input": project.beside("input.json", {}),
        "mocks": project.beside("mocks.json", {}),
    }
    answer = aws.client("lambda").invoke(FunctionName=stack.trigger, Payload=json.dumps(start).encode())
    started = json.load(answer["Payload"])
    if "FunctionError" in answer:
        sys.exit(f"error: the trigger did not start {project.name}: {started}")
    await_end(aws, started["execution"])
    return {
        "run": started["run"],
        "org": org,
        "status": table.run(started["run"])["status"],
        "transitions": transitions(aws, started["execution"]),
        "mails": mails(outbox, started["run"]) if outbox else [],
        "steps": table.records(started["run"]),
    }


def await_end(aws: Site, execution: str) -> None:
    client = aws.client("stepfunctions")
    deadline = time.monotonic() + SECONDS_TO_RUN
    while client.describe_execution(executionArn=execution)["status"] == "RUNNING":
        if time.monotonic() > deadline:
            sys.exit(f"error: {execution} did not end within {SECONDS_TO_RUN} seconds")
        time.sleep(0.1)


def transitions(aws: Site, execution: str) -> int:
    """What AWS would bill: each state entered, a Task with each of its attempts."""
    pages = aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution)
    kinds = [event["type"] for page in pages for event in page["events"]]
    return sum(kind == "TaskScheduled" or (kind.endswith("StateEntered") and kind != "TaskStateEntered") for kind in kinds)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pawl", required=True, help="the command line to run the laptop's side with")
    arguments.add_argument("--lines", type=Path, help="where to keep what the functions counted, for dashboard.py")
    arguments.add_argument("--built", action="store_true", help="deploy what `sam build` made last, without a new build")
    options = arguments.parse_args()
    pawl = options.pawl

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        outbox = scratch / "outbox"
        with ministack.running(scratch) as aws, model() as llm:
            parameters = {"Outbox": outbox, "LlmUrl": llm, "LlmModel": "scripted", "LlmPrices": json.dumps(PRICES)}
            if not options.built:
                print(f"building the functions for {aws.architecture} ...", flush=True)
                deployment.build(aws)
            prove(aws, options.pawl, scratch, parameters, outbox, options.lines)
    return 0


def prove(aws: Site, pawl: str, scratch: Path, parameters: dict, outbox: Path | None, lines: Path | None = None) -> None:
    """Compares runs, does what a user does, and updates and deletes the stack; mails are compared where they can be seen."""
    rows = []
    for level in LEVELS:
        (scratch / level).mkdir()
        workflows = deployment.workflows(pawl, level, scratch / level)
        print(f"deploying the machines of {level} ...", flush=True)
        stack = deployment.deploy(aws, scratch, workflows, parameters)
        for project in [Project(EXAMPLES / name) for name in DEPLOYED]:
            here = run_here(pawl, project, level, outbox)
            there = run_there(aws, stack, project, level, outbox)
            rows.append((project.name, level, here, there, list(compare.differences(here, there))))
    report(aws, rows)
    print("doing what a user does ...", flush=True)
    api = front_door.visit(aws, stack)
    look(aws, lines)
    update(aws, scratch, workflows, parameters, api)
    delete(aws, stack)


@contextlib.contextmanager
def model():
    """Starts the scripted model, and says where it is."""
    with subprocess.Popen([sys.executable, *MODEL], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def look(aws: Site, keep: Path | None) -> None:
    """Looks whether the dashboard shows what the functions counted until now."""
    pages = aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/{aws.prefix}/functions")
    lines = dashboard.metric_lines(event["message"] for page in pages for event in page["events"])
    front_door.want("widgets of the dashboard that show nothing", dashboard.empty(lines, aws.prefix), [])
    print(f"          a dashboard that shows what {len(lines)} lines of the log counted")
    if keep:
        keep.write_text("".join(json.dumps(line) + "\n" for line in lines))


def update(aws: Site, scratch: Path, workflows: dict, parameters: dict, api: front_door.Visitor) -> None:
    """Deploys again while a run waits: it goes on with the functions that it began with."""
    run = api.execute("ask_first")
    front_door.until(lambda: api.ask(200, "GET", f"/api/executions/{run}")["status"] == "waiting", f"the question of {run}")
    before = versions(aws)
    begun = time.monotonic()
    deployment.deploy(aws, scratch, workflows, {**parameters, "MailFrom": "somebody@localhost", "Release": "2"})
    front_door.want("new versions of the function of actions", versions(aws) - before, 1)
    front_door.decide(api, run)
    print(f"{time.monotonic() - begun:7.1f} s  an update while a run waited, which then went on where it was")


def delete(aws: Site, stack: Deployment) -> None:
    """Deletes the stack: its functions are gone, and what it wrote is still there."""
    deployment.delete(aws)
    pages = aws.client("lambda").get_paginator("list_functions").paginate()
    names = [function["FunctionName"] for page in pages for function in page["Functions"]]
    front_door.want("functions that are left", [name for name in names if name.startswith(f"{aws.stack}-")], [])
    kept = aws.client("dynamodb").scan(TableName=stack.table, Select="COUNT")["Count"]
    front_door.want("whether items are left", kept > 0, True)
    print(f"          the stack deleted, and {kept} items of the table kept")


def versions(aws: Site) -> int:
    """How many versions the function of actions has."""
    found = aws.client("cloudformation").describe_stack_resource(StackName=aws.stack, LogicalResourceId="ActionFunction")
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    return len(aws.client("lambda").list_versions_by_function(FunctionName=name)["Versions"])


def line(name: str, level: str, place: str, run: dict) -> str:
    records, mails = len(run["steps"]), len(run["mails"])
    return f"{name:<25}{level:<5}{place:<11}{run['status']:<11}{records:>8}{run['transitions']:>13}{mails:>7}"


def report(aws: Site, rows: list[tuple]) -> None:
    """Prints what was compared; the end where anything differs."""
    print(f"{'workflow':<25}{'level':<5}{'':<11}{'status':<11}{'records':>8}{'transitions':>13}{'mails':>7}  the same")
    for name, level, here, there, differences in rows:
        print(line(name, level, "laptop", here))
        print(line("", "", aws.name, there), "no" if differences else "yes", sep="  ")
    faults = [f"{name} {level}: {line}" for name, level, _, _, differences in rows for line in differences]
    if faults:
        sys.exit("\n".join(f"error: {fault}" for fault in faults))
    print(f"foreign: {len(rows)} runs left the same records on {aws.name} as on this machine")


if __name__ == "__main__":
    sys.exit(main())
