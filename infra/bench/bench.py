"""Measures expressions against npm `jexl` and the compiler against itself, and prints both as Markdown.

    python3 infra/bench/bench.py                      both; writes docs/plots/check.svg and .tools/bench/check.png
    python3 infra/bench/bench.py --only expressions --corpus corpus.jsonl --rounds 40
    python3 infra/bench/bench.py --only check

Needs cargo and, for the expressions, node and npm. What else it needs it installs into .tools/. A corpus has lines
`{id, kind, text, data}`; without one, expressions as workflows have them are made up, the same ones every time.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parent))
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TOOLS = ROOT / ".tools"


def run(*command) -> None:
    subprocess.run([str(word) for word in command], cwd=ROOT, check=True, stdout=sys.stderr)


def python_with_matplotlib() -> Path:
    """The interpreter of .tools/bench, made where it is not there or its requirements changed."""
    run("make", "--silent", ".tools/bench/ready")
    return TOOLS / "bench/bin/python"


def reference() -> Path:
    """The folder that npm `jexl` is installed in."""
    folder = TOOLS / "reference"
    if not (folder / "node_modules/jexl").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            (folder / name).write_bytes((ROOT / "infra/reference" / name).read_bytes())
        run("npm", "ci", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error")
    return folder


def expressions(corpus: Path | None, rounds: int) -> None:
    import corpus as made_up
    import throughput

    folder = reference()
    run("cargo", "build", "--release", "--locked", "--package", "pawl-expression", "--example", "throughput")
    ours = [TARGET / "release/examples/throughput"]
    theirs = ["node", ROOT / "infra/bench/jexl.mjs", folder]
    print("## Expressions\n")
    with tempfile.TemporaryDirectory() as temporary:
        if corpus is None:
            corpus = Path(temporary) / "corpus.jsonl"
            made_up.write(corpus)
        print(throughput.compare(ours, theirs, corpus, rounds), flush=True)


def check() -> None:
    import growth

    run("cargo", "bench", "--locked", "--package", "pawl-compiler", "--bench", "check")
    found = growth.read(TARGET / "criterion")
    print("## Definitions\n")
    print(growth.table(found), flush=True)
    growth.plot(found, ROOT / "docs/plots/check.svg", TOOLS / "bench/check.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["expressions", "check"])
    parser.add_argument("--corpus", type=Path, help="lines of {id, kind, text, data}")
    parser.add_argument("--rounds", type=int, default=20, help="how often both engines go through the corpus")
    arguments = parser.parse_args()
    if arguments.only != "check":
        expressions(arguments.corpus, arguments.rounds)
    if arguments.only is None:
        print()
    if arguments.only != "expressions":
        interpreter = python_with_matplotlib()
        if Path(sys.prefix).resolve() != (TOOLS / "bench").resolve():
            # Only this part needs a library, so only this part runs where it is installed.
            run_check = subprocess.run([str(interpreter), __file__, "--only", "check"], check=False)
            sys.exit(run_check.returncode)
        check()


if __name__ == "__main__":
    main()
