"""Walks through machines, and copies of them with something changed."""

import copy
from collections.abc import Callable, Iterator
from typing import Any


def states(block: dict, inner: bool = False) -> Iterator[tuple[dict, bool]]:
    """Every state, with whether it stands in a branch or in the body of a Map."""
    for state in block["States"].values():
        yield state, inner
        for branch in state.get("Branches", []):
            yield from states(branch, True)
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"], True)


def expressions(value: Any) -> Iterator[str]:
    """Every expression in a state or a part of one, but not those of the states in it."""
    if isinstance(value, str) and value.startswith("{%"):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            if name not in ("Branches", "ItemProcessor"):
                yield from expressions(member)
    elif isinstance(value, list):
        for member in value:
            yield from expressions(member)


def replaced(value: Any, change: Callable[[str], str]) -> Any:
    """A copy with every expression changed."""
    if isinstance(value, str):
        return "{%" + change(value[2:-2]) + "%}" if value.startswith("{%") else value
    if isinstance(value, dict):
        return {name: replaced(member, change) for name, member in value.items()}
    if isinstance(value, list):
        return [replaced(member, change) for member in value]
    return value


def each_state(definition: dict, change: Callable[[dict, bool], None]) -> dict:
    """A copy in which every state was changed in place."""
    made = copy.deepcopy(definition)
    for state, inner in states(made):
        change(state, inner)
    return made


def holders(state: dict) -> Iterator[dict]:
    """A state, its rules and its catchers: whatever can have Assign and Output."""
    yield state
    yield from state.get("Choices", [])
    yield from state.get("Catch", [])
