"""Measures how quickly functions are there, beside a bare Rust Lambda and handlers in Node and Python.

    sam build --parameter-overrides Architecture=x86_64      the functions, as they are deployed
    make startup                                             this

Every round starts each program once, one after the other, in a new process with an empty environment. Two servers on
this machine stand for Lambda's Runtime API and for DynamoDB. What is measured:

    poll      from exec to the request for the first event
    answer    from exec to the answer to it, with one call of DynamoDB in between
    RSS       the most memory until then
    zip       what is uploaded
"""

import argparse
import contextlib
import json
import os
import platform
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

BUILT = Path(".aws-sam/build")
BENCH = Path("infra/bench/startup")
SECONDS = 20

# A Task of a run that is not there: the function looks, and says that it must stop.
POSITION = {"org": "default", "run": "run-1", "machine": "arn", "at": "000001", "base": "000000", "routes": {}}
MACHINE = Path("infra/machines/welcome-email.asl.json")
# A request with a key that is not there.
REQUEST = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/api/executions/run-1/stream",
    "rawQueryString": "",
    "headers": {"authorization": "Bearer pawl_default.aaaaaaaaaaaa.bbbb", "host": "bench"},
    "requestContext": {"http": {"method": "GET", "path": "/api/executions/run-1/stream"}, "stage": "$default"},
    "isBase64Encoded": False,
}


@dataclass
class Program:
    name: str
    command: list[str]
    folder: Path
    event: dict
    archive: Path | None = None
    environment: dict = field(default_factory=dict)
    poll: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    rss: list[int] = field(default_factory=list)


def receive(connection: socket.socket) -> tuple[str, bytes]:
    """One request: its head, and its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return "", b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    text = head.decode().lower()
    if "content-length: " in text:
        length = int(text.split("content-length: ")[1].split("\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
    elif "transfer-encoding: chunked" in text:
        while not body.endswith(b"0\r\n\r\n"):
            body += connection.recv(65536)
    return head.decode(), body


def reply(connection: socket.socket, body: bytes, status: str = "200 OK", *headers: str) -> None:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "content-type: application/json", *headers]
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def memory(process: int) -> int:
    """The most memory that a process has had, in bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def listening() -> socket.socket:
    server = socket.create_server(("127.0.0.1", 0), backlog=16)
    server.settimeout(SECONDS)
    return server


def once(program: Program, scratch: Path) -> None:
    """Starts a program, gives it one event, and ends it."""
    with listening() as runtime, listening() as dynamodb:
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(scratch),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.getsockname()[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": program.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/pawl/functions",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            # What the API must be told to begin at all.
            "PAWL_FUNCTIONS": "{}",
            "PAWL_TRIGGER_FUNCTION": "trigger",
            "PAWL_TRIGGER_ROLE": "trigger",
            "PAWL_MACHINE_ROLE": "machine",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{dynamodb.getsockname()[1]}",
            **program.environment,
        }
        begun = time.perf_counter()
        process = subprocess.Popen(
            program.command, env=environment, cwd=program.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            converse(program, process, begun, runtime, dynamodb)
        except TimeoutError:
            sys.exit(f"error: {program.name} did not go on within {SECONDS} seconds")
        finally:
            process.kill()
            process.wait()


def converse(program: Program, process: subprocess.Popen, begun: float, runtime: socket.socket, dynamodb: socket.socket) -> None:
    polled, _ = runtime.accept()
    with polled:
        head, _ = receive(polled)
        program.poll.append(time.perf_counter() - begun)
        if "/invocation/next" not in head:
            sys.exit(f"error: {program.name} began with {head.splitlines()[:1]}")
        deadline = int((time.time() + 60) * 1000)
        headers = ["lambda-runtime-aws-request-id: bench-1", f"lambda-runtime-deadline-ms: {deadline}"]
        headers += ["lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:000000000000:function:bench:1"]
        reply(polled, json.dumps(program.event).encode(), "200 OK", *headers)
        threading.Thread(target=stand_in, args=(dynamodb,), daemon=True).start()
        answered(program, process, begun, runtime, polled)


def stand_in(dynamodb: socket.socket) -> None:
    """Answers every request as a table does that holds nothing."""
    with contextlib.suppress(OSError):
        while True:
            asked, _ = dynamodb.accept()
            threading.Thread(target=answer_all, args=(asked,), daemon=True).start()


def answer_all(asked: socket.socket) -> None:
    with asked, contextlib.suppress(OSError):
        while receive(asked)[0]:
            reply(asked, b'{"Responses":{},"UnprocessedKeys":{},"Items":[],"Count":0}', "200 OK", "x-amzn-requestid: bench")


def answered(program: Program, process: subprocess.Popen, begun: float, runtime: socket.socket, polled: socket.socket) -> None:
    """Takes the answer, on the connection of the poll or on another one."""
    # A streamed answer is two writes, and `lambda_runtime` holds the second back until the first is acknowledged, for
    # which Linux takes its time. That would be this server's 40 ms, not the function's.
    acknowledge_at_once(polled)
    ready, _, _ = select.select([polled, runtime], [], [], SECONDS)
    if not ready:
        sys.exit(f"error: {program.name} gave no answer within {SECONDS} seconds")
    is_kept = polled in ready and polled.recv(1, socket.MSG_PEEK)
    connection = polled if is_kept else runtime.accept()[0]
    connection.settimeout(SECONDS)
    acknowledge_at_once(connection)
    head, _ = receive(connection)
    program.answer.append(time.perf_counter() - begun)
    if not head.startswith("POST"):
        sys.exit(f"error: {program.name} did not answer: {head.splitlines()[:1]}")
    program.rss.append(memory(process.pid))


def acknowledge_at_once(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def zipped(files: list[Path], archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for file in files:
            target.write(file, file.name)
    return archive


def plan() -> str:
    """The plan of a Task that was compiled, whichever comes first."""
    states = json.loads(MACHINE.read_text())["States"].values()
    return next(state["Arguments"]["Payload"]["plan"] for state in states if state["Type"] == "Task")


def event(function: str) -> dict:
    """What a function answers after one look at the table."""
    if function in ("api", "stream"):
        return REQUEST
    if function == "recorder":
        return {"detail-type": "Scheduled Event"}
    return {"position": POSITION, "attempt": 0, "plan": plan()}


def programs(scratch: Path, node: Path, python: Path) -> list[Program]:
    bare = Path(os.environ.get("CARGO_TARGET_DIR", BENCH / "target")) / "release"
    found = [
        Program("bare Rust", [str((bare / "bare").resolve())], scratch, {}, zipped([bare / "bare"], scratch / "bare.zip")),
        Program("Rust, one call", [str((bare / "bare_dynamodb").resolve())], scratch, {}, zipped([bare / "bare_dynamodb"], scratch / "call.zip")),
    ]
    for folder in sorted(BUILT.iterdir()):
        bootstrap = folder / "bootstrap"
        if bootstrap.is_file():
            kind = folder.name.removesuffix("Function").lower()
            archive = zipped([bootstrap], scratch / f"{kind}.zip")
            found.append(Program(kind, [str(bootstrap.resolve())], scratch, event(kind), archive))
    found.append(Program("Node and its SDK", [shutil.which("node"), str((node / "handler.mjs").resolve())], scratch, {}))
    found.append(Program("Python and boto3", [str(python), str((BENCH / "handler.py").resolve())], scratch, {}))
    return found


def report(found: list[Program]) -> None:
    least = statistics.median(found[0].poll)
    call = statistics.median(found[1].answer)
    print(f"{platform.machine()}, load {os.getloadavg()[0]:.1f}; medians of {len(found[0].poll)} rounds; times beside bare Rust's")
    print(f"{'':<18}{'poll ms':>9}{'times':>7}{'answer ms':>11}{'times':>7}{'RSS MB':>8}{'zip MB':>8}")
    for program in found:
        poll, answer = statistics.median(program.poll), statistics.median(program.answer)
        rss = statistics.median(program.rss) / 1e6
        size = f"{program.archive.stat().st_size / 1e6:8.2f}" if program.archive else f"{'':>8}"
        print(f"{program.name:<18}{poll * 1e3:>9.1f}{poll / least:>7.2f}{answer * 1e3:>11.1f}{answer / call:>7.2f}{rss:>8.1f}{size}")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=30)
    arguments.add_argument("--node", type=Path, required=True, help="a folder with the SDK for Node in node_modules")
    arguments.add_argument("--python", type=Path, required=True, help="a Python that has boto3")
    options = arguments.parse_args()
    if not BUILT.is_dir():
        sys.exit(f"error: there is no {BUILT}; run `sam build` first")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: ended from outside"))
    shutil.copy(BENCH / "handler.mjs", options.node)
    with TemporaryDirectory() as folder:
        found = programs(Path(folder), options.node, options.python.absolute())
        for _ in range(options.rounds):
            for program in found:
                once(program, Path(folder))
        report(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
