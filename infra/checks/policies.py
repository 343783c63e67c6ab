"""Compares what the functions' roles allow with what the functions ask AWS for, both ways.

    PAWL_CALLS=target/calls.txt cargo test --workspace
    .tools/sam/bin/python infra/checks/policies.py --calls target/calls.txt

Every action that a function asked for in the tests must be allowed to its role in template.yaml, and every action that a
role allows must have been asked for, but for those below that this machine does not answer. No statement is for every
resource where AWS takes a name.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path("template.yaml")
SHARED = "StepPolicy"
# Confines the roles and grants nothing: what it lets through is what they hold.
BOUNDARY = "Boundary"
INDEX = " on the index"

# What stands for services that the tests reach in another way than the one that notes calls, and what they stand for.
ELSEWHERE = {
    "kms:GenerateDataKey": "KMS is a server of its own in the tests of secrets",
    "kms:Decrypt": "KMS is a server of its own in the tests of secrets",
    "secretsmanager:GetSecretValue": "Secrets Manager is a server of its own in the tests of secrets",
    "ssm:GetParameter": "the Parameter Store is a server of its own in the tests of secrets",
    "bedrock:InvokeModelWithResponseStream": "Bedrock is a server of its own in the tests of models",
    "states:PublishStateMachineVersion": "needed by CreateStateMachine and UpdateStateMachine with `publish`",
    "iam:PassRole": "needed by calls that name a role",
    "s3:ListBucket": "needed by GetObject, to hear that there is no such object",
}

# What AWS takes no resource for, by the service authorization reference.
NO_RESOURCE = {
    "scheduler:ListSchedules",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
}

# Two functions of one router: the tests ask it as the one, and what streams do besides is seen on an AWS of others,
# which refuses what the role does not allow.
SAME_ROUTER = {"stream": "api"}


def statements(policies: list) -> list[dict]:
    return [statement for policy in policies if isinstance(policy, dict) for statement in policy.get("Statement", [])]


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def granted(found: list[dict]) -> set[str]:
    """What statements allow; what they allow on an index counts apart."""
    allowed = set()
    for statement in found:
        for resource in listed(statement["Resource"]):
            suffix = INDEX if "/index/" in str(resource) else ""
            allowed |= {action + suffix for action in listed(statement["Action"])}
    return allowed


def functions(template: dict) -> dict[str, list]:
    """The policies of each function, by the function's name."""
    rows = template["Resources"].items()
    return {
        name.removesuffix("Function").lower(): row["Properties"].get("Policies", [])
        for name, row in rows
        if row["Type"] == "AWS::Serverless::Function"
    }


def asked(path: Path) -> dict[str, set[str]]:
    """What each function asked for, as the tests have noted it."""
    calls = defaultdict(set)
    for line in path.read_text().splitlines():
        function, action, resource = line.split()
        calls[function].add(action + INDEX if resource == "index" else action)
    return calls


def open_to_all(template: dict) -> list[str]:
    """Actions that a statement of a role gives on every resource though AWS takes a name."""
    rows = template["Resources"]
    found = []
    for name, row in rows.items():
        if name == BOUNDARY:
            continue
        properties = row.get("Properties", {})
        policies = properties.get("Policies", []) if row["Type"] != "AWS::IAM::Role" else [
            policy["PolicyDocument"] for policy in properties.get("Policies", [])
        ]
        if "PolicyDocument" in properties and row["Type"].startswith("AWS::IAM"):
            policies = [properties["PolicyDocument"]]
        for statement in statements(policies):
            if "*" in listed(statement["Resource"]):
                found += [f"{name}: {action}" for action in listed(statement["Action"]) if action not in NO_RESOURCE]
            found += [f"{name}: {action}" for action in listed(statement["Action"]) if "*" in action]
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--calls", type=Path, required=True, help="the file that the tests noted their calls in")
    options = arguments.parse_args()
    if not options.calls.is_file():
        sys.exit(f"error: there is no {options.calls}; run the tests with PAWL_CALLS={options.calls}")

    template = yaml_parse(TEMPLATE.read_text())
    calls = asked(options.calls)
    shared = granted(template["Resources"][SHARED]["Properties"]["PolicyDocument"]["Statement"])
    faults = [f"{place} is given for every resource" for place in open_to_all(template)]
    used_of_shared = set()
    print(f"{'function':<12}{'asked for':>10}{'allowed':>9}  not allowed, or never asked for")
    for name, policies in functions(template).items():
        own = granted(statements(policies))
        has_shared = any(policy == {"Ref": SHARED} for policy in policies)
        allowed = own | shared if has_shared else own
        wanted = calls[SAME_ROUTER.get(name, name)]
        used_of_shared |= wanted & shared
        missing = sorted(wanted - allowed) if name not in SAME_ROUTER else []
        idle = sorted(own - wanted - set(ELSEWHERE)) if name not in SAME_ROUTER else []
        faults += [f"{name} asks for {action}, and its role does not allow it" for action in missing]
        faults += [f"{name} may {action}, and never asks for it" for action in idle]
        print(f"{name:<12}{len(wanted):>10}{len(allowed):>9}  {', '.join(missing + idle) or '-'}")
    idle = sorted(shared - used_of_shared - set(ELSEWHERE))
    faults += [f"every step may {action}, and none asks for it" for action in idle]
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    if not faults:
        print("policies: what is asked for is allowed, and what is allowed is asked for")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
