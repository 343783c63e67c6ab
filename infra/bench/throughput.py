"""Expressions here and with npm `jexl`, in turns: how many times as long the other one takes."""

import json
import statistics
import subprocess
from pathlib import Path

PARTS = ["parse", "evaluate", "both"]


class Engine:
    """A process that goes through a corpus whenever it is asked to."""

    def __init__(self, command: list):
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ids: list = self.answer()["ids"]

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args[0]} ended with {self.process.wait()}")
        return json.loads(line)

    def tell(self, value) -> None:
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def round(self) -> dict[str, int]:
        self.tell("round")
        return self.answer()

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def compare(ours: list, theirs: list, corpus: Path, rounds: int) -> str:
    """A table in Markdown. Only what has a value with both counts; a round is one pass of each, one after the other."""
    engines = [Engine([*ours, corpus]), Engine([*theirs, corpus])]
    total = sum(1 for _ in corpus.open())
    shared = set(engines[0].ids) & set(engines[1].ids)
    chosen = [id for id in engines[0].ids if id in shared]
    for engine in engines:
        engine.tell(chosen)
    warm_up = max(3, rounds // 4)
    measured = [[engine.round() for engine in engines] for _ in range(warm_up + rounds)][warm_up:]
    for engine in engines:
        engine.end()
    lines = [
        f"{len(chosen)} of {total} cases are expressions that have a value with both; "
        f"{rounds} rounds after {warm_up} to warm up.",
        "",
        "| | Pawl, ns each | jexl, ns each | jexl / Pawl, best rounds | jexl / Pawl, median of rounds |",
        "|---|---|---|---|---|",
    ]
    for part in PARTS:
        # The best round is the one that others on the machine disturbed least.
        best = [min(pair[side][part] for pair in measured) / len(chosen) for side in (0, 1)]
        median = statistics.median(their[part] / our[part] for our, their in measured)
        lines.append(f"| {part} | {best[0]:.0f} | {best[1]:.0f} | {best[1] / best[0]:.1f} | {median:.1f} |")
    return "\n".join(lines)
