"""What a run measured, for people: tables in text, and a page of HTML with the plots of growth."""

from __future__ import annotations

import dataclasses
import html
import io
import json
from typing import TYPE_CHECKING, Any

from benchmarks.crashes import CRASHES, GROWTH
from benchmarks.targets import verdicts

if TYPE_CHECKING:
    from benchmarks.measuring import Measurement, Results

Rows = list[list[str]]

COLUMNS = [
    "crash", "tool", "write ms", "load ms", "first load", "KiB", "peak MiB",
    "frames", "locals", "globals", "values", "of globals", "",
]  # fmt: skip
CLOCK = (
    "Times are medians of processor time (user and system, all threads) of warm calls, compression included where the "
    "tool compresses; first load is the first in its process, with the tool imported. Peak MiB is how much the first "
    "write raised the process's peak. What a dump holds is counted by loading it; values are all that can be reached "
    "from local variables, those of globals come on top. The row 'living' is what there was to hold, at any depth."
)
STYLE = """\
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; max-width: 80em }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { padding: .15em .6em; border-bottom: 1px solid #ddd; text-align: right; font-size: 13px }
td:nth-child(-n+2), th:nth-child(-n+2), td:last-child { text-align: left }
.met { color: #175 } .missed { color: #b20 } svg { max-width: 100%; height: auto }
"""


def crash_rows(results: Results) -> Rows:
    rows = []
    for crash, tools in results.crashes.items():
        rows.append([crash, "living", *[""] * 5, *held_columns(results.living[crash]), ""])
        rows.extend([crash, tool, *figures(measured)] for tool, measured in tools.items())
    return rows


def figures(measured: Measurement) -> list[str]:
    times = [milliseconds(value) for value in (measured.write, measured.load, measured.first_load)]
    kibibytes = "" if measured.bytes is None else f"{measured.bytes / 1024:,.1f}"
    memory = "" if measured.memory is None else f"{measured.memory / 2**20:,.1f}"
    return [*times, kibibytes, memory, *held_columns(measured.holding), measured.error or ""]


def held_columns(holding: Any) -> list[str]:
    if holding is None:
        return [""] * 5
    return [
        count(holding.frames),
        count(holding.local_variables),
        count(holding.global_variables),
        count(holding.local_values),
        count(holding.global_values),
    ]


def growth_rows(results: Results) -> Rows:
    return [
        [what, tool, f"{size:,}", milliseconds(seconds)]
        for what, curves in results.growth.items()
        for tool, curve in curves.items()
        for size, seconds in curve.items()
    ]


def startup_rows(results: Results) -> Rows:
    return [[name, milliseconds(seconds)] for name, seconds in results.startup.items()]


def verdict_rows(results: Results) -> Rows:
    words = {True: "met", False: "MISSED", None: "-"}
    return [
        [verdict.target, verdict.case, verdict.wanted, verdict.measured, words[verdict.met]]
        for verdict in verdicts(results)
    ]


def tables(results: Results) -> list[tuple[str, list[str], Rows]]:
    """Return every table that has rows: its title, its columns, its rows."""
    found = [
        ("Crashes", COLUMNS, crash_rows(results)),
        ("Growth: milliseconds to write", ["what", "tool", "size", "ms"], growth_rows(results)),
        ("Start-up", ["what", "ms"], startup_rows(results)),
        ("Targets", ["target", "case", "wanted", "measured", ""], verdict_rows(results)),
    ]
    return [table for table in found if table[2]]


def text(results: Results) -> str:
    parts = [CLOCK]
    for title, columns, rows in tables(results):
        parts += ["", title, *aligned([columns, *rows])]
    return "\n".join(parts)


def aligned(rows: Rows) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        is_text = [column < 2 or column == len(row) - 1 for column in range(len(row))]
        cells = [
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(row, widths, is_text, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def as_json(results: Results) -> str:
    """Return everything that was measured, times in seconds, and the verdicts."""
    judged = [dataclasses.asdict(verdict) for verdict in verdicts(results)]
    return json.dumps({**dataclasses.asdict(results), "clock": CLOCK, "targets": judged}, indent=2)


def page(results: Results) -> str:
    """Return a page of HTML that needs no other file."""
    parts = [f"<!doctype html><meta charset=utf-8><title>keeptrace benchmark</title><style>{STYLE}</style>"]
    machine = ", ".join(f"{name}: {value}" for name, value in results.machine.items())
    parts.append(f"<h1>keeptrace benchmark</h1><p>{html.escape(machine)}</p><p>{html.escape(CLOCK)}</p>")
    crashes = "".join(f"<li>{name}: {html.escape(CRASHES[name].what)}" for name in results.crashes)
    parts.append(f"<ul>{crashes}</ul>")
    for title, columns, rows in tables(results):
        parts.append(f"<h2>{html.escape(title)}</h2>")
        parts.append(plots(results) if title.startswith("Growth") else "")
        parts.append(html_table(columns, rows))
    return "\n".join(parts)


def html_table(columns: list[str], rows: Rows) -> str:
    head = "".join(f"<th>{html.escape(name)}" for name in columns)
    body = "".join("<tr>" + "".join(html_cell(cell) for cell in row) for row in rows)
    return f"<table><tr>{head}{body}</table>"


def html_cell(cell: str) -> str:
    kind = {"met": " class=met", "MISSED": " class=missed"}.get(cell, "")
    return f"<td{kind}>{html.escape(cell)}"


def plots(results: Results) -> str:
    """Return the curves of growth as SVG: both axes logarithmic, and a dotted line on which cost grows with size."""
    import matplotlib as mpl
    from matplotlib import figure

    mpl.rcParams["svg.hashsalt"] = "keeptrace"
    drawing = figure.Figure(figsize=(15, 4.5), layout="constrained")
    for axes, (what, curves) in zip(drawing.subplots(1, len(results.growth)), results.growth.items(), strict=True):
        for tool, curve in curves.items():
            times = [seconds * 1000 for seconds in curve.values()]
            axes.loglog(list(curve), times, marker="o", markersize=4, label=tool)
        draw_slope(axes, curves.get("keeptrace, no gzip", {}))
        axes.set(xlabel=GROWTH[what].what, ylabel="ms to write", title=what)
        axes.legend(fontsize=8)
    written = io.StringIO()
    drawing.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue().partition("?>")[2].partition(">")[2]


def draw_slope(axes: Any, curve: dict[int, float]) -> None:
    """Draw the line of slope 1 through the end of a curve."""
    if curve:
        first, last = min(curve), max(curve)
        end = curve[last] * 1000
        axes.loglog([first, last], [end * first / last, end], ":", color="gray", label="slope 1")


def milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.2f}"


def count(number: int) -> str:
    return f"{number:,}"
