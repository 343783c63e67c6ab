"""MiniStack, an AWS that we did not write, as a process on a free port of this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3

import fitted
from deployment import ARCHITECTURE

REGION = "us-east-1"
# A Lambda, a deployment and the server's owner are told apart by key; these are the owner's.
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

SECONDS_TO_START = 60
SECONDS_TO_STOP = 10


class MiniStack:
    """A running server, and clients of it."""

    name = "MiniStack"
    stack = prefix = "pawl"
    architecture = ARCHITECTURE
    has_model = True

    def __init__(self, endpoint: str):
        self.endpoint = endpoint
        # For programs that talk to it, such as `sam deploy`.
        self.environment = {**KEYS, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": endpoint}

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )


    def api(self, url: str) -> str:
        """Hosts of AWS have no names on this machine, and paths stand for them."""
        return f"{self.endpoint}/_aws/execute-api/{host(url)}/$default"

    def stream(self, url: str) -> str:
        return f"{self.endpoint}/_aws/lambda-url/{host(url)}"

    def fit(self, template: dict, scratch: Path) -> None:
        fitted.fit(template, scratch)


def host(url: str) -> str:
    """The id that begins a host's name."""
    return url.split("//")[1].split(".")[0]


@contextlib.contextmanager
def running(scratch: Path):
    """Starts the server, and stops it and the Lambdas it started whatever happens."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    # Its Lambdas inherit its environment, so it gets a small one, and the endpoint that they are to talk to.
    environment = {
        **KEYS,
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        # Without it a port would be open to the network.
        "IOT_MTLS_ENABLED": "0",
        # The functions' roles are enforced: a call that template.yaml does not allow is refused.
        "AUTH": "true",
    }
    # Someone who ends this process politely gets the same clean end as an error does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: ended from outside"))
    log = scratch / "ministack.log"
    program = Path(sys.executable).with_name("ministack")
    with log.open("w") as output:
        # A session of its own: its Lambdas end with it, and nothing else does.
        server = subprocess.Popen(
            [program], env=environment, cwd=scratch, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )
        try:
            await_start(server, endpoint, log)
            yield MiniStack(endpoint)
        finally:
            stop(server)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_start(server: subprocess.Popen, endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    # No proxy of the environment may stand between this process and its own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError):
            opener.open(f"{endpoint}/_ministack/health", timeout=2).close()
            return
        time.sleep(0.2)
    sys.exit(f"error: MiniStack did not start\n{log.read_text()}")


def stop(server: subprocess.Popen) -> None:
    """Ends the session that `running` started: first politely, then for good."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, ending)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(SECONDS_TO_STOP)
