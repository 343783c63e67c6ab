"""Talks to `pawl dev` as other people's tools do: boto3 and the AWS command line.

    .tools/clients/bin/python infra/engines/clients.py --pawl target/debug/pawl
    .tools/clients/bin/python infra/engines/clients.py --pawl http://127.0.0.1:4566 --only redrive

Every conversation is a function whose name says what it is about, and fails on the first answer that AWS would not give.
`wrong_calls.py` has the calls that AWS refuses, and the exceptions that they raise.
"""

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

import command_line
import engines
import talks_events
import talks_executions
import talks_machines
import wrong_calls


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", required=True, help="the program, or where `pawl dev` serves")
    parser.add_argument("--only", help="the conversations whose name has this in it")
    options = parser.parse_args()
    talks = [
        *talks_machines.ALL, *talks_executions.ALL, *command_line.ALL, *talks_events.ALL, wrong_calls.wrong_calls,
    ]
    chosen = [talk for talk in talks if not options.only or options.only in talk.__name__]
    failed = 0
    with tempfile.TemporaryDirectory() as folder, engines.pawl(options.pawl, Path(folder)) as engine:
        for talk in chosen:
            begun = time.monotonic()
            try:
                said = talk(engine)
            except Exception as error:
                failed += 1
                where = traceback.extract_tb(error.__traceback__)
                line = next((frame for frame in reversed(where) if frame.filename.startswith(str(Path(__file__).parent))), where[-1])
                said = f"FAILED at {Path(line.filename).name}:{line.lineno} `{line.line}`: {error or type(error).__name__}"
            print(f"{talk.__name__:<28}{time.monotonic() - begun:>6.1f} s  {said}", flush=True)
    print(f"clients: {len(chosen) - failed} of {len(chosen)} conversations went as with AWS")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
