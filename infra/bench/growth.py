"""How the compiler's time grows with the steps of a definition: a table and a plot, from what criterion measured."""

import json
import math
from pathlib import Path

SHAPES = {"chain": "one after the other", "loop": "all in one loop"}
STAGES = ["parse", "check", "compile"]


def read(criterion: Path) -> dict[tuple[str, str], dict[int, float]]:
    """The median nanoseconds of every shape and stage, by steps."""
    found = {}
    for shape in SHAPES:
        for stage in STAGES:
            sizes = (folder for folder in (criterion / shape / stage).glob("*") if folder.name.isdigit())
            found[shape, stage] = {
                int(folder.name): json.loads((folder / "new" / "estimates.json").read_text())["median"]["point_estimate"]
                for folder in sorted(sizes, key=lambda folder: int(folder.name))
            }
    return found


def slope(times: dict[int, float], least: int = 100) -> float:
    """The exponent of the growth between the first size of at least `least` steps and the last: 1 is linear."""
    first, last = min(size for size in times if size >= least), max(times)
    return math.log(times[last] / times[first]) / math.log(last / first)


def table(found: dict) -> str:
    sizes = list(next(iter(found.values())))
    lines = [
        "Microseconds per step.",
        "",
        "| shape | stage | " + " | ".join(f"{size:,}" for size in sizes) + " | exponent from 100 steps |",
        "|---|---|" + "---|" * (len(sizes) + 1),
    ]
    for (shape, stage), times in found.items():
        each = " | ".join(f"{times[size] / size / 1000:.1f}" for size in sizes)
        lines.append(f"| {SHAPES[shape]} | {stage} | {each} | {slope(times):.2f} |")
    return "\n".join(lines)


def plot(found: dict, svg: Path, png: Path) -> None:
    """Draws milliseconds against steps, with what linear growth would be."""
    import matplotlib

    matplotlib.use("svg")
    # The same figures make the same file, and its text stays text.
    matplotlib.rcParams.update({"svg.hashsalt": "pawl", "svg.fonttype": "none", "font.family": "sans-serif"})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    colours = {"parse": "#888888", "check": "#1f6fb4", "compile": "#c4542b"}
    marks = {"chain": ("o", "-"), "loop": ("s", "--")}
    for (shape, stage), times in found.items():
        mark, line = marks[shape]
        axes.plot(
            list(times),
            [time / 1e6 for time in times.values()],
            line,
            marker=mark,
            markersize=4,
            color=colours[stage],
            label=f"{stage}, {SHAPES[shape]}",
        )
    times = found["chain", "check"]
    through = times[1000] / 1000 / 1e6
    axes.plot(list(times), [through * size for size in times], ":", color="black", label="linear, through check at 1,000")
    axes.set(xscale="log", yscale="log", xlabel="steps", ylabel="milliseconds", title="Time to compile a definition")
    axes.grid(visible=True, which="major", linewidth=0.4)
    axes.legend(fontsize=8)
    figure.tight_layout()
    svg.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(svg, metadata={"Date": None, "Creator": None})
    figure.savefig(png, dpi=110)
