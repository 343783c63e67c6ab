"""Random JSONata, of a kind that is asked for, over what a state can see.

Every document that travels through a generated machine is a record of the same five fields, and every variable has one
kind, so that most expressions have a value and what follows from it can be compared.
"""

import json
from dataclasses import dataclass, field
from random import Random

# The fields of every document, with their kinds.
RECORD = {"n": "number", "s": "text", "l": "list", "o": "object", "f": "flag"}
KINDS = list(RECORD.values())

WORDS = ("alpha", "Beta", "gamma ray", "d-e-f", "x", "", "Zoë", "a,b,c")


@dataclass
class Sight:
    """What an expression may refer to: variables by name with their kinds, and texts of JSONata by kind."""

    variables: dict[str, str] = field(default_factory=dict)
    # Values beside the input and the variables, such as the result of a task: (kind, JSONata).
    others: tuple[tuple[str, str], ...] = ()
    # Where the record is that stands in for the input; in a Map's selector the input is not the item.
    record: str = "$states.input"

    def with_others(self, *others: tuple[str, str]) -> "Sight":
        return Sight(self.variables, (*self.others, *others), self.record)


class Expressions:
    """Grows expressions out of one source of chance."""

    def __init__(self, random: Random):
        self.random = random

    def of(self, kind: str, sight: Sight, depth: int = 2) -> str:
        """The text of an expression, without its braces."""
        if depth <= 0 or self.random.random() < 0.3:
            return self.leaf(kind, sight)
        forms = FORMS[kind]
        return self.random.choice(forms)(self, sight, depth - 1)

    def whole(self, kind: str, sight: Sight, depth: int = 2) -> str:
        """An expression as a field of ASL has it."""
        return "{% " + self.of(kind, sight, depth) + " %}"

    def value(self, kind: str, sight: Sight):
        """JSON for a field: an expression, or a literal."""
        if self.random.random() < 0.25:
            return self.literal(kind)
        return self.whole(kind, sight)

    def record(self, sight: Sight):
        """A document: built field by field, merged, or the one that is there."""
        choice = self.random.random()
        if choice < 0.2:
            return "{% " + sight.record + " %}"
        if choice < 0.45:
            name = self.random.choice(list(RECORD))
            return "{% $merge([" + sight.record + ", {'" + name + "': " + self.of(RECORD[name], sight) + "}]) %}"
        return {name: self.value(kind, sight) for name, kind in RECORD.items()}

    def mistake(self, sight: Sight) -> str:
        """An expression that has no value."""
        return "{% " + self.random.choice(MISTAKES)(self, sight, 1) + " %}"

    def literal(self, kind: str):
        random = self.random
        return {
            "number": lambda: random.choice([0, 1, 2, 3, 5, 7, 12, -4, 100, 2.5]),
            "text": lambda: random.choice(WORDS),
            "list": lambda: [random.randrange(9) for _ in range(random.choice([2, 3, 3, 4]))],
            "object": lambda: {"a": random.randrange(9), "b": random.choice(WORDS)},
            "flag": lambda: random.random() < 0.5,
        }[kind]()

    def leaf(self, kind: str, sight: Sight) -> str:
        names = [f"${name}" for name, of in sight.variables.items() if of == kind]
        names += [text for of, text in sight.others if of == kind] * 2
        names += [f"{sight.record}.{name}" for name, of in RECORD.items() if of == kind] * 2
        if self.random.random() < 0.25:
            return json.dumps(self.literal(kind), ensure_ascii=False)
        return self.random.choice(names)


def n(grow, sight, depth):
    return grow.of("number", sight, depth)


def t(grow, sight, depth):
    return grow.of("text", sight, depth)


def l(grow, sight, depth):
    return grow.of("list", sight, depth)


def o(grow, sight, depth):
    return grow.of("object", sight, depth)


def f(grow, sight, depth):
    return grow.of("flag", sight, depth)


def form(text: str):
    """A form from its text: each letter in angle brackets is replaced by an expression of that kind."""
    parts = {"n": n, "t": t, "l": l, "o": o, "f": f}

    def grown(grow: Expressions, sight: Sight, depth: int) -> str:
        made = text
        for letter, part in parts.items():
            while f"<{letter}>" in made:
                made = made.replace(f"<{letter}>", part(grow, sight, depth), 1)
        return made

    grown.text = text
    return grown


FORMS = {
    "number": [form(text) for text in (
        "(<n> + <n>)", "(<n> - <n>)", "(<n> * 2)", "(<n> % 7)", "(<n> / 4)", "-(<n>)",
        "$sum(<l>)", "$count(<l>)", "$max(<l>)", "$min(<l>)", "$average(<l>)", "$length(<t>)",
        "$floor(<n> / 3)", "$ceil(<n> / 3)", "$round(<n> / 3, 2)", "$abs(<n>)", "$power(<n>, 2)",
        "(<f> ? <n> : <n>)", "(<l>)[0]", "(<l>)[-1]", "<o>.a", "$number('42')", "$number($string(<n>))",
        "$reduce(<l>, function($i, $j) { $i + $j })", "($x := <n>; $y := $x + 1; $x * $y)",
        "$count($keys(<o>))", "$sum(<l>[$ > 2])", "$sum($map(<l>, function($v, $i) { $v * $i }))",
        "$toMillis('2026-01-02T03:04:05.678Z')", "$lookup(<o>, 'a')", "$count($distinct(<l>))",
        "$parse($string(<o>)).a", "(<l> ~> $sum)", "$sum($range(1, 5, 2))", "$count($partition(<l>, 2))",
        "$count($split(<t>, ','))", "$sqrt($abs(<n>) * $abs(<n>))",
    )],
    "text": [form(text) for text in (
        "(<t> & '-' & <t>)", "(<t> & <n>)", "$uppercase(<t>)", "$lowercase(<t>)", "$trim(' ' & <t> & ' ')",
        "$substring(<t>, 1)", "$substring(<t>, 0, 2)", "$substringBefore(<t>, '-')", "$substringAfter(<t>, 'a')",
        "$string(<n>)", "$string(<l>)", "$string(<o>)", "$string(<f>)", "$join($split(<t>, ','), ';')",
        "$replace(<t>, 'a', 'A')", "$replace(<t>, /[a-e]/, '_')", "$pad(<t>, 8)", "$pad(<t>, -8, '#')", "<o>.b",
        "(<f> ? <t> : <t>)", "$type(<n>)", "$type(<o>)", "$base64encode(<t>)", "$base64decode($base64encode(<t>))",
        "$join($map(<l>, $string), '+')", "$fromMillis(1767323045678)", "$hash(<t>, 'SHA-256')", "$hash(<t>, 'MD5')",
        "$states.context.State.Name", "$states.context.StateMachine.Name", "$states.context.Execution.Name",
        "$formatNumber(<n>, '#,##0.00')", "$keys(<o>)[0]", "$string($spread(<o>))", "$encodeUrlComponent(<t>)",
        "$formatBase($abs($floor(<n>)), 16)", "$states.context.Execution.Input.s", "$type($states.context.State.EnteredTime)",
    )],
    "list": [form(text) for text in (
        "[1..3]", "[1..$count(<l>)]", "$append(<l>, <l>)", "$reverse(<l>)", "$sort(<l>)", "[<n>, <n>]",
        "$sort(<l>, function($a, $b) { $a < $b })", "[$map(<l>, function($v) { $v + 1 })]",
        "[$filter(<l>, function($v) { $v > 2 })]", "[<l>[$ > 3]]", "[$distinct(<l>)]", "$range(0, 4, 2)",
        "(<f> ? <l> : <l>)", "[<l>.($ * 2)]", "$zip(<l>, <l>)[0]", "[<l>^(>$)]", "$parse('[3, 1, 2]')",
        "$partition(<l>, 2)[0]", "[<o>.a, <o>.a]", "[(<l>)[[0..1]]]", "$range(3, 0, -1)",
        "[$each(<o>, function($v, $k) { $length($k) })]", "$append([], <n>)",
    )],
    "object": [form(text) for text in (
        "{'a': <n>, 'b': <t>}", "$merge([<o>, {'a': <n>}])", "$merge([<o>, {'b': <t>}])", "(<f> ? <o> : <o>)",
        "{'a': <n>, 'b': <t>, 'c': $states.input.missing}", "$parse($string(<o>))", "$sift(<o>, function($v) { $v != 99 })",
        "(<o> ~> | $ | {'a': <n>} |)", "$merge($spread(<o>))",
    )],
    "flag": [form(text) for text in (
        "(<n> > <n>)", "(<n> <= <n>)", "(<n> = <n>)", "(<t> = <t>)", "(<t> != <t>)", "$not(<f>)", "$boolean(<l>)",
        "(<f> and <f>)", "(<f> or <f>)", "$contains(<t>, 'a')", "$contains(<t>, /^[A-Z]/)", "$exists(<o>.a)",
        "$exists($states.input.missing)", "(<n> in <l>)", "($type(<o>) = 'object')", "(<l> = <l>)", "$boolean(<t>)",
        "($count(<l>) > 2)", "(<t> < <t>)",
    )],
}

MISTAKES = [form(text) for text in (
    "$states.input.missing", "$states.input.o.none.deeper", "<t> * 2", "$number('seven')", "$error('wanted')",
    "$sum(<t>)", "<n> & <n> < <n>", "$length(<n>)", "1 / 0", "$toMillis('yesterday')", "$parse('{')",
    "$uppercase(<l>)", "$assert(false, 'wanted')", "$filter([], function($v) { $v })", "$substring(<n>, 1)",
    "$sqrt(-1)", "$hash(<t>, 'SHA-9')", "$replace(<t>, /a*/, 'b')", "$base64decode(5)", "$single(<l>)",
    "$states.result", "$states.errorOutput.Error", "$power(10, 400)", "<l>[10]", "function($v) { $v }",
)]
