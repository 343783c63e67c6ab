"""A client of the API, and a `pawl dev` with nothing in it."""

import http.client
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Api:
    """The API of a `pawl dev` or a deployment, asked over one connection."""

    def __init__(self, url: str, key: str, process: subprocess.Popen | None = None):
        self.url, self.key, self.process = url, key, process
        place = urlsplit(url)
        connect = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        self.connection, self.below = connect(place.netloc, timeout=120), place.path

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """The status and the body of an answer."""
        self.connection.request(method, self.below + path, body, headers or {})
        answer = self.connection.getresponse()
        text = answer.read()
        try:
            return answer.status, json.loads(text) if text else None
        except json.JSONDecodeError:
            return answer.status, text.decode()

    def ask(self, status: int, method: str, path: str, body: Any = None) -> Any:
        """The body of an answer that must have this status."""
        headers = {"authorization": f"Bearer {self.key}"}
        data = None
        if body is not None:
            data, headers["content-type"] = json.dumps(body).encode(), "application/json"
        got, answer = self.send(method, path, data, headers)
        if got != status:
            sys.exit(f"error: {method} {path} was answered with {got} instead of {status}: {answer}")
        return answer

    def publish(self, definition: dict) -> str:
        """Creates and publishes a workflow: its id."""
        workflow = self.ask(201, "POST", "/api/workflows", definition)["id"]
        self.ask(200, "POST", f"/api/workflows/{workflow}/publish")
        return workflow

    def every(self, path: str) -> list[dict]:
        """Everything in a list, page by page."""
        found, place = [], ""
        while True:
            mark = "&" if "?" in path else "?"
            page = self.ask(200, "GET", f"{path}{mark}limit=100{place}")
            found += page["items"]
            if not page["next_cursor"]:
                return found
            place = f"&cursor={page['next_cursor']}"

    def ended(self, execution: str, seconds: float = 60, also: tuple = ()) -> dict:
        """A run once it has ended, or stands in another of these ways."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            run = self.ask(200, "GET", f"/api/executions/{execution}")
            if run["status"] in ("completed", "failed", "cancelled", "timeout", *also):
                return run
            time.sleep(0.05)
        sys.exit(f"error: run {execution} is still {run['status']} after {seconds:.0f} seconds")


@contextmanager
def served(pawl: str, folder: str):
    """A `pawl dev` in a folder of its own; what it logs lies in the file `log` there."""
    command = [str(Path(pawl).resolve()), "dev", "--port", "0", "--json", "--durability", "relaxed"]
    with open(Path(folder) / "log", "w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = process.stdout.readline()
        if not line:
            sys.exit(f"error: pawl dev did not start:\n{(Path(folder) / 'log').read_text()}")
        said = json.loads(line)
        yield Api(said["api"], said["key"], process)
    finally:
        process.terminate()
        process.wait(timeout=30)
