"""A corpus of expressions as workflows have them, for when no other one is given: forms, each over many names and data."""

import json
import random
from pathlib import Path

# `{step}` is a step's slug, `{field}` a member of a record, `{word}` a text and `{number}` a number.
FORMS = [
    "steps.{step}.output.data.{field}",
    "steps.{step}.output.data.page[{number} % 3].{field}",
    "steps.{step}.output.data.page.length > {number}",
    "steps.{step}.output.data.page[.total > {number}]",
    "steps.{step}.output.data.page[.status == '{word}' && .total >= {number}]",
    "loop.item.{field} == '{word}'",
    "loop.item.{field} != null && loop.item.total >= {number}",
    "loop.item.total * 1.19 + {number}",
    "(loop.item.total - {number}) * 2 / 3 > 10 || loop.item.status == '{word}'",
    "loop.item.{field} contains '{word}'",
    "'{word}' in loop.item.tags",
    "loop.index % 2 == 0 ? loop.item.{field} : '{word}'",
    "input.{field} ?: steps.{step}.output.data.{field} ?: '{word}'",
    "!(loop.item.status in ['{word}', 'churned', 'potential'])",
    "{{email: loop.item.email, total: loop.item.total + {number}, tags: [loop.item.status, '{word}']}}",
    "steps.{step}.output.data.page|map('{field}')|join(', ')",
    "steps.{step}.output.data.page|filter('total > {number}')|length",
    "steps.{step}.output.data.page|sort('total', 'desc')|first",
    "steps.{step}.output.data.page|find('status', '{word}')",
    "loop.item.{field}|upper|trim",
    "(steps.{step}.output.data.page|map('tags')|flatten|unique)|slice(0, 3)",
    "[loop.item.{field}, input.{field}]|concat(loop.item.tags)|reverse",
    "{number} // 7 + {number} % 5 - 2 ^ 3",
    "'{word}: ' + loop.item.{field} + ' (' + loop.item.total + ')'",
]

STEPS = ["find_customers", "get_customer", "classify", "generate_reply"]
FIELDS = ["name", "email", "status", "locale"]
WORDS = ["active", "churned", "refund", "urgent", "Ada"]


def record(chance: random.Random, number: int) -> dict:
    return {
        "_id": f"customer_{number}",
        "name": chance.choice(["Ada", "Lin", "Grace", "Alan"]) + f" {number}",
        "email": f"customer{number}@example.com",
        "status": chance.choice(WORDS),
        "locale": chance.choice(["en", "de", "pt-BR"]),
        "total": chance.randrange(500),
        "tags": chance.sample(WORDS, 2),
    }


def data(chance: random.Random) -> dict:
    page = [record(chance, number) for number in range(10)]
    output = {"output": {"data": {**record(chance, 10), "page": page}}}
    item = record(chance, 11)
    return {"input": record(chance, 12), "loop": {"item": item, "index": 3}, "steps": dict.fromkeys(STEPS, output)}


def write(path: Path, count: int = 5000) -> None:
    chance = random.Random(1)
    with path.open("w") as file:
        for number in range(count):
            text = FORMS[number % len(FORMS)].format(
                step=chance.choice(STEPS),
                field=chance.choice(FIELDS),
                word=chance.choice(WORDS),
                number=chance.randrange(200),
            )
            case = {"id": number, "kind": "expression", "text": text, "data": data(chance)}
            file.write(json.dumps(case) + "\n")
