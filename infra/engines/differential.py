"""Runs random machines on an engine of others and on ours, and explains every difference by a named rule.

    .tools/clients/bin/python infra/engines/differential.py --engine ministack --pawl target/debug/pawl
    .tools/clients/bin/python infra/engines/differential.py --engine moto --pawl http://127.0.0.1:4566 --seed 2 --count 300
    .tools/clients/bin/python infra/engines/differential.py --engine moto --pawl target/debug/pawl --case 2-117      only that one, in full

A difference that no rule explains fails the run, and so does a rule without its row in the page of differences. A rule
that explained nothing is reported.
"""

import argparse
import contextlib
import itertools
import json
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from botocore.exceptions import ClientError

import engines
import generate
import libraries
import outcome
import rules
from engines import ROOT, Engine
from rules import Rule

PAGE = ROOT / "docs/decisions/differences-from-other-engines.md"
AT_ONCE = 16
FOREIGN = {
    "ministack": lambda scratch: engines.ministack(scratch, waits=False),
    "moto": engines.moto,
    "sfnx": lambda scratch: libraries.sfnx(),
}


def run(engine: Engine, case: dict) -> dict:
    """What an engine makes of a case; a machine that it does not take is a result too."""
    try:
        machine = engine.create(case["definition"], case["name"])
        return engine.result(engine.start(machine, case["input"], "run"))
    except ClientError as error:
        return {"refused": str(error)}


class Comparison:
    """A case on two engines, and the rules that explain how they differ."""

    def __init__(self, ours: Engine, theirs: Engine, case: dict):
        self.ours, self.theirs, self.case = ours, theirs, case
        self.rules = rules.of(theirs.name)
        self.made = 0
        # What differed when rules were taken into account for the last time.
        self.remaining: list[outcome.Difference] = []

    def explained(self) -> tuple[list[str] | None, list[outcome.Difference]]:
        """The names of the rules that it takes, none if there is no difference, or None and what no rule explains."""
        here, there = run(self.ours, self.case), run(self.theirs, self.case)
        found = list(outcome.differences(self.case["definition"], here, there))
        if not found:
            return [], []
        excuses = self.excuses(found, here, there)
        if excuses is not None:
            return excuses, found
        applied = [rule for rule in self.rules if self.applies(rule)]
        names = self.excused_with(applied)
        if names is None:
            # What remains says more than what there was. Two faults together may do what neither is written for, so
            # fewer of them are tried as well.
            remaining = self.remaining
            fewer = itertools.chain.from_iterable(itertools.combinations(applied, size) for size in (1, 2))
            for applied in map(list, fewer):
                names = self.excused_with(applied)
                if names is not None:
                    return [rule.name for rule in applied] + names, found
            return None, remaining
        # Without those that it does not take.
        for rule in list(applied):
            fewer = [other for other in applied if other is not rule]
            other_names = self.excused_with(fewer)
            if other_names is not None:
                applied, names = fewer, other_names
        return [rule.name for rule in applied] + names, found

    def applies(self, rule: Rule) -> bool:
        change = rule.written_in or rule.avoided
        return change is not None and change(self.case["definition"]) != self.case["definition"]

    def excused_with(self, applied: list[Rule]) -> list[str] | None:
        """The excuses that remain to be made when these rules are taken into account, or None if that is not enough."""
        for_both = self.changed(self.case["definition"], [rule.avoided for rule in applied])
        for_us = self.changed(for_both, [rule.written_in for rule in applied])
        self.made += 1
        here, there = self.run_again(self.ours, for_us), self.run_again(self.theirs, for_both)
        self.remaining = list(outcome.differences(for_us, here, there))
        return self.excuses(self.remaining, here, there)

    def changed(self, definition: dict, changes: list) -> dict:
        for change in changes:
            definition = change(definition) if change else definition
        return definition

    def run_again(self, engine: Engine, definition: dict) -> dict:
        # The same name on both, for expressions read it.
        return run(engine, {**self.case, "definition": definition, "name": f"{self.case['name']}-{self.made}"})

    def excuses(self, found: list[outcome.Difference], here: dict, there: dict) -> list[str] | None:
        names = set()
        if found and ("refused" in here or "refused" in there):
            return None
        for difference in found:
            name = next((rule.name for rule in self.rules if rule.excused and rule.excused(difference, here, there)), None)
            if name is None:
                return None
            names.add(name)
        return sorted(names)


def rules_without_a_row() -> list[str]:
    page = PAGE.read_text()
    return [rule.name for rule in rules.RULES if f"`{rule.name}`" not in page]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=sorted(FOREIGN), required=True)
    parser.add_argument("--pawl", required=True, help="the program, or where `pawl dev` serves")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--case", help="a case by its name: SEED-NUMBER")
    options = parser.parse_args()

    cases = [generate.case(options.case)] if options.case else list(generate.cases(options.seed, options.count))
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(engines.pawl(options.pawl, scratch, "--durability", "relaxed"))
        theirs = stack.enter_context(FOREIGN[options.engine](scratch))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda case: Comparison(ours, theirs, case).explained(), cases))
    if options.case:
        print(json.dumps(cases[0], indent=2, ensure_ascii=False))
    return report(options, cases, answers, time.monotonic() - begun)


def report(options: argparse.Namespace, cases: list[dict], answers: list[tuple], seconds: float) -> int:
    same = sum(names == [] for names, _ in answers)
    uses = Counter(name for names, _ in answers for name in names or [])
    unexplained = [(case, found) for case, (names, found) in zip(cases, answers) if names is None]
    print(f"{len(cases)} machines of seed {options.seed} on {options.engine} and here, {seconds:.0f} s")
    print(f"{same:>6}  the same")
    for rule in rules.of(options.engine):
        print(f"{uses[rule.name]:>6}  explained by {rule.name}")
    print(f"{len(unexplained):>6}  unexplained")
    for case, found in unexplained:
        print(f"error: {case['name'].removeprefix('m-')} differs:", file=sys.stderr)
        for difference in found:
            print(f"    {str(difference)[:400]}", file=sys.stderr)
    idle = [rule.name for rule in rules.of(options.engine) if not uses[rule.name]]
    if idle:
        print(f"note: nothing here was explained by {', '.join(idle)}")
    missing = rules_without_a_row()
    for name in missing:
        print(f"error: {PAGE.relative_to(ROOT)} has no row for {name}", file=sys.stderr)
    return 1 if unexplained or missing else 0


if __name__ == "__main__":
    sys.exit(main())
