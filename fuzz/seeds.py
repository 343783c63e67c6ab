"""Makes the seeds of the fuzz targets from the examples and the cases.

    python3 fuzz/seeds.py FOLDER

Every definition is a seed as it is and in block style, and every text in one that is evaluated is a seed too.
Seeds are named after their content, so that making them twice changes nothing.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def block(value, indent: str = "") -> str:
    """A value as YAML in block style, for texts that stand on lines of their own."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        return "".join(f"\n{indent}{json.dumps(key)}:{block(member, inner)}" for key, member in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{indent}-{block(element, inner)}" for element in value)
    return " " + json.dumps(value, ensure_ascii=False)


def texts(value):
    """Every text that a value holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from texts(member)
            if key == "expression" and isinstance(member, str):
                yield "{{" + member + "}}"
    elif isinstance(value, list):
        for element in value:
            yield from texts(element)


def keep(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    (folder / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


def main(folder: Path) -> None:
    files = [file for place in ("workflows", "cases") for file in sorted((ROOT / place).rglob("workflow.*"))]
    for file in files:
        text = file.read_text()
        for target in ("definition_check", "definition_convert", "definition_figures"):
            keep(folder / target, text)
        # A delivery is made of bytes, too.
        if "webhook" in text:
            keep(folder / "webhook_verify", text[:1000])
        if file.suffix != ".json":
            continue
        try:
            definition = json.loads(text)
        except json.JSONDecodeError:
            continue
        keep(folder / "definition_check", block(definition).lstrip("\n"))
        for text in texts(definition):
            if re.fullmatch(r"@[a-z]+|([-*/,?#\w]+ ){4,5}[-*/,?#\w]+", text):
                keep(folder / "schedule_convert", text)
        for template in (text for text in texts(definition) if "{{" in text):
            for text in [template, *re.findall(r"\{\{+[#^/]?(.*?)\}\}", template)]:
                keep(folder / "expression_parse", text)
                # The evaluator's inputs are bytes that a grammar reads its choices from; any text is a beginning.
                keep(folder / "expression_evaluate", text * 4)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
