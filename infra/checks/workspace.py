"""The workspace as cargo sees it: packages, and what each depends on."""

import json
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Workspace:
    """Every package of the lock file by id, the members' ids, and the arrows of a normal build."""

    packages: dict[str, dict]
    members: list[str]
    arrows: dict[str, list[str]]

    def name(self, package: str) -> str:
        return self.packages[package]["name"]

    def reach(self, package: str) -> dict[str, str]:
        """Everything that a package depends on, however far, each with the package that leads to it."""
        led_by: dict[str, str] = {}
        waiting = [package]
        while waiting:
            source = waiting.pop()
            for target in self.arrows[source]:
                if target not in led_by:
                    led_by[target] = source
                    waiting.append(target)
        return led_by


def read() -> Workspace:
    """Asks cargo; dev and build dependencies are no arrows, for they are not in what we ship."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    asked = subprocess.run(command, stdout=subprocess.PIPE)
    if asked.returncode != 0:
        sys.exit("error: cargo cannot read the workspace")
    answer = json.loads(asked.stdout)
    arrows = {
        node["id"]: [
            dependency["pkg"]
            for dependency in node["deps"]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
        ]
        for node in answer["resolve"]["nodes"]
    }
    packages = {package["id"]: package for package in answer["packages"]}
    return Workspace(packages, answer["workspace_members"], arrows)
