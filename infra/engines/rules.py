"""Where other engines are known to differ from AWS, by name.

A rule does one of three things, each so narrow that everything else is still compared:

- `written_in` writes the fault into the machine. Ours, given that machine, must do exactly what theirs does with the plain one.
- `avoided` changes what both are given, so that the fault cannot show. Both must then do the same.
- `excused` looks at a single difference and says whether it is the fault.

`docs/decisions/differences-from-other-engines.md` has a row for each.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from expressions import RECORD
from machines import each_state, holders, replaced
from outcome import Difference


@dataclass(frozen=True)
class Rule:
    name: str
    engine: str
    written_in: Callable[[dict], dict] | None = None
    avoided: Callable[[dict], dict] | None = None
    excused: Callable[[Difference, dict, dict], bool] | None = None


def on_expressions(change: Callable[[str], str]) -> Callable[[dict], dict]:
    return lambda definition: replaced(definition, change)


def on_states(change: Callable[[dict, bool], None]) -> Callable[[dict], dict]:
    return lambda definition: each_state(definition, change)


# ------------------------------------------------------------ MiniStack


def iterations_leave_no_history(difference: Difference, ours: dict, theirs: dict) -> bool:
    return difference.fact == "states" and difference.inner and not difference.theirs


def parallel_is_plain(state: dict, inner: bool) -> None:
    if state["Type"] == "Parallel":
        for field in ("Arguments", "Output", "Assign"):
            state.pop(field, None)


def succeed_is_plain(state: dict, inner: bool) -> None:
    if state["Type"] == "Succeed":
        state.pop("Output", None)


def a_failure_has_a_name(state: dict, inner: bool) -> None:
    if state["Type"] == "Fail":
        state.setdefault("Error", "States.Fail")


def what_is_absent_is_null(state: dict, inner: bool) -> None:
    """`$states.result` and `$states.errorOutput` where there is none; a Pass has its output for a result."""
    if state["Type"] in ("Pass", "Choice", "Wait"):
        for holder in (state, *state.get("Choices", [])):
            result = as_expression(state.get("Output", "{% $states.input %}")) if state["Type"] == "Pass" else "null"
            for field, value in (("Output", "null"), ("Assign", f"({result})"), ("Condition", "null")):
                if field in holder:
                    holder[field] = replaced(holder[field], lambda text: text.replace("$states.result", value))
    for catcher in state.get("Catch", []):
        catcher.update(replaced(catcher, lambda text: text.replace("$states.result", "null")))


def default_has_no_output(state: dict, inner: bool) -> None:
    if state["Type"] == "Choice":
        state.pop("Output", None)


def anything_is_a_condition(state: dict, inner: bool) -> None:
    for rule in state.get("Choices", []):
        rule["Condition"] = replaced(rule["Condition"], lambda text: f"$boolean(({text}))")


def assign_sees_new_values(state: dict, inner: bool) -> None:
    """Each value is put in the place of its variable in the values after it."""
    for holder in holders(state):
        seen: dict[str, str] = {}
        for name, value in holder.get("Assign", {}).items():
            holder["Assign"][name] = replaced(value, lambda text: put_in(text, seen))
            if isinstance(value, str) and value.startswith("{%"):
                seen[name] = holder["Assign"][name][2:-2]
            else:
                seen[name] = as_expression(holder["Assign"][name])


def put_in(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda found: f"({values[found[1]]})" if found[1] in values else found[0], text)


def as_expression(value) -> str:
    if isinstance(value, str):
        return value[2:-2] if value.startswith("{%") else text_literal(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text_literal(name)}: ({as_expression(member)})" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(f"({as_expression(member)})" for member in value) + "]"
    return {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else repr(value)


def text_literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def string_escapes(text: str) -> str:
    """`$string` of what is no text writes the one letter of ours that is not ASCII as its code."""
    escaped = "$replace($string($it), 'ë', '\\\\u00eb')"
    return text.replace("$string(", f"(function($it) {{ $type($it) = 'string' ? $it : {escaped} }})(")


# ------------------------------------------------------------ moto


def no_lone_dollar(text: str) -> str:
    """The forms of `expressions.py` in which `$` stands for an element, put in another way or left out."""
    for form in ("[$ > 2]", "[$ > 3]", ".($ * 2)", "^(>$)"):
        text = text.replace(form, "[true]")
    return text.replace("~> | $ | {", "~> function($it) { $merge([$it, {").replace("} |)", "}]) })")


def selector_is_an_object(state: dict, inner: bool) -> None:
    if state["Type"] == "Map" and isinstance(state.get("ItemSelector"), str):
        fields = {name: "{% $states.input." + name + " %}" for name in RECORD}
        state["ItemSelector"] = {**fields, "n": "{% $states.context.Map.Item.Value %}"}


def texts_in_variables_are_bare(state: dict, inner: bool) -> None:
    """No text with a quotation mark comes into a variable."""
    for holder in holders(state):
        for name, value in holder.get("Assign", {}).items():
            text = as_expression(value)
            holder["Assign"][name] = (
                "{% ($it := (" + text + "); $type($it) = 'string' ? $replace($it, '\"', '') : $it) %}"
            )


def output_sees_new_values(state: dict, inner: bool) -> None:
    for holder in holders(state):
        if "Output" in holder:
            values = {name: as_expression(value) for name, value in holder.get("Assign", {}).items()}
            holder["Output"] = replaced(holder["Output"], lambda text: put_in(text, values))


def died_of(cause: str) -> Callable[[Difference, dict, dict], bool]:
    """The execution came to a point there, and ended with an error of the engine's own; so far it must be the same."""

    def excused(difference: Difference, ours: dict, theirs: dict) -> bool:
        if cause not in (theirs.get("cause") or ""):
            return False
        if difference.fact == "states" and not difference.inner:
            return difference.ours[: len(difference.theirs)] == difference.theirs
        return difference.theirs in ("FAILED", "States.Runtime") or difference.fact == "states"

    return excused


def results_outlive_their_state(state: dict, inner: bool) -> None:
    """Nothing reads a result or an error where there is none."""
    if state["Type"] in ("Pass", "Choice", "Wait"):
        for holder in (state, *state.get("Choices", [])):
            for field in ("Output", "Assign", "Condition"):
                if field in holder:
                    holder[field] = replaced(holder[field], without_result_and_error)
    for field in ("Output", "Assign"):
        if field in state:
            state[field] = replaced(state[field], without_error)


def without_error(text: str) -> str:
    return text.replace("$states.errorOutput", "$states.input.missing")


def without_result_and_error(text: str) -> str:
    return without_error(text).replace("$states.result", "$states.input.missing")


def default_by_its_name(state: dict, inner: bool) -> None:
    """A rule that leads where Default leads takes the state's own Assign and Output as well."""
    for rule in state.get("Choices", []):
        if rule["Next"] == state.get("Default"):
            if "Assign" in state:
                rule["Assign"] = {**rule.get("Assign", {}), **state["Assign"]}
            if "Output" in state:
                rule["Output"] = state["Output"]


def no_hash(text: str) -> str:
    return text.replace("$hash(", "(function($value, $algorithm) { 'Function $hash is currently not supported' })(")


RULES = [
    Rule("iterations-leave-no-history", "ministack", excused=iterations_leave_no_history),
    Rule("parallel-is-plain", "ministack", written_in=on_states(parallel_is_plain)),
    Rule("succeed-is-plain", "ministack", written_in=on_states(succeed_is_plain)),
    Rule("a-failure-has-a-name", "ministack", written_in=on_states(a_failure_has_a_name)),
    Rule("what-is-absent-is-null", "ministack", written_in=on_states(what_is_absent_is_null)),
    Rule("default-has-no-output", "ministack", written_in=on_states(default_has_no_output)),
    Rule("anything-is-a-condition", "ministack", written_in=on_states(anything_is_a_condition)),
    Rule("assign-sees-new-values", "ministack", written_in=on_states(assign_sees_new_values)),
    Rule("string-escapes-letters", "ministack", written_in=on_expressions(string_escapes)),
    Rule("no-lone-dollar", "moto", avoided=on_expressions(no_lone_dollar)),
    Rule("selector-is-an-object", "moto", avoided=on_states(selector_is_an_object)),
    Rule("texts-in-variables-are-bare", "moto", avoided=on_states(texts_in_variables_are_bare)),
    Rule("results-outlive-their-state", "moto", avoided=on_states(results_outlive_their_state)),
    Rule("errors-of-aws-leave-no-branch", "moto", excused=died_of("Custom Error Names MUST NOT begin with the prefix 'States.'")),
    Rule("no-choice-matched-is-a-runtime-error", "moto", excused=died_of("No branching option reached in state")),
    Rule("a-condition-that-is-no-boolean-is-a-runtime-error", "moto", excused=died_of("Expected Condition to produce a boolean result")),
    Rule("default-by-its-name", "moto", written_in=on_states(default_by_its_name)),
    Rule("output-sees-new-values", "moto", written_in=on_states(output_sees_new_values)),
    Rule("string-escapes-letters-too", "moto", written_in=on_expressions(string_escapes)),
    Rule("no-hash", "moto", written_in=on_expressions(no_hash)),
]


def of(engine: str) -> list[Rule]:
    return [rule for rule in RULES if rule.engine == engine]
