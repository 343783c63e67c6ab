"""Whether two runs left the same records, whatever their ids and times."""

import json
import re
from typing import Any, Iterator

# ISO 8601, as records and templates write it.
# When a record was made, where a text shows it.
MADE = re.compile(r'"_creationTime":[0-9]+')
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# Milliseconds since 1970, from 2001 to 2286.
MILLISECONDS = range(10**12, 10**13)
# The id of a record that a step created: its noun, and a hash of the run and the visit.
CREATED = re.compile(r"\b([a-z]+)_[0-9a-f]{32}\b")

FIELDS = ("step", "kind", "at", "iteration", "status", "attempts", "port", "input", "output", "error")


def differences(here: dict, there: dict) -> Iterator[str]:
    """What differs between two runs, each `{run, org, status, transitions, mails, steps}`, a line for each fact."""
    for fact in ("status", "transitions", "mails"):
        if here[fact] != there[fact]:
            yield f"`{fact}` is {text(here[fact])} here and {text(there[fact])} there"
    left, right = plain(here), plain(there)
    if len(left) != len(right):
        yield f"{len(left)} records here and {len(right)} there"
    for one, other in zip(left, right):
        for field in FIELDS:
            if one[field] != other[field]:
                yield f"{one['at']} {one['step']}: `{field}` is {text(one[field])} here and {text(other[field])} there"


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def plain(run: dict) -> list[dict]:
    """A run's records, with words for what no two runs share: their ids, what is made from these, and moments."""
    created: dict[str, str] = {}

    def name(id: re.Match) -> str:
        # Numbered as they appear, so that a record which refers to the wrong one still shows.
        return created.setdefault(id[0], f"<{id[1]} {len(created) + 1}>")

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: named(member) for key, member in value.items()}
        if isinstance(value, list):
            return [named(member) for member in value]
        if value == run["org"]:
            return "<org>"
        if isinstance(value, str):
            value = MADE.sub('"_creationTime":"<moment>"', value)
            return MOMENT.sub("<moment>", CREATED.sub(name, value.replace(run["run"], "<run>")))
        if isinstance(value, int) and value in MILLISECONDS:
            return "<moment>"
        return value

    return [named({field: record[field] for field in FIELDS}) for record in run["steps"]]
