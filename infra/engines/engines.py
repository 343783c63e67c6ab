"""Engines that speak the protocol of Step Functions, each with the same three verbs: create, start, result."""

import contextlib
import json
import time
import urllib.request
import uuid
from pathlib import Path

import boto3
from botocore.config import Config

import server
import stand_in

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / ".tools"
REGION = "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
ROLE = "arn:aws:iam::000000000000:role/engine"
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


class Engine:
    """An engine at an endpoint."""

    def __init__(self, name: str, endpoint: str):
        self.name = name
        self.endpoint = endpoint
        self.states = self.client("stepfunctions")

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            config=Config(
                proxies={}, retries={"max_attempts": 0}, max_pool_connections=64, parameter_validation=False,
                # Some engines take no host prefix, and nobody here serves `sync-127.0.0.1`.
                inject_host_prefix=False,
            ),
        )

    def create(self, definition: dict, name: str) -> str:
        """A machine's ARN. One that is refused raises what the engine says."""
        text = json.dumps(definition)
        return self.states.create_state_machine(name=name, definition=text, roleArn=ROLE)["stateMachineArn"]

    def start(self, machine: str, data, name: str | None = None) -> str:
        """An execution's ARN. One without a name gets one here, for moto gives them all the same."""
        name = name or str(uuid.uuid4())
        return self.states.start_execution(stateMachineArn=machine, input=json.dumps(data), name=name)["executionArn"]

    def result(self, execution: str, seconds: float = 60, pause: float = 0.02) -> dict:
        """What became of an execution: `{status, output, error, cause, history}`; its status is RUNNING if it hangs."""
        ended = self.await_end(execution, seconds, pause)
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        output = ended.get("output")
        return {
            "status": ended["status"],
            "output": json.loads(output) if output is not None else None,
            "error": ended.get("error"),
            "cause": ended.get("cause"),
            "history": [event for page in pages for event in page["events"]],
        }

    def await_end(self, execution: str, seconds: float = 60, pause: float = 0.02) -> dict:
        """The execution's description once it has ended, or when the time is up."""
        deadline = time.monotonic() + seconds
        while True:
            described = self.states.describe_execution(executionArn=execution)
            if described["status"] in ENDED or time.monotonic() > deadline:
                return described
            time.sleep(pause)

    def create_function(self) -> None:
        """Makes the stand-in a function of this engine."""
        self.client("lambda").create_function(
            FunctionName=stand_in.NAME, Runtime="provided.al2023", Role=ROLE, Handler="bootstrap",
            Code={"ZipFile": stand_in.package()}, Timeout=30,
        )


@contextlib.contextmanager
def ministack(scratch: Path, *, waits: bool = True):
    """MiniStack. Without waits, its Wait states and retries take no time."""
    port = server.free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        **KEYS,
        "AWS_DEFAULT_REGION": REGION,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        # Without it a port would be open to the network.
        "IOT_MTLS_ENABLED": "0",
        "SFN_WAIT_SCALE": "1" if waits else "0",
    }
    health = f"{endpoint}/_ministack/health"
    with server.running("ministack", [TOOLS / "ministack/bin/ministack"], environment, health, scratch):
        engine = Engine("ministack", endpoint)
        engine.create_function()
        yield engine


@contextlib.contextmanager
def moto(scratch: Path):
    """Moto's server with its interpreter switched on."""
    port = server.free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [TOOLS / "moto/bin/python", Path(__file__).with_name("moto_server.py"), port]
    environment = {**KEYS, "AWS_DEFAULT_REGION": REGION}
    with server.running("moto", command, environment, f"{endpoint}/moto-api/", scratch):
        settings = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
        urllib.request.urlopen(f"{endpoint}/moto-api/config", data=settings, timeout=10).close()
        yield Engine("moto", endpoint)


@contextlib.contextmanager
def pawl(place: str, scratch: Path, *options: str):
    """Ours, with the stand-in among its functions: at an endpoint, or a program that is started as `pawl dev`."""
    if place.startswith("http"):
        yield with_stand_in(Engine("pawl", place))
        return
    port = server.free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [Path(place).resolve(), "dev", "--port", port, "--state", scratch / "pawl", *options]
    with server.running("pawl", command, {}, endpoint, scratch):
        yield with_stand_in(Engine("pawl", endpoint))


def with_stand_in(engine: Engine) -> Engine:
    with contextlib.suppress(engine.client("lambda").exceptions.ResourceConflictException):
        engine.create_function()
    return engine


