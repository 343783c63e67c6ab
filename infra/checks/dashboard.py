"""The dashboard of infra/watching.yaml: whether its widgets find what the functions count, and how it looks.

    .tools/ministack/bin/python infra/checks/foreign.py --pawl target/debug/pawl --lines .tools/lines.jsonl
    .tools/bench/bin/python infra/checks/dashboard.py .tools/lines.jsonl -o docs/plots/dashboard.svg

The lines are what the functions of a deployment logged in the embedded metric format, from which CloudWatch makes its
metrics. What AWS counts itself stands in the picture by name alone.
"""

import argparse
import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

WATCHING = Path("infra/watching.yaml")
PREFIX = "pawl"
SEARCH = re.compile(r"SEARCH\('\{(?P<names>[^}]*)\} MetricName=\"(?P<metric>\w+)\"(?P<rest>[^']*)', '(?P<stat>\w+)'")
HELD = re.compile(r"(\w+)=\"([^\"]*)\"")


@dataclass(frozen=True)
class Series:
    """One metric under one set of dimensions."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass
class Curve:
    """What a widget draws of a series that was found."""

    label: str
    stat: str
    points: list[tuple[float, float]]
    color: str | None = None


def counted(lines: list[dict]) -> dict[Series, list[tuple[float, float]]]:
    """The metrics that CloudWatch makes of lines in the embedded metric format: moments in seconds, and values."""
    found = defaultdict(list)
    for line in lines:
        told = line["_aws"]
        for row in told["CloudWatchMetrics"]:
            for names in row["Dimensions"]:
                dimensions = tuple(sorted((name, line[name]) for name in names))
                for metric in row["Metrics"]:
                    series = Series(row["Namespace"], metric["Name"], dimensions)
                    found[series].append((told["Timestamp"] / 1000, line[metric["Name"]]))
    return dict(found)


def metric_lines(messages) -> list[dict]:
    """Those of a log's messages that count something."""
    return [json.loads(message) for message in messages if message.startswith("{") and '"_aws"' in message]


def widgets(prefix: str) -> list[dict]:
    """The widgets of the dashboard, with the prefix of a deployment; what else differs between deployments keeps its name."""
    # SAM's own reader of templates, which knows CloudFormation's tags, is where SAM is; a dashboard's body is a text.
    body = WATCHING.read_text().split("DashboardBody: !Sub |\n")[1].split("\nOutputs:")[0]
    body = body.replace("${Prefix}", prefix).replace("${AWS::Region}", "us-east-1")
    return json.loads(body)["widgets"]


def metrics(widget: dict) -> list[tuple[list[str], dict]]:
    """The rows of a widget: names in full where `...` stands for those of the row before, and options."""
    rows, before = [], []
    for row in widget["properties"].get("metrics", []):
        options = row[-1] if isinstance(row[-1], dict) else {}
        names = [name for name in row if not isinstance(name, dict)]
        if names[:1] == ["..."]:
            names = before[: len(before) - len(names) + 1] + names[1:]
        rows.append((names, options))
        before = names
    return rows


def curves(widget: dict, found: dict[Series, list]) -> list[Curve]:
    """What a widget has to show."""
    drawn = []
    for names, options in metrics(widget):
        if "expression" in options:
            drawn += searched(options["expression"], found)
        else:
            pairs = tuple(sorted(zip(names[2::2], names[3::2])))
            series = Series(names[0], names[1], pairs)
            stat = options.get("stat", widget["properties"].get("stat", "Average"))
            label = options.get("label", ", ".join(names[3::2]))
            drawn += [Curve(label, stat, found[series], options.get("color"))] if series in found else []
    return drawn


def searched(expression: str, found: dict[Series, list]) -> list[Curve]:
    """What a SEARCH of CloudWatch finds: series of exactly these names of dimensions."""
    search = SEARCH.match(expression)
    if search is None:
        sys.exit(f"error: {WATCHING} has a search of another form: {expression}")
    namespace, *names = search["names"].split(",")
    held = dict(HELD.findall(search["rest"]))
    return [
        Curve(", ".join(value for name, value in series.dimensions if name not in held), search["stat"], points)
        for series, points in sorted(found.items(), key=lambda row: row[0].dimensions)
        if (series.namespace, series.metric) == (namespace, search["metric"])
        and {name for name, _ in series.dimensions} == set(names)
        and all(dict(series.dimensions).get(name) == value for name, value in held.items())
    ]


def is_ours(widget: dict, prefix: str) -> bool:
    return f"Pawl/{prefix}" in json.dumps(widget)


def empty(lines: list[dict], prefix: str = PREFIX) -> list[str]:
    """The titles of widgets that show metrics of our own and find none in what was counted."""
    found = counted(lines)
    ours = [widget for widget in widgets(prefix) if is_ours(widget, prefix)]
    return [widget["properties"]["title"] for widget in ours if not curves(widget, found)]


# ---------------------------------------------------------------- The picture

COLUMNS, INCHES = 24, 0.55
# So many units of the grid stand around what a widget draws: at its left, above it, and in all.
LEFT, ABOVE, ACROSS, DOWN = 1.4, 0.9, 2.2, 2
# More curves than this have their names beside the widget's plot.
MANY = 4


def draw(lines: list[dict], output: Path) -> None:
    import matplotlib
    matplotlib.use("Agg")
    # The same lines give the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "pawl", "svg.fonttype": "none", "font.size": 8})
    from matplotlib import pyplot

    found, shown = counted(lines), widgets(PREFIX)
    rows = max(widget["y"] + widget["height"] for widget in shown) - 1
    figure = pyplot.figure(figsize=(COLUMNS * INCHES, rows * INCHES), facecolor="#f2f3f3")
    moments = [moment for points in found.values() for moment, _ in points]
    for widget in shown:
        drawn = curves(widget, found)
        narrower = 3.2 if len(drawn) > MANY else 0
        left, top = (widget["x"] + LEFT) / COLUMNS, (widget["y"] + ABOVE) / rows
        width, height = (widget["width"] - ACROSS - narrower) / COLUMNS, (widget["height"] - DOWN) / rows
        axes = figure.add_axes((left, 1 - top - height, width, height))
        axes.set_title(widget["properties"]["title"], loc="left", fontweight="bold")
        if widget["type"] == "log":
            table(axes, lines)
        elif is_ours(widget, PREFIX):
            plot(axes, drawn, min(moments), max(moments))
        else:
            elsewhere(axes, widget)
    figure.savefig(output, metadata={"Date": None} if output.suffix == ".svg" else None)


def plot(axes, drawn: list[Curve], first: float, last: float) -> None:
    """Curves over the seconds of the visit, and what is summed added up; CloudWatch has its periods of minutes there."""
    for curve in drawn:
        points = [(moment - first, value) for moment, value in sorted(curve.points)]
        if curve.stat == "Sum":
            sums = [(moment, sum(value for _, value in points[: index + 1])) for index, (moment, _) in enumerate(points)]
            points = [(0, 0), *sums, (last - first, sums[-1][1])]
        style = "steps-post" if curve.stat == "Sum" else "default"
        marker = None if curve.stat == "Sum" else "."
        axes.plot(*zip(*points), marker=marker, drawstyle=style, color=curve.color, label=curve.label)
    axes.set_xlim(left=0, right=1.03 * (last - first))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("seconds" + (", added up" if any(curve.stat == "Sum" for curve in drawn) else ""))
    if len(drawn) > MANY:
        axes.legend(fontsize=6, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    elif drawn:
        axes.legend(fontsize=6, loc="best")


def elsewhere(axes, widget: dict) -> None:
    """What AWS counts, by name."""
    axes.set_axis_off()
    rows = [options.get("label", names[1]) + f" ({names[0]})" for names, options in metrics(widget)]
    axes.text(0, 0.95, "counted by AWS:\n\n" + "\n".join(rows), va="top", color="#545b64", transform=axes.transAxes)


def table(axes, lines: list[dict]) -> None:
    """The failed steps, the last first."""
    axes.set_axis_off()
    columns = ["workflow", "step", "kind", "code"]
    failed = sorted((line for line in lines if "StepErrors" in line), key=lambda line: -line["_aws"]["Timestamp"])
    cells = [[line[column] for column in columns] for line in failed[:8]] or [["-"] * len(columns)]
    drawn = axes.table(cells, colLabels=columns, loc="upper left", cellLoc="left", edges="horizontal")
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(7)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("lines", type=Path, help="what functions logged, a line of JSON each")
    arguments.add_argument("-o", "--output", type=Path, required=True, help="the picture, .svg or .png")
    options = arguments.parse_args()
    lines = metric_lines(options.lines.read_text().splitlines())
    if not lines:
        sys.exit(f"error: {options.lines} counts nothing")
    draw(lines, options.output)
    print(f"{options.output}: {len(lines)} lines in {len(widgets(PREFIX))} widgets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
