"""A program that serves on a free port of this machine for as long as it is needed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

SECONDS_TO_START = 60
SECONDS_TO_STOP = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(name: str, command: list, environment: dict[str, str], health: str, scratch: Path):
    """Starts a program in a session of its own, waits until `health` answers, and stops it whatever happens."""
    with started(name, command, environment, lambda: answers(health), scratch) as process:
        yield process


@contextlib.contextmanager
def listening(name: str, command: list, environment: dict[str, str], port: int, scratch: Path):
    """The same for a program that says nothing to a plain request: it has started when its port is open."""
    with started(name, command, environment, lambda: is_open(port), scratch) as process:
        yield process


@contextlib.contextmanager
def started(name: str, command: list, environment: dict[str, str], is_ready: Callable[[], bool], scratch: Path):
    # Someone who ends this process politely gets the same clean end as an error does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: ended from outside"))
    log = scratch / f"{name}.log"
    small = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(scratch), "TMPDIR": str(scratch)}
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(word) for word in command], env={**small, **environment}, cwd=scratch, stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True,
        )
        try:
            await_start(name, process, is_ready, log)
            yield process
        finally:
            stop(process)


def await_start(name: str, process: subprocess.Popen, is_ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        if is_ready():
            return
        time.sleep(0.1)
    sys.exit(f"error: {name} did not start\n{log.read_text()}")


def answers(url: str) -> bool:
    """Whether a server is there; what it says does not matter."""
    # No proxy of the environment may stand between this process and its own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def stop(process: subprocess.Popen) -> None:
    """Ends the session that `started` began: first politely, then for good."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_STOP)
