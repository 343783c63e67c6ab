"""Checks every example and case and holds the SARIF log against the standard's JSON Schema.

    .tools/sarif/bin/python infra/checks/sarif.py --pawl target/debug/pawl

The schema is not ours to keep. The crate `serde-sarif` carries it, and cargo fetches that without building anything.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from jsonschema import Draft7Validator, FormatChecker

FOLDERS = ["workflows/examples", "cases"]
CRATE = "serde-sarif"
MANIFEST = f"""[package]
name = "schema"
edition = "2024"
[lib]
path = "lib.rs"
[dependencies]
{CRATE} = "=0.8.0"
[workspace]
"""


def schema(folder: Path) -> dict:
    """The schema of SARIF 2.1.0, from a crate that is not built."""
    manifest = folder / "Cargo.toml"
    manifest.write_text(MANIFEST)
    (folder / "lib.rs").touch()
    command = ["cargo", "metadata", "--format-version", "1", "--manifest-path", str(manifest)]
    asked = subprocess.run(command, stdout=subprocess.PIPE)
    if asked.returncode != 0:
        sys.exit(f"error: cargo cannot fetch {CRATE}")
    packages = json.loads(asked.stdout)["packages"]
    crate = next(package for package in packages if package["name"] == CRATE)
    text = (Path(crate["manifest_path"]).parent / "src/schema.json").read_text(encoding="utf-8")
    return json.loads(text)


def log_of(pawl: str) -> dict:
    """The log of all definitions. Many cases are wrong on purpose; only misuse is a failure here."""
    asked = subprocess.run([pawl, "check", "--sarif", *FOLDERS], stdout=subprocess.PIPE)
    if asked.returncode not in (0, 1):
        sys.exit("error: pawl could not check the definitions")
    return json.loads(asked.stdout)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pawl", required=True)
    log = log_of(arguments.parse_args().pawl)
    results = log["runs"][0]["results"]
    if not any("fixes" in result for result in results):
        sys.exit("error: no result has a fix, so not everything was checked")
    with tempfile.TemporaryDirectory() as folder:
        validator = Draft7Validator(schema(Path(folder)), format_checker=FormatChecker())
    faults = list(validator.iter_errors(log))
    for fault in faults[:20]:
        print(f"error: {fault.json_path}: {fault.message[:300]}", file=sys.stderr)
    if not faults:
        print(f"sarif: {len(results)} results, all as the standard's schema has it")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
