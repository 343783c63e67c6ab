"""Random machines in JSONata mode, over every kind of state; the same ones for the same seed.

    python3 infra/engines/generate.py --seed 1 --count 3        prints them, a machine to a line

A machine always ends: cycles count, catchers lead forward, and only one branch of a Parallel may fail, so that which
failure wins is no matter of luck. The names of states are unique, so the history tells which strand a state belongs to.
"""

import argparse
import json
from dataclasses import dataclass, field
from random import Random

import stand_in
from expressions import RECORD, Expressions, Sight

DEEPEST = 3
INVOKE = "arn:aws:states:::lambda:invoke"
# Errors that a stand-in raises; what stands in their way is one of these or a name of AWS.
RAISED = ("Broken", "Late", "Odd.Name")


@dataclass
class Scope:
    """A block of states: the machine itself, a branch, or the body of a Map."""

    name: str
    depth: int
    # Variables that expressions can read, with their kinds; those of outer scopes too.
    readable: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    # Whether anything in it may fail for good.
    fallible: bool = True
    # What the context object has here beside the execution: texts of JSONata by kind.
    others: tuple[tuple[str, str], ...] = ()
    states: dict[str, dict] = field(default_factory=dict)

    def sight(self) -> Sight:
        return Sight(dict(self.readable), self.others)


class Machines:
    """Grows machines out of one source of chance."""

    def __init__(self, seed: str):
        self.random = Random(seed)
        self.grow = Expressions(self.random)
        self.counted = 0
        # Each waits a second, so a machine has few.
        self.retries = 0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def number(self) -> int:
        self.counted += 1
        return self.counted

    def machine(self) -> dict:
        root = Scope("root", 0)
        block = self.block(root, self.random.choice([3, 4, 5, 6, 7]))
        return {"QueryLanguage": "JSONata", **block}

    def input(self) -> dict:
        return {name: self.grow.literal(kind) for name, kind in RECORD.items()}

    # ------------------------------------------------------------ Blocks

    def block(self, scope: Scope, length: int) -> dict:
        """States in a row, some of which jump forward, or back while a counter is small."""
        names = [f"{scope.name}.{index} {self.kind(scope, index, length)}" for index in range(length)]
        self.assign_all(scope)
        first = f"{scope.name}.0 Pass"
        names[0] = first
        for index, name in enumerate(names):
            kind = name.rsplit(" ", 1)[1]
            later = names[index + 1 :]
            state = {"Type": kind}
            if index == 0:
                state |= self.opening(scope)
            else:
                getattr(self, kind.lower())(scope, state, names, index)
            if kind not in ("Choice", "Succeed", "Fail"):
                state |= {"Next": later[0]} if later else {"End": True}
            scope.states[name] = state
        return {"StartAt": first, "States": reachable(scope.states, first)}

    def kind(self, scope: Scope, index: int, length: int) -> str:
        last = index == length - 1
        kinds = ["Pass"] * 4 + ["Task"] * 4 + ["Wait"] + ["Choice"] * (0 if last else 4)
        if scope.depth < DEEPEST:
            kinds += ["Parallel"] * 2 + ["Map"] * 3
        if last:
            kinds += ["Succeed"] * 2 + (["Fail"] if scope.fallible else [])
        return self.random.choice(kinds)

    def assign_all(self, scope: Scope) -> None:
        """Every block has variables of its own, set by its first state; a name of an outer scope cannot be set in it."""
        for kind in self.random.choices(list(RECORD.values()), k=self.random.choice([1, 2, 3])):
            scope.own[f"v{self.number()}"] = kind
        scope.own[f"count{self.number()}"] = "number"

    def opening(self, scope: Scope) -> dict:
        """The first state sets the block's variables, from what is known before, and makes its input a record."""
        sight = scope.sight()
        assign = {name: self.grow.value(kind, sight) for name, kind in scope.own.items() if not name.startswith("count")}
        assign |= {name: 0 for name in scope.own if name.startswith("count")}
        scope.readable |= scope.own
        return {"Assign": assign}

    # ------------------------------------------------------------ States

    def pass_(self, scope: Scope, state: dict, names: list[str], index: int) -> None:
        self.ending(scope, state, scope.sight())

    def task(self, scope: Scope, state: dict, names: list[str], index: int) -> None:
        sight = scope.sight()
        payload = {"return": self.grow.record(sight)}
        raises = scope.fallible and self.chance(0.35)
        if raises:
            error = self.random.choice(RAISED)
            raised = json.dumps({"error": error, "message": "wanted"})
            payload["raise"] = self.random.choice([
                {"error": error, "message": "wanted"},
                "{% " + self.grow.of("flag", sight) + " ? " + raised + " : null %}",
                "{% $states.context.State.RetryCount < 1 ? " + raised + " : null %}",
            ])
        state["Resource"] = INVOKE
        state["Arguments"] = {"FunctionName": stand_in.NAME, "Payload": payload}
        answer = "$states.result.Payload"
        seen = sight.with_others(*((kind, f"{answer}.{name}") for name, kind in RECORD.items()))
        self.ending(scope, state, seen, "{% " + answer + " %}")
        if raises or (scope.fallible and self.chance(0.2)):
            self.trouble(scope, state, names, index)

    def wait(self, scope: Scope, state: dict, names: list[str], index: int) -> None:
        state |= self.random.choice([
            {"Seconds": 0}, {"Seconds": "{% $count([]) %}"}, {"Timestamp": "2020-01-01T00:00:00Z"},
            {"Timestamp": "{% $fromMillis(1500000000000) %}"},
        ])
        self.ending(scope, state, scope.sight())

    def succeed(self, scope: Scope, state: dict, names: list[str], index: int) -> None:
        if self.chance(0.6):
            state["Output"] = self.grow.record(scope.sight())

    def fail(self, scope: Scope, state: dict, names: list[str], index: int) -> None:
        sight = scope.sight()
        if self.chance(0.8):
            state["Error"] = self.random.choice(["Broken", "Own.Error", "{% 'E' & $string(" + self.grow.of("flag", sight) + ") %}"])
        if self.chance(0.8):
            state["Cause"] = self.random.choice(["as wanted", self.grow.whole("text", sight)])

    def choice(self, scope: Scope, state: dict, names: list[str], index: int) -> None:
        sight = scope.sight()
        rules = []
        counter = next(name for name in scope.own if name.startswith("count"))
        if index > 1 and self.chance(0.4):
            # Back, at most twice in this block, whichever way it comes here.
            back = self.random.choice(names[1 : index + 1])
            rules.append({
                "Condition": "{% $" + counter + " < 2 %}",
                "Assign": {counter: "{% $" + counter + " + 1 %}"},
                "Next": back,
            })
        for _ in range(self.random.choice([1, 1, 2])):
            condition = self.grow.whole("flag", sight, 2)
            if scope.fallible and self.chance(0.04):
                condition = self.random.choice([self.grow.mistake(sight), self.grow.whole("number", sight)])
            rule = {"Condition": condition, "Next": self.random.choice(names[index + 1 :])}
            if self.chance(0.3):
                self.ending(scope, rule, sight)
            rules.append(rule)
        state["Choices"] = rules
        if not (scope.fallible and self.chance(0.12)):
            state["Default"] = self.random.choice(names[index + 1 :])
            if self.chance(0.3):
                self.ending(scope, state, sight)

    def parallel(self, scope: Scope, state: dict, names: list[str], index: int) -> None:
        sight = scope.sight()
        number = self.number()
        branches = self.random.choice([1, 2, 2, 3])
        fallible = self.random.randrange(branches) if scope.fallible and self.chance(0.5) else None
        state["Branches"] = []
        for branch in range(branches):
            inner = Scope(
                f"P{number}b{branch}", scope.depth + 1, dict(scope.readable), fallible=branch == fallible, others=scope.others
            )
            block = self.block(inner, self.random.choice([1, 2, 3]))
            self.close(inner, block)
            state["Branches"].append(block)
        if self.chance(0.5):
            state["Arguments"] = self.grow.record(sight)
        seen = sight.with_others(("number", "$states.result[0].n"), ("text", "$states.result[-1].s"), ("number", "$sum($states.result.n)"))
        self.ending(scope, state, seen, "{% $states.result[0] %}")
        if fallible is not None:
            self.trouble(scope, state, names, index)

    def map(self, scope: Scope, state: dict, names: list[str], index: int) -> None:
        sight = scope.sight()
        number = self.number()
        fallible = scope.fallible and self.chance(0.4)
        inner = Scope(f"M{number}", scope.depth + 1, dict(scope.readable), fallible=fallible, others=scope.others)
        inner.others = (*scope.others, ("number", "$states.context.Map.Item.Index"), ("number", "$states.context.Map.Item.Value"))
        state["Items"] = self.random.choice([
            self.grow.whole("list", sight), self.grow.whole("list", sight), self.grow.literal("list"), [], "{% [] %}",
            [1, "{% $states.input.n %}", 3],
        ])
        # The second failure of several at a time would be a matter of luck.
        concurrency = 1 if fallible else self.random.choice([None, 0, 1, 2, "{% 1 + 1 %}"])
        if concurrency is not None:
            state["MaxConcurrency"] = concurrency
        item = sight.with_others(("number", "$states.context.Map.Item.Index"), ("number", "$states.context.Map.Item.Value"))
        state["ItemSelector"] = {name: self.grow.value(kind, item) for name, kind in RECORD.items()}
        if self.chance(0.2):
            state["ItemSelector"] = "{% $merge([$states.input, {'n': $states.context.Map.Item.Value}]) %}"
        block = self.block(inner, self.random.choice([1, 2, 2, 3]))
        self.close(inner, block)
        state["ItemProcessor"] = {**({"ProcessorConfig": {"Mode": "INLINE"}} if self.chance(0.3) else {}), **block}
        seen = sight.with_others(("number", "$count($states.result)"), ("number", "$sum($states.result.n)"))
        merged = "{% $merge([$states.input, {'l': [$states.result.n]}]) %}"
        self.ending(scope, state, seen, self.random.choice([merged, merged, self.grow.record(seen)]))
        if fallible or (scope.fallible and self.chance(0.2)):
            self.trouble(scope, state, names, index)

    # ------------------------------------------------------------ What states have in common

    def close(self, scope: Scope, block: dict) -> None:
        """A block whose first state is all it has still ends with a record."""
        only = block["States"][block["StartAt"]]
        if only.get("End") and self.chance(0.7):
            only["Output"] = self.grow.record(Sight({}, scope.others))

    def ending(self, scope: Scope, state: dict, sight: Sight, output=None) -> None:
        """Output and Assign. `output` is what keeps the document a record where a result would replace it."""
        if output is not None:
            state["Output"] = output if self.chance(0.5) else self.grow.record(sight)
        elif self.chance(0.5):
            state["Output"] = self.grow.record(sight)
        names = [name for name in scope.own if not name.startswith("count")]
        if names and self.chance(0.4):
            chosen = self.random.sample(names, self.random.randrange(1, len(names) + 1))
            state["Assign"] = {name: self.grow.value(scope.own[name], sight) for name in chosen}
            self.swap(scope, state["Assign"])
        if scope.fallible and self.chance(0.03):
            where = self.random.choice(["Output", "Assign"])
            if where == "Output" or not names:
                state["Output"] = {"n": self.grow.mistake(sight)}
            else:
                state["Assign"] = {names[0]: self.grow.mistake(sight)}

    def swap(self, scope: Scope, assign: dict) -> None:
        """Two variables of a kind change places now and then: each value is made from what was there before."""
        pairs = [(one, other) for one in assign for other in assign if one < other and scope.own[one] == scope.own[other]]
        if pairs and self.chance(0.6):
            one, other = self.random.choice(pairs)
            assign[one], assign[other] = "{% $" + other + " %}", "{% $" + one + " %}"

    def trouble(self, scope: Scope, state: dict, names: list[str], index: int) -> None:
        """Retry and Catch; catchers lead forward."""
        if self.retries < 2 and self.chance(0.5):
            self.retries += 1
            state["Retry"] = [{
                "ErrorEquals": self.random.choice([["States.ALL"], ["Broken"], ["Broken", "Late"], ["States.TaskFailed"]]),
                "IntervalSeconds": 1,
                "MaxAttempts": self.random.choice([0, 1, 1, 2]),
                "BackoffRate": 1,
            }]
        later = names[index + 1 :]
        if later and self.chance(0.75):
            catchers = []
            if self.chance(0.5):
                catchers.append(self.catcher(scope, self.random.choice([["Broken"], ["Late", "Odd.Name"], ["States.Timeout"]]), later))
            errors = self.random.choice([["States.ALL"], ["States.ALL"], ["States.TaskFailed"], ["States.QueryEvaluationError"]])
            catchers.append(self.catcher(scope, errors, later))
            state["Catch"] = catchers

    def catcher(self, scope: Scope, errors: list[str], later: list[str]) -> dict:
        catcher = {"ErrorEquals": errors, "Next": self.random.choice(later)}
        sight = scope.sight().with_others(("text", "$states.errorOutput.Error"))
        catcher["Output"] = self.random.choice([
            "{% $merge([$states.input, {'s': $states.errorOutput.Error}]) %}", "{% $states.input %}", self.grow.record(sight),
        ])
        names = [name for name in scope.own if not name.startswith("count")]
        if names and self.chance(0.4):
            name = self.random.choice(names)
            catcher["Assign"] = {name: self.grow.value(scope.own[name], sight)}
        return catcher


def reachable(states: dict[str, dict], first: str) -> dict[str, dict]:
    """What can be come to: AWS refuses a machine with states that nothing leads to."""
    found: set[str] = set()
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += targets(states[name])
    return {name: state for name, state in states.items() if name in found}


def targets(state: dict) -> list[str]:
    rules = [*state.get("Choices", []), *state.get("Catch", [])]
    return [state[field] for field in ("Next", "Default") if field in state] + [rule["Next"] for rule in rules]


# `pass` is a word of Python.
setattr(Machines, "pass", Machines.pass_)


def cases(seed: int, count: int):
    """`{name, definition, input}`, each from a seed of its own, so that one can be made again without the others."""
    for index in range(count):
        yield case(f"{seed}-{index}")


def case(name: str) -> dict:
    machines = Machines(name)
    return {"name": f"m-{name}", "definition": machines.machine(), "input": machines.input()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1)
    options = parser.parse_args()
    for made in cases(options.seed, options.count):
        print(json.dumps(made, ensure_ascii=False))


if __name__ == "__main__":
    main()
