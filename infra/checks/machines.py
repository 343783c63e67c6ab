"""Compiles every example and case at both levels and shows the machines to validators that others wrote.

    python3 infra/checks/machines.py --pawl target/debug/pawl            check
    python3 infra/checks/machines.py --pawl target/debug/pawl --write    also renew infra/workflows.yaml and its machines

npm's asl-validator reads the machine itself. cfn-lint looks only at machines in CloudFormation (rule E3601), so they
are wrapped in a template that is thrown away.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from project import EXAMPLES, TEMPLATE, Project, build

CASES = Path("cases")
LEVELS = ("-O0", "-O1")

# What a deployment puts in the place of `${ActionFunction}`.
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:{name}:1"
FUNCTIONS = {
    "Trigger",
    "Llm",
    "Action",
    "Request",
    "Condition",
    "Loop",
    "Transform",
    "Approval",
    "Signal",
    "Subflow",
}


def with_functions(text: str, of: str) -> str:
    """The machine with ARNs for placeholders; any other `${` would be lost in a deployment."""

    def function(placeholder: re.Match) -> str:
        name = placeholder[1].removesuffix("Function")
        if name not in FUNCTIONS:
            sys.exit(f"error: {of} holds {placeholder[0]}, which is no function")
        return FUNCTION.format(name=name)

    return re.sub(r"\$\{([^}]*)\}", function, text)


def ask_asl_validator(machines: list[Path]) -> int:
    """npm asl-validator: the schema, the transitions and the syntax of JSONata. Returns its exit code."""
    command = [".tools/npm/node_modules/.bin/asl-validator"]
    for machine in machines:
        command += ["--json-path", str(machine)]
    return subprocess.run(command, stdout=subprocess.DEVNULL).returncode


# cfn-lint refuses templates of more than a megabyte, as CloudFormation does.
LARGEST_TEMPLATE = 900_000


def batches(machines: list[Path]) -> list[list[Path]]:
    """The machines in groups, each of which fits one template."""
    groups, size = [[]], 0
    for machine in machines:
        length = machine.stat().st_size
        if size + length > LARGEST_TEMPLATE:
            groups.append([])
            size = 0
        groups[-1].append(machine)
        size += length
    return groups


def ask_cfn_lint(machines: list[Path], template: Path) -> int:
    """cfn-lint's E3601, on some machines at once. Returns its exit code."""
    resources = {
        "Machine" + re.sub(r"\W", "", machine.name): {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": "arn:aws:iam::123456789012:role/machine",
                "Definition": json.loads(machine.read_text()),
            },
        }
        for machine in machines
    }
    contents = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    # cfn-lint reads the file as YAML, which knows no pairs of surrogates.
    template.write_text(json.dumps(contents, ensure_ascii=False))
    # E3601 is an error; warnings about a template that nobody deploys are of no use.
    command = [".tools/sam/bin/cfn-lint", "--regions", "us-east-1", "--ignore-checks", "W", "--", str(template)]
    return subprocess.run(command).returncode


def is_built(pawl: str, *options: str) -> bool:
    """Whether `pawl build` had nothing to say about what template.yaml deploys."""
    done = build(pawl, TEMPLATE, *options)
    if done.returncode != 0:
        print(f"{done.stdout}{done.stderr}error: {TEMPLATE} is not what its examples build: `make generate`", file=sys.stderr)
    return done.returncode == 0


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pawl", required=True, help="the command line to compile with")
    arguments.add_argument("--write", action="store_true", help="renew the workflows that template.yaml deploys")
    options = arguments.parse_args()

    definitions = sorted(file.parent for file in EXAMPLES.glob("*/workflow.json"))
    if not definitions:
        sys.exit(f"error: there is no example in {EXAMPLES}")
    # A case with a machine is one that compiles.
    definitions += sorted(file.parent for file in CASES.glob("*/*/workflow.*") if (file.parent / "machine.asl.json").is_file())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        machines = []
        for level in LEVELS:
            raw = folder / level
            raw.mkdir()
            for example in definitions:
                machine = raw / f"{example.name}.asl.json"
                Project(example).compile(options.pawl, level, machine)
                machines.append(folder / f"{example.name}{level}.asl.json")
                machines[-1].write_text(with_functions(machine.read_text(), f"{example.name} at {level}"))
        refusals = [ask_asl_validator(machines)]
        refusals += [ask_cfn_lint(batch, folder / "template.json") for batch in batches(machines)]
    is_current = is_built(options.pawl, *([] if options.write else ["--check"]))
    if any(refusals) or not is_current:
        return 1
    print(f"machines: {len(definitions)} definitions at {' and '.join(LEVELS)}: {len(machines)} machines accepted by asl-validator and cfn-lint")
    return 0


if __name__ == "__main__":
    sys.exit(main())
