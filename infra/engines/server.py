"""A program that serves on a free port of this machine for as long as it is needed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
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
            await_start(name, process, health, log)
            yield process
        finally:
            stop(process)


def await_start(name: str, process: subprocess.Popen, health: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        if answers(health):
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


def stop(process: subprocess.Popen) -> None:
    """Ends the session that `running` started: first politely, then for good."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_STOP)
