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
from outcome import Difference, raced


@dataclass(frozen=True)
class Rule:
    name: str
    engines: tuple[str, ...]
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


def which_branch_fails_first(difference: Difference, ours: dict, theirs: dict) -> bool:
    if not raced(ours) or "FAILED" not in (ours["status"], theirs["status"]):
        return False
    return difference.fact in ("status", "error") or came_as_far(difference)


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


def default_has_no_output(state: dict, inner: bool) -> None:
    if state["Type"] == "Choice":
        state.pop("Output", None)


def a_choice_always_matches(state: dict, inner: bool) -> None:
    if state["Type"] == "Choice":
        state.setdefault("Default", state["Choices"][0]["Next"])


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


def remainders_are_whole(text: str) -> str:
    return text.replace(" % 7)", " % 7 ~> function($it) { $it < 0 ? $ceil($it) : $floor($it) })")


def no_division_by_zero(text: str) -> str:
    return text.replace("1 / 0", "$error('1 / 0')")


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


def died_of(cause: str, error: str = "States.Runtime") -> Callable[[Difference, dict, dict], bool]:
    """The execution came to a point there, and ended with this error and cause; so far it must be the same."""

    def excused(difference: Difference, ours: dict, theirs: dict) -> bool:
        if theirs.get("error") != error or not re.search(cause, theirs.get("cause") or ""):
            return False
        return difference.theirs in ("FAILED", error) or came_as_far(difference)

    return excused


def came_as_far(difference: Difference) -> bool:
    """Whether the states that were entered are the same as far as the shorter one came; in branches that is luck."""
    if difference.fact != "states" or difference.inner:
        return difference.fact == "states"
    both = min(len(difference.ours), len(difference.theirs))
    return difference.ours[:both] == difference.theirs[:both]


def nothing_is_read_that_is_not_there(state: dict, inner: bool) -> None:
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


def no_partition_of_nothing(text: str) -> str:
    one_part = "function($list, $size) { $count($list) = 0 ? [[]] : $partition($list, $size) }"
    return text.replace("$partition(", f"({one_part})(")


ITEM = re.compile(r"\$states\.context\.Map\.Item\.(Index|Value)")


def no_item_in_an_iteration(state: dict, inner: bool) -> None:
    """Only a selector reads which item it is for; the states of an iteration have a number instead."""
    for field in state.keys() - {"Branches", "ItemProcessor", "ItemSelector"}:
        state[field] = replaced(state[field], lambda text: ITEM.sub("3", text))


def no_name_is_an_empty_name(difference: Difference, ours: dict, theirs: dict) -> bool:
    return difference.fact == "error" and difference.ours is None and difference.theirs == ""


def task_failed_is_all(state: dict, inner: bool) -> None:
    for handler in (*state.get("Retry", []), *state.get("Catch", [])):
        if handler["ErrorEquals"] == ["States.TaskFailed"]:
            handler["ErrorEquals"] = ["States.ALL"]


def no_function_as_a_value(text: str) -> str:
    return "$error('a function')" if text.strip() == "function($v) { $v }" else text


def no_match_of_nothing(text: str) -> str:
    return text.replace("/a*/", "/a/")


def no_power_beyond_all(text: str) -> str:
    return text.replace("$power(10, 400)", "$error('too much')")


MINISTACK, MOTO, SFNX = ("ministack",), ("moto",), ("sfnx",)
# These three evaluate JSONata by the same library.
PYTHON = ("ministack", "moto", "sfnx")

RULES = [
    Rule("remainders-are-whole", PYTHON, written_in=on_expressions(remainders_are_whole)),
    Rule("no-division-by-zero", PYTHON, avoided=on_expressions(no_division_by_zero)),
    Rule("string-escapes-letters", ("ministack", "moto"), written_in=on_expressions(string_escapes)),
    Rule("no-item-in-an-iteration", ("moto", "sfnx"), avoided=on_states(no_item_in_an_iteration)),
    Rule("matches-of-nothing-are-replaced", ("moto", "sfnx"), avoided=on_expressions(no_match_of_nothing)),
    Rule("no-choice-matched-has-a-name", ("ministack", "sfnx"), avoided=on_states(a_choice_always_matches)),
    Rule("what-is-not-there-is-read", ("ministack", "moto"), avoided=on_states(nothing_is_read_that_is_not_there)),
    Rule("which-branch-fails-first", ("ministack", "moto"), excused=which_branch_fails_first),
    Rule("iterations-leave-no-history", MINISTACK, excused=iterations_leave_no_history),
    Rule("parallel-is-plain", MINISTACK, written_in=on_states(parallel_is_plain)),
    Rule("succeed-is-plain", MINISTACK, written_in=on_states(succeed_is_plain)),
    Rule("a-failure-has-a-name", MINISTACK, written_in=on_states(a_failure_has_a_name)),
    Rule("default-has-no-output", MINISTACK, written_in=on_states(default_has_no_output)),
    Rule("anything-is-a-condition", MINISTACK, written_in=on_states(anything_is_a_condition)),
    Rule("a-function-is-a-value", MINISTACK, avoided=on_expressions(no_function_as_a_value)),
    Rule("assign-sees-new-values", MINISTACK, written_in=on_states(assign_sees_new_values)),
    Rule("no-lone-dollar", MOTO, avoided=on_expressions(no_lone_dollar)),
    Rule("selector-is-an-object", MOTO, avoided=on_states(selector_is_an_object)),
    Rule("texts-in-variables-are-bare", MOTO, avoided=on_states(texts_in_variables_are_bare)),
    Rule("errors-of-aws-leave-no-branch", MOTO, excused=died_of("Custom Error Names MUST NOT begin")),
    Rule("a-map-s-output-is-not-caught", MOTO, excused=died_of("the state '[^']* Map'", "States.QueryEvaluationError")),
    Rule("a-condition-that-is-no-boolean-is-a-runtime-error", MOTO, excused=died_of("Expected Condition to produce a boolean result")),
    Rule("default-by-its-name", MOTO, written_in=on_states(default_by_its_name)),
    Rule("output-sees-new-values", MOTO, written_in=on_states(output_sees_new_values)),
    Rule("no-partition-of-nothing", MOTO, written_in=on_expressions(no_partition_of_nothing)),
    Rule("no-hash", MOTO, written_in=on_expressions(no_hash)),
    Rule("task-failed-is-for-expressions", MINISTACK, avoided=on_states(task_failed_is_all)),
    Rule("a-power-beyond-all-is-python-s", SFNX, avoided=on_expressions(no_power_beyond_all)),
    Rule("no-name-is-an-empty-name", SFNX, excused=no_name_is_an_empty_name),
]


def of(engine: str) -> list[Rule]:
    return [rule for rule in RULES if engine in rule.engines]
