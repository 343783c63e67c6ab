"""What of an execution is compared between engines, and where two executions of a machine differ.

Status, output and error must be the same, and so must the states entered, in their order, in every strand: in the machine
itself, in each branch, and in the body of each Map. Causes are not compared, for every engine words them in its own way.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One fact that differs: `status`, `output`, `error`, `refused`, or `states` with the block's first state."""

    fact: str
    ours: Any
    theirs: Any
    block: str | None = None
    # Whether the block is a branch or the body of a Map.
    inner: bool = False

    def __str__(self) -> str:
        place = f" in the block of `{self.block}`" if self.block else ""
        return f"`{self.fact}`{place} is {self.ours!r} here and {self.theirs!r} there"


def differences(definition: dict, ours: dict, theirs: dict) -> Iterator[Difference]:
    """Where two results of `Engine.result` differ; `{refused}` is one too, of a machine that was not taken."""
    if "refused" in ours or "refused" in theirs:
        # Every engine words a refusal in its own way.
        if not ("refused" in ours and "refused" in theirs):
            yield Difference("refused", ours.get("refused"), theirs.get("refused"))
        return
    for fact in ("status", "error"):
        if ours[fact] != theirs[fact]:
            yield Difference(fact, ours[fact], theirs[fact])
    if ours["status"] == theirs["status"] == "SUCCEEDED" and not same(ours["output"], theirs["output"]):
        yield Difference("output", ours["output"], theirs["output"])
    here, there = entered(ours), entered(theirs)
    for block in blocks(definition):
        # Which of several iterations went first is a matter of luck, and so is how far a branch came before another failed.
        if block.inner and raced(ours):
            continue
        one, other = (visits(block, states) for states in (here, there))
        if one != other:
            yield Difference("states", one, other, block.first, block.inner)


def same(one: Any, other: Any) -> bool:
    """Equal JSON: true is not 1, while 1 and 1.0 are one number, and the last digits of a fraction may differ."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return abs(one - other) <= 1e-12 * max(abs(one), abs(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@dataclass(frozen=True)
class Block:
    """The states of a machine, of a branch or of a Map's body."""

    first: str
    states: frozenset[str]
    inner: bool
    # Whether several strands can be in it at once.
    shared: bool


def blocks(definition: dict, inner: bool = False, shared: bool = False) -> Iterator[Block]:
    yield Block(definition["StartAt"], frozenset(definition["States"]), inner, shared)
    for state in definition["States"].values():
        for branch in state.get("Branches", []):
            yield from blocks(branch, True, shared)
        if "ItemProcessor" in state:
            yield from blocks(state["ItemProcessor"], True, shared or state.get("MaxConcurrency") != 1)


def visits(block: Block, states: list[str]) -> list:
    chosen = [state for state in states if state in block.states]
    return sorted(Counter(chosen).items()) if block.shared else chosen


def entered(result: dict) -> list[str]:
    return [event["stateEnteredEventDetails"]["name"] for event in result["history"] if event["type"].endswith("StateEntered")]


def raced(result: dict) -> bool:
    """Whether something failed while its siblings may have been on their way."""
    return any(event["type"] in ("ParallelStateFailed", "MapStateFailed", "MapIterationFailed") for event in result["history"])
