"""A workflow's folder, a run of it on this machine, and the workflows that a deployment brings."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


EXAMPLES = Path("workflows/examples")

# The examples that a deployment brings as code. Others wait for people, or their machines have a Parallel or a distributed
# Map: MiniStack leaves out the `Output` of the one and fails at the other, so their records could not be compared there.
DEPLOYED = (
    "assess-customers",
    "auto-reply",
    "email-with-error-handling",
    "error-port-in-loop",
    "nested-loops",
    "order-report",
    "paging",
    "product-recommendations",
    "sync-orders",
    "welcome-email",
)

# What `pawl build` made of them for template.yaml.
TEMPLATE = Path("infra/workflows.yaml")


def build(pawl: str, output: Path, *options: str) -> subprocess.CompletedProcess:
    """Builds the workflows that a deployment brings, and says how that went."""
    paths = [str(EXAMPLES / name) for name in DEPLOYED]
    command = [pawl, "build", *paths, "-o", str(output), *options]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@dataclass(frozen=True)
class Project:
    """A definition with what lies beside it."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def beside(self, name: str, absent: Any) -> Any:
        """What a file beside the definition holds: `input.json`, `data.json`, `mocks.json`."""
        file = self.folder / name
        return json.loads(file.read_text()) if file.is_file() else absent

    def compile(self, pawl: str, level: str, machine: Path) -> None:
        command = [pawl, "compile", str(self.folder), level, "-o", str(machine)]
        compiled = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if compiled.returncode != 0:
            sys.exit(f"{compiled.stderr}error: {self.name} does not compile at {level}")

    def run(self, pawl: str, level: str) -> dict:
        """Runs it here, in a state of its own: the run, and the mails it sent. A failed run is an answer too."""
        with tempfile.TemporaryDirectory() as state:
            command = [pawl, "run", str(self.folder), level, "--json", "--clock", "simulated", "--state", state]
            ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            try:
                run = json.loads(ran.stdout)
            except json.JSONDecodeError:
                sys.exit(f"error: `{' '.join(command)}` printed no run")
            return {**run, "mails": mails(Path(state, "outbox"), run["run"])}


def mails(outbox: Path, run: str) -> list[str]:
    """The visits of a run that sent a mail: an outbox names each file after its run and visit."""
    return sorted(file.name.removeprefix(run) for file in outbox.glob(f"{run}.*.eml"))
