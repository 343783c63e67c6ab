"""Engines that are libraries: a process of their own answers JSON lines, with the same three verbs as a server."""

import contextlib
import json
import subprocess
import threading
from pathlib import Path

from botocore.exceptions import ClientError

from engines import TOOLS

HERE = Path(__file__).resolve().parent


class Library:
    """A process that runs a machine per line, one after the other."""

    def __init__(self, name: str, command: list):
        self.name = name
        self.lock = threading.Lock()
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def create(self, definition: dict, name: str) -> dict:
        return {"definition": definition, "name": name}

    def start(self, machine: dict, data, name: str | None = None) -> dict:
        return {**machine, "input": data, "execution": name}

    def result(self, execution: dict) -> dict:
        """What became of it. A machine that is not taken is refused here, for there is no earlier moment."""
        with self.lock:
            self.process.stdin.write(json.dumps(execution) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with {self.process.wait()} on {execution['name']}")
        answer = json.loads(line)
        if "refused" in answer:
            raise ClientError({"Error": {"Code": "InvalidDefinition", "Message": answer["refused"]}}, "CreateStateMachine")
        states = answer.pop("states", [])
        entered = [{"type": "StateEntered", "stateEnteredEventDetails": {"name": state}} for state in states]
        return {**answer, "history": entered}


@contextlib.contextmanager
def running(name: str, command: list):
    library = Library(name, command)
    try:
        yield library
    finally:
        library.process.kill()
        library.process.wait()


def sfnx():
    return running("sfnx", [TOOLS / "sfnx/bin/python", HERE / "sfnx_engine.py"])


def local_stepfunctions():
    return running("aws-local-stepfunctions", ["node", HERE / "local_stepfunctions.mjs", TOOLS / "engines"])
