#!/usr/bin/env python3
"""Compares random Python expressions with what CPython makes of them.

Run from the root of the repository:

    python3 infra/reference/python.py [--seed 1] [--cases 30000] [--show 20]

Every difference is explained by a rule below, each of which stands in docs/decisions/differences-from-python.md, or the
run fails. So it does when a rule explains nothing.
"""

import argparse
import ast
import collections
import json
import math
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
import warnings

warnings.simplefilter("ignore")

DECISION = "docs/decisions/differences-from-python.md"
AGE = [".age", "['age']", ".get('age', 1)", ".get('a')"]
NAME = [".name", "['name']", ".get('name', '?')"]


# ---------------------------------------------------------------- What CPython says


class Dict(dict):
    """A dict whose members can be read with a dot: None where it has none."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)


def wrapped(value):
    if isinstance(value, dict):
        return Dict({key: wrapped(member) for key, member in value.items()})
    if isinstance(value, list):
        return [wrapped(element) for element in value]
    return value


def named(value):
    """The values of names: texts that say true or false are booleans."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return wrapped(value)


FUNCTIONS = {
    function.__name__: function
    for function in (
        len, min, max, sum, abs, str, int, float, bool, list, dict, set, tuple, any, all, isinstance, round, sorted,
        reversed, enumerate, zip, map, filter,
    )
}


class TooLong(BaseException):
    """An evaluation that makes something huge."""


def too_long(*_):
    raise TooLong


signal.signal(signal.SIGALRM, too_long)


class Ordered(set):
    """A set that keeps the order in which it was filled, as ours do."""

    def __init__(self, elements=()):
        self.order = list(dict.fromkeys(elements))
        super().__init__(self.order)

    def __iter__(self):
        return iter(self.order)

    def __repr__(self):
        return "{" + ", ".join(map(repr, self.order)) + "}" if self.order else "set()"

    def __or__(self, other):
        return Ordered([*self, *other]) if isinstance(other, set) else NotImplemented

    def __and__(self, other):
        return Ordered(element for element in self if element in other) if isinstance(other, set) else NotImplemented

    def __sub__(self, other):
        return Ordered(element for element in self if element not in other) if isinstance(other, set) else NotImplemented

    def __xor__(self, other):
        return (self - other) | (other - self) if isinstance(other, set) else NotImplemented


class OrderedSets(ast.NodeTransformer):
    """Makes every set one that keeps its order."""

    def visit_Set(self, node):
        self.generic_visit(node)
        return ast.Call(ast.Name("set", ast.Load()), [ast.List(node.elts, ast.Load())], [])

    def visit_SetComp(self, node):
        self.generic_visit(node)
        return ast.Call(ast.Name("set", ast.Load()), [ast.ListComp(node.elt, node.generators)], [])

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            node.args[0] = self.visit(node.args[0])
            return node
        return self.generic_visit(node)


class Unspeakable(Exception):
    """A value that JSON cannot hold."""


def spoken(value):
    """What JSON can hold of a value."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise Unspeakable("64 bits")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unspeakable("infinity")
        return value
    if isinstance(value, dict):
        if any(not isinstance(key, str) for key in value):
            raise Unspeakable("keys")
        return {key: spoken(member) for key, member in value.items()}
    if isinstance(value, (list, tuple, set, zip, map, filter, enumerate)) or hasattr(value, "__iter__"):
        return [spoken(element) for element in value]
    raise Unspeakable(type(value).__name__)


def ordered(kinds):
    if isinstance(kinds, tuple):
        return tuple(map(ordered, kinds))
    return Ordered if kinds is set else kinds


def evaluate(text, data, has_ordered_sets=False):
    names = {name: named(value) for name, value in data.items()}
    names.setdefault("keys", data.keys())
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        # Names are globals, so that comprehensions see them.
        scope = {"__builtins__": FUNCTIONS, **names}
        if has_ordered_sets:
            text = ast.fix_missing_locations(OrderedSets().visit(ast.parse(text, mode="eval")))
            scope["__builtins__"] = FUNCTIONS | {
                "set": Ordered,
                "isinstance": lambda value, kinds: isinstance(value, ordered(kinds)),
            }
        return {"value": spoken(eval(compile(text, "<expression>", "eval"), scope))}
    except TooLong:
        return None
    except SyntaxError as error:
        return {"error": str(error), "phase": "read"}
    except Unspeakable as error:
        return {"error": str(error), "phase": "speak"}
    except Exception as error:  # Whatever an expression raises is an answer.
        return {"error": f"{type(error).__name__}: {error}", "phase": "evaluate"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


# ---------------------------------------------------------------- Random expressions


class Grower:
    """Grows expressions of a wanted type, and sometimes of another."""

    def __init__(self, random):
        self.random = random
        self.bound = []

    def pick(self, *options):
        return self.random.choice(options)

    def any(self, depth):
        return self.of(self.pick("int", "float", "str", "bool", "list", "dict", "people", "words", "tuple", "set", "none"), depth)

    def of(self, kind, depth):
        if self.random.random() < 0.04:
            kind = self.pick("int", "float", "str", "bool", "list", "dict", "words", "none", "people", "tuple", "set")
        if depth <= 0 or self.random.random() < 0.1:
            return self.leaf(kind)
        if self.random.random() < 0.08:
            return f"({self.of(kind, depth - 1)} if {self.truth(depth - 1)} else {self.of(kind, depth - 1)})"
        if self.random.random() < 0.06:
            return f"({self.of(kind, depth - 1)} {self.pick('and', 'or')} {self.any(depth - 1)})"
        return getattr(self, kind)(depth - 1)

    def leaf(self, kind):
        matching = [name for name, found in self.bound if found == kind]
        if matching and self.random.random() < 0.6:
            return self.random.choice(matching)
        if self.random.random() < 0.02:
            return "unknown"
        return {
            "int": lambda: self.pick("n", "m", "0", "1", "2", "-3", "10", "7", "1_000", "len(words)", "big", "True"),
            "float": lambda: self.pick("x", "y", "0.5", "2.0", "-1.5", "1e3", "1e-07", "2.675", "1e16", "0.1", "-0.0"),
            "str": lambda: self.pick("s", "t", "''", "'a'", '"it\'s"', "'Hello World'", "' x '", "'12'", "'3.5'", "'é\\n'", "word", "'true'", "flag"),
            "bool": lambda: self.pick("b", "True", "False", "flag"),
            "list": lambda: self.pick("numbers", "[]", "[1, 2, 3]", "[0.5, 2]", "mixed"),
            "words": lambda: self.pick("words", "['a', 'b']", "s.split()"),
            "people": lambda: self.pick("people", "[person]"),
            "dict": lambda: self.pick("person", "d", "{}", "{'a': 1}"),
            "tuple": lambda: self.pick("(1, 2)", "()", "('a', 'b')", "(1,)"),
            "set": lambda: self.pick("{1, 2}", "set()", "set(numbers)", "set(words)"),
            "none": lambda: self.pick("None", "none", "person.missing"),
        }[kind]()

    def truth(self, depth):
        return self.bool(depth) if self.random.random() < 0.7 else self.any(depth)

    def binding(self, name, kind, grow):
        self.bound.append((name, kind))
        try:
            return grow()
        finally:
            self.bound.pop()

    def int(self, depth):
        n = lambda: self.of("int", depth)
        return self.pick(
            lambda: f"({n()} {self.pick('+', '-', '*', '//', '%')} {n()})",
            lambda: f"({n()} {self.pick('+', '-', '*')} {n()} {self.pick('+', '-', '*')} {n()})",
            lambda: f"{n()} ** {self.pick('2', '0', '3', '-1', '70')}",
            lambda: f"-{n()}",
            lambda: f"len({self.of(self.pick('str', 'list', 'dict', 'words', 'tuple', 'set', 'people'), depth)})",
            lambda: f"int({self.pick(self.of('float', depth), self.of('str', depth), self.of('bool', depth))})",
            lambda: f"{self.pick('max', 'min')}({n()}, {self.of(self.pick('int', 'float'), depth)})",
            lambda: f"{self.pick('max', 'min', 'sum')}({self.of('list', depth)})",
            lambda: f"{self.pick('max', 'min')}({self.of('list', depth)}, default={n()})",
            lambda: f"round({self.of('float', depth)})",
            lambda: f"round({n()}, {self.pick('-1', '-2', '0', '1')})",
            lambda: f"abs({n()})",
            lambda: f"{self.of('list', depth)}[{n()}]",
            lambda: f"{self.of('str', depth)}.{self.pick('find', 'count', 'index', 'rfind')}({self.of('str', depth)})",
            lambda: f"{self.of('str', depth)}.{self.pick('find', 'count')}({self.of('str', depth)}, {n()}, {n()})",
            lambda: f"{self.of('list', depth)}.{self.pick('index', 'count')}({n()})",
            lambda: f"{self.of('dict', depth)}{self.pick(*AGE)}",
            lambda: f"sum(1 for p in {self.of('people', depth)} if {self.binding('p', 'dict', lambda: self.truth(depth))})",
            lambda: f"sum({self.of('list', depth)}, {n()})",
        )()

    def float(self, depth):
        x = lambda: self.of(self.pick("float", "int"), depth)
        return self.pick(
            lambda: f"({x()} {self.pick('+', '-', '*', '/', '//', '%')} {x()})",
            lambda: f"{x()} / {x()}",
            lambda: f"round({self.of('float', depth)}, {self.pick('0', '1', '2', '3', '-1', '-2')})",
            lambda: f"float({self.pick(self.of('str', depth), x())})",
            lambda: f"abs({self.of('float', depth)})",
            lambda: f"{self.of('float', depth)} ** {self.pick('2', '0.5', '-1', 'x', '0', '400')}",
            lambda: f"sum(x * 0.1 for x in {self.of('list', depth)})",
            lambda: f"float({self.pick(repr('inf'), repr('1e400'), repr(' -1_0.5 '), repr('nan'), repr('1e5'))})",
            lambda: f"{x()} * {self.pick('1e308', '1e300')}",
        )()

    def str(self, depth):
        s = lambda: self.of("str", depth)
        return self.pick(
            lambda: f"({s()} + {s()})",
            lambda: f"{s()} * {self.pick('2', '0', '3')}",
            lambda: f"{s()}.{self.pick('lower', 'upper', 'strip', 'lstrip', 'rstrip', 'title', 'capitalize', 'swapcase', 'casefold')}()",
            lambda: f"{s()}.{self.pick('strip', 'lstrip', 'rstrip')}({self.pick('None', s())})",
            lambda: f"{s()}.replace({s()}, {s()})",
            lambda: f"{s()}.replace({s()}, {s()}, {self.pick('1', '-1', '0', '2')})",
            lambda: f"{s()}.{self.pick('removeprefix', 'removesuffix')}({s()})",
            lambda: f"{s()}.zfill({self.pick('5', 'n', 'm', '-1', '2')})",
            lambda: f"{s()}.join({self.of(self.pick('words', 'list', 'str'), depth)})",
            lambda: f"str({self.any(depth)})",
            lambda: f"str({self.pick('map(abs, numbers)', 'reversed(words)', 'person.keys()', 'd.items()', 'd.values()')})",
            lambda: f"({self.of('str', depth)} % {self.any(depth)})",
            lambda: f"{s()}[{self.of('int', depth)}]",
            lambda: f"{s()}[{self.bound_of(depth)}:{self.bound_of(depth)}]",
            lambda: f"{s()}[{self.bound_of(depth)}:{self.bound_of(depth)}:{self.pick('-1', '2', '-2', self.of('int', depth))}]",
            lambda: f"{self.of('words', depth)}[{self.of('int', depth)}]",
            lambda: f"{self.of('dict', depth)}{self.pick(*NAME)}",
            lambda: self.fstring(depth),
            lambda: f"{self.pick(repr('{} and {}'), repr('{1}{0}'), repr('{:>5}|{}'))}.format({self.any(depth)}, {self.any(depth)})",
        )()

    def fstring(self, depth):
        def value():
            kind = self.pick("int", "float", "str", "bool", "list")
            inner = self.of(kind, min(depth, 1))
            if any(character in inner for character in "\"'\\{}:!#"):
                inner = self.pick("n", "x", "s", "b", "numbers")
            form = {
                "int": ["", ":d", ":5", ":05d", ":,", ":.2f", ":+d", ":<6d", ":^7", ":*>8", ":.1%"],
                "float": ["", ":.2f", ":.0f", ":10.3f", ":,.1f", ":.1%", ":08.2f", ":f"],
                "str": ["", ":>10", ":<4", ":^9", ":.2", "!r", "!s:>8", ":s"],
            }.get(kind, ["", "!r", "!s"])
            return "{" + f"({inner})" + self.random.choice(form) + "}"

        return "f'" + "".join(self.pick("a", " ", "{{", "}}", value(), value()) for _ in range(3)) + "'"

    def bound_of(self, depth):
        return self.pick("", "", "1", "-1", "0", "2", self.of("int", depth))

    def bool(self, depth):
        a = lambda: self.any(depth)
        number = lambda: self.of(self.pick("int", "float"), depth)
        return self.pick(
            lambda: f"({number()} {self.pick('<', '<=', '>', '>=', '==', '!=')} {number()})",
            lambda: f"({number()} < {number()} <= {number()})",
            lambda: f"({self.of('str', depth)} {self.pick('<', '==', '!=', '>=')} {self.of('str', depth)})",
            lambda: f"({self.of('str', depth)} == {self.pick(repr('a'), repr('open'), repr('12'), repr(''))})",
            lambda: f"({a()} {self.pick('==', '!=')} {a()})",
            lambda: f"({self.of('list', depth)} {self.pick('<', '==', '>')} {self.of('list', depth)})",
            lambda: f"(not {a()})",
            lambda: f"({a()} {self.pick('and', 'or')} {a()})",
            lambda: f"({self.truth(depth)} {self.pick('and', 'or')} {self.truth(depth)} {self.pick('and', 'or')} {self.truth(depth)})",
            lambda: f"({self.of('str', depth)} {self.pick('in', 'not in')} {self.of(self.pick('str', 'words', 'dict', 'tuple'), depth)})",
            lambda: f"({number()} {self.pick('in', 'not in')} {self.of(self.pick('list', 'tuple', 'set'), depth)})",
            lambda: f"({a()} in {a()})",
            lambda: f"({self.of('int', depth)} in {self.pick('map', 'filter')}({self.pick('int', 'abs', 'float')}, {self.of('list', depth)}))",
            lambda: f"({self.of('int', depth)} in ({self.binding('v', 'int', lambda: self.of('int', depth))} for v in {self.of('list', depth)}))",
            lambda: f"({a()} is {self.pick('', 'not ')}None)",
            lambda: f"({self.of('bool', depth)} is {self.pick('True', 'False')})",
            lambda: f"isinstance({a()}, {self.pick('str', 'int', 'float', 'bool', 'list', 'dict', '(str, int)', 'tuple', 'set')})",
            lambda: f"bool({a()})",
            lambda: f"{self.of('str', depth)}.{self.pick('startswith', 'endswith')}({self.pick(self.of('str', depth), self.of('tuple', depth))})",
            lambda: f"{self.of('str', depth)}.{self.pick('isdigit', 'isalpha', 'isalnum', 'isspace', 'isupper', 'islower', 'isnumeric')}()",
            lambda: f"{self.pick('any', 'all')}({self.of('list', depth)})",
            lambda: f"{self.pick('any', 'all')}({self.binding('v', 'int', lambda: self.truth(depth))} for v in {self.of('list', depth)})",
            lambda: f"{self.pick('any', 'all')}({self.binding('p', 'dict', lambda: self.truth(depth))} for p in {self.of('people', depth)} if {self.binding('p', 'dict', lambda: self.truth(depth))})",
            lambda: f"{self.pick('any', 'all')}({self.binding('w', 'str', lambda: self.truth(depth))} for p in people for w in {self.binding('p', 'dict', lambda: self.pick('p.tags', self.of('words', depth)))})",
            lambda: f"{self.pick('any', 'all')}(map({self.pick('bool', 'len', 'lambda v: ' + self.binding('v', 'int', lambda: self.truth(depth)))}, {self.of('list', depth)}))",
            lambda: f"({self.of('set', depth)} {self.pick('==', '<=', '<', '!=')} {self.of('set', depth)})",
            lambda: f"({self.pick(repr('name'), repr('n'), repr('z'))} in keys)",
            lambda: f"({self.of('tuple', depth)} {self.pick('==', '<')} {self.of(self.pick('tuple', 'list'), depth)})",
        )()

    def list(self, depth):
        l = lambda: self.of("list", depth)
        return self.pick(
            lambda: f"[{', '.join(self.of(self.pick('int', 'float'), depth) for _ in range(self.random.randrange(4)))}]",
            lambda: f"[{', '.join(self.any(depth) for _ in range(self.random.randrange(4)))}]",
            lambda: f"({l()} + {l()})",
            lambda: f"{l()} * {self.pick('2', '0', '-1')}",
            lambda: f"{l()}[{self.bound_of(depth)}:{self.bound_of(depth)}]",
            lambda: f"{l()}[::{self.pick('-1', '2')}]",
            lambda: f"sorted({self.pick(l(), self.of('set', depth))})",
            lambda: f"sorted({l()}, reverse={self.pick('True', 'False')}, key=lambda v: {self.binding('v', 'int', lambda: self.of('int', depth))})",
            lambda: f"list({self.pick('reversed(' + l() + ')', 'range_', self.of('tuple', depth), self.of('dict', depth))})",
            lambda: f"[{self.binding('v', 'int', lambda: self.any(depth))} for v in {l()}]",
            lambda: f"[{self.binding('v', 'int', lambda: self.any(depth))} for v in {l()} if {self.binding('v', 'int', lambda: self.truth(depth))}]",
            lambda: f"[{self.binding('i', 'int', lambda: self.binding('w', 'str', lambda: self.any(depth)))} for i, w in {self.pick('enumerate(words)', 'zip(numbers, words)', 'person.items()', l())}]",
            lambda: f"list(map({self.pick('abs', 'str', 'int', 'float', 'lambda v: ' + self.binding('v', 'int', lambda: self.any(depth)))}, {l()}))",
            lambda: f"list(map(lambda v, w: {self.binding('v', 'int', lambda: self.binding('w', 'str', lambda: self.any(depth)))}, {l()}, {self.of('words', depth)}))",
            lambda: f"list(filter({self.pick('None', 'bool', 'lambda v: ' + self.binding('v', 'int', lambda: self.truth(depth)))}, {l()}))",
            lambda: f"[p.age for p in {self.of('people', depth)}]",
            lambda: f"list(enumerate({l()}, {self.pick('1', 'n')}))",
            lambda: f"list(zip({l()}, {self.of('words', depth)}))",
        )()

    def words(self, depth):
        s = lambda: self.of("str", depth)
        return self.pick(
            lambda: f"{s()}.{self.pick('split', 'rsplit')}()",
            lambda: f"{s()}.{self.pick('split', 'rsplit')}({self.pick('None', s())})",
            lambda: f"{s()}.{self.pick('split', 'rsplit')}({self.pick('None', s())}, {self.pick('1', '2', '0', '-1')})",
            lambda: f"{s()}.splitlines()",
            lambda: f"[{', '.join(s() for _ in range(self.random.randrange(4)))}]",
            lambda: f"[w.{self.pick('upper()', 'lower()', 'strip()', 'title()')} for w in {self.of('words', depth)}]",
            lambda: f"sorted({self.of('words', depth)}{self.pick('', ', key=len', ', key=str.lower', ', reverse=True')})",
            lambda: f"list({self.of('dict', depth)}.keys())",
            lambda: f"list({s()})",
            lambda: f"[{self.binding('p', 'dict', lambda: self.of('str', depth))} for p in {self.of('people', depth)}]",
        )()

    def people(self, depth):
        return self.pick(
            lambda: f"[p for p in {self.of('people', depth)} if {self.binding('p', 'dict', lambda: self.truth(depth))}]",
            lambda: f"sorted({self.of('people', depth)}, key=lambda p: {self.binding('p', 'dict', lambda: self.any(depth))})",
            lambda: f"[{self.of('dict', depth)}]",
            lambda: f"{self.of('people', depth)}[:{self.of('int', depth)}]",
        )()

    def dict(self, depth):
        return self.pick(
            lambda: "{" + f"'a': {self.any(depth)}, 'age': {self.of('int', depth)}" + "}",
            lambda: "{" + f"{self.of('str', depth)}: {self.any(depth)}" + "}",
            lambda: f"{self.of('people', depth)}[{self.pick('0', '-1', self.of('int', depth))}]",
            lambda: "{" + f"k: {self.binding('v', 'int', lambda: self.any(depth))} for k, v in {self.of('dict', depth)}.items()" + "}",
            lambda: f"dict({self.pick(self.of('dict', depth), 'zip(words, numbers)', 'a=1, b=n', self.of('list', depth))})",
            lambda: f"max({self.of('people', depth)}, key=lambda p: p.age)",
            lambda: f"({self.of('dict', depth)} | {self.of('dict', depth)})",
        )()

    def tuple(self, depth):
        return self.pick(
            lambda: f"({self.any(depth)}, {self.any(depth)})",
            lambda: f"({self.any(depth)},)",
            lambda: f"tuple({self.of(self.pick('list', 'words', 'str', 'dict'), depth)})",
            lambda: f"{self.of('str', depth)}.partition({self.of('str', depth)})",
            lambda: f"({self.of('tuple', depth)} + {self.of('tuple', depth)})",
        )()

    def set(self, depth):
        return self.pick(
            lambda: "{" + f"{self.any(depth)}, {self.of('int', depth)}" + "}",
            lambda: f"set({self.of(self.pick('list', 'words', 'str', 'tuple'), depth)})",
            lambda: f"({self.of('set', depth)} {self.pick('-', '&', '|', '^')} {self.of('set', depth)})",
            lambda: "{" + f"w.lower() for w in {self.of('words', depth)}" + "}",
        )()

    def none(self, depth):
        return self.pick(lambda: "None", lambda: f"{self.of('dict', depth)}.get('missing')", lambda: "person.nothing")()


def data(random):
    pick = random.choice
    return {
        "n": pick([0, 1, 2, 3, -1, 7, 40]),
        "m": pick([5, -2, 100, 12, 3]),
        "big": pick([2**53 + 1, 2**62, -(2**63), 2**64 - 1, 10**15]),
        "x": pick([0.5, -1.25, 3.0, 1e-9, 123456.789, 1e22, 2.5]),
        "y": pick([0.0, -0.0, 1.1, 0.1, 7.0, 1.5]),
        "s": pick(["", "hello", "Hello World", " a  b ", "12", "x,y,z", "naïve ß", "line\nnext", "don't"]),
        "t": pick(["a", "l", "o", " ", ",", "open", "10", "O"]),
        "word": pick(["alpha", "true story", "Beta", "\"q\""]),
        "flag": pick(["true", "false", "True", "maybe"]),
        "b": pick([True, False]),
        "none": None,
        "numbers": pick([[], [1, 2, 3], [3, 1, 2], [0, 0], [1, 1.0, True], [5, -5, 2.5], [10, 9, 8, 7]]),
        "words": pick([[], ["a", "b"], ["b", "", "A"], ["one", "two", "three"]]),
        "mixed": pick([[1, "a"], [None, 1], [[1], [2]], ["a", 1.5, None], [True, False], [{"age": 1}]]),
        "person": {"name": pick(["Ada", "bo"]), "age": pick([0, 17, 36]), "tags": pick([[], ["x"], ["x", "y"]])},
        "d": pick([{}, {"a": 1}, {"a": None, "b": [1]}, {"true": "true", "age": 3}]),
        "people": pick([
            [],
            [{"name": "Ada", "age": 36, "tags": ["x"]}],
            [{"name": "Ada", "age": 36, "tags": []}, {"name": "Bo", "age": 17, "tags": ["y", ""]}],
            [{"name": "Cy", "age": None, "tags": ["z"]}, {"name": "Di", "age": 5, "tags": ["z"]}],
        ]),
    }


# ---------------------------------------------------------------- The rules


def fails_with(part):
    return lambda case: part in case.ours.get("error", "")


def has_lazy(case):
    return any(
        isinstance(node, ast.GeneratorExp) or isinstance(node, ast.Name) and node.id in ("map", "filter", "zip", "enumerate")
        for node in ast.walk(ast.parse(case.text, mode="eval"))
    )


def agrees_with_ordered_sets(case):
    """The same as CPython gives if its sets keep the order in which they are filled."""
    theirs = evaluate(case.text, case.data, has_ordered_sets=True)
    if "value" not in case.ours or "value" not in theirs:
        return "error" in case.ours and "error" in theirs
    return same(case.ours["value"], theirs["value"])


def both_fail(case):
    return "error" in case.ours and "error" in case.theirs


# What differs, by name: the claim that explains it. A case is explained by the first claim that holds.
RULES = {
    "whole-numbers-have-64-bits": fails_with("does not fit 64 bits"),
    "no-infinity": lambda case: fails_with("a number here is too large or none at all")(case)
    or case.theirs.get("error") == "infinity",
    "no-complex-numbers": fails_with("a root of a negative number is not a real number"),
    "keys-are-texts": lambda case: fails_with("a dict is made of pairs whose first is a str")(case)
    or fails_with("a key of a dict is a text here")(case),
    "percent-does-not-format": lambda case: fails_with("`%` does not work between a str and")(case)
    or fails_with("formatting a text with `%`")(case),
    "members-with-a-dot": lambda case: "'dict' object has no attribute" in case.theirs.get("error", ""),
    "iterators-have-no-text": fails_with("an iterator has no text"),
    "sets-have-no-order": agrees_with_ordered_sets,
    "iterators-are-made-at-once": lambda case: "error" in case.ours and has_lazy(case),
    "formats-need-a-type": fails_with("this format does not work with a float"),
}


class Case:
    def __init__(self, number, seed):
        source = random.Random(f"{seed}/{number}")
        self.data = data(source)
        self.text = Grower(source).any(source.choice([1, 2, 2, 3, 3, 4]))
        self.theirs = evaluate(self.text, self.data)
        self.ours = None

    def agrees(self):
        if both_fail(self):
            return self.ours["phase"] == self.theirs["phase"] or self.theirs["phase"] == "evaluate"
        return "value" in self.ours and "value" in self.theirs and same(self.ours["value"], self.theirs["value"])


def same(ours, theirs):
    """Equal to the type of each number and the order of each dict."""
    return json.dumps(ours) == json.dumps(theirs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default="1")
    parser.add_argument("--cases", type=int, default=30_000)
    parser.add_argument("--show", type=int, default=5)
    options = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets of texts is another in every process, unless it is told.
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"PYTHONHASHSEED": "0"})
    started = time.monotonic()
    # What makes something huge is an error to both, and not worth the wait.
    resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
    cases = [Case(number, options.seed) for number in range(options.cases)]
    cases = [case for case in cases if case.theirs is not None]
    lines = "".join(json.dumps({"text": case.text, "data": case.data}) + "\n" for case in cases)
    command = ["cargo", "run", "--quiet", "--locked", "--package", "pawl-expression", "--example", "python"]
    answered = subprocess.run(command, input=lines, capture_output=True, text=True)
    if answered.returncode:
        sys.exit(f"the evaluator stopped: {answered.stderr[-2000:]}")
    for case, answer in zip(cases, answered.stdout.splitlines(), strict=True):
        case.ours = json.loads(answer)
    explained, open_cases, refused = collections.Counter(), [], collections.Counter()
    for case in cases:
        if case.agrees():
            continue
        rule = next((name for name, claim in RULES.items() if claim(case)), None)
        if rule:
            explained[rule] += 1
        else:
            open_cases.append(case)
    for case in open_cases[: options.show]:
        print(f"{case.text}\n  ours   {str(case.ours)[:300]}\n  theirs {str(case.theirs)[:300]}")
        names = set(re.findall(r"\w+", case.text))
        print(f"  data   { {name: value for name, value in case.data.items() if name in names} }")
    failing = sum("error" in case.theirs for case in cases)
    print(f"{len(cases)} expressions in {time.monotonic() - started:.1f} s: {len(cases) - failing} have a value with CPython {sys.version.split()[0]}, {failing} fail.")
    for name in RULES:
        print(f"  {explained[name]:6} differ by {name}")
    print(f"  {len(open_cases):6} differ by no rule")
    page = open(DECISION, encoding="utf-8").read()
    problems = [f"the rule {name} explains nothing" for name in RULES if not explained[name]]
    problems += [f"the rule {name} has no row in {DECISION}" for name in RULES if f"`{name}`" not in page]
    if open_cases:
        problems.append("there are differences that no rule explains")
    for problem in problems:
        print(problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
