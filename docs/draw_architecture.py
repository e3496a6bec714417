"""Draw the rooms of tunesmith from its own imports: `python docs/draw_architecture.py` writes images/architecture.svg.

A room is a folder or module directly below `tunesmith`, and an arrow an import. Arrows that follow from others are left
out (transitive reduction). Each room is as low as its imports allow.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1] / "src" / "tunesmith"
PICTURE = Path(__file__).parent / "images" / "architecture.svg"
WIDTH, ROW, BOX_WIDTH, BOX_HEIGHT, GAP, BEND_WIDTH, SWEEPS = 960, 72, 104, 30, 18, 12, 100
KINDS = {
    "face": {"cli", "mcp", "serve"},
    "plugin": {
        "executors",
        "exporters",
        "families",
        "forecasters",
        "judges",
        "proposers",
        "pruners",
        "tasks",
        "trackers",
    },
}
STYLE = """
text { font: 14px system-ui, sans-serif; text-anchor: middle; fill: #1f2328 }
rect { fill: #f6f8fa; stroke: #8c959f }
.face rect { fill: #fff1e5; stroke: #bc4c00 }
.plugin rect { fill: #ddf4ff; stroke: #0969da }
path { fill: none; stroke: #8c959f; stroke-width: 1.2 }
marker path { fill: #8c959f; stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  rect { fill: #21262d; stroke: #768390 }
  .face rect { fill: #4d2a10; stroke: #f0883e }
  .plugin rect { fill: #0c2d4d; stroke: #58a6ff }
  path { stroke: #768390 }
  marker path { fill: #768390 }
}
"""


def import_graph() -> dict[str, set[str]]:
    """Return the rooms that each room imports, also for the type checker and within functions."""
    graph: dict[str, set[str]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0].startswith("__"):
            continue
        package = ["tunesmith", *parts[:-1]]
        imported = graph.setdefault(parts[0], set())
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name.split(".") for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else []
                base = [*base, *(node.module or "").split(".")] if node.module else base
                names = [[*base, alias.name] for alias in node.names]
            else:
                continue
            imported |= {name[1] for name in names if name[0] == "tunesmith" and len(name) > 1}
    rooms = graph.keys()
    return {room: (imported & rooms) - {room} for room, imported in graph.items()}


def reduced(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the transitive reduction of an acyclic graph: the arrows that do not follow from others."""
    below: dict[str, set[str]] = {}
    for room in graphlib.TopologicalSorter(graph).static_order():
        below[room] = graph[room].union(*(below[other] for other in graph[room]))
    return {room: {o for o in others if not any(o in below[via] for via in others)} for room, others in graph.items()}


def layout(arrows: dict[str, set[str]]) -> tuple[dict[str, tuple[float, int]], dict[tuple[str, str], list[str]]]:
    """Place the rooms in rows so that arrows point down, cross little and pass beside the boxes.

    Returns:
        The centre and the row, counted from the ground, of each room and of each bend of an arrow; and the bends of
        each arrow, from the top down.
    """
    row: dict[str, int] = {}
    for room in graphlib.TopologicalSorter(arrows).static_order():
        row[room] = 1 + max((row[other] for other in arrows[room]), default=-1)
    bends: dict[tuple[str, str], list[str]] = {}
    neighbours: dict[str, list[str]] = defaultdict(list)
    for upper, lower in sorted((upper, lower) for upper, others in arrows.items() for lower in others):
        heights = {f"{upper}>{lower}@{height}": height for height in range(row[upper] - 1, row[lower], -1)}
        row |= heights
        bends[upper, lower] = list(heights)
        for one, other in pairwise([upper, *heights, lower]):
            neighbours[one].append(other)
            neighbours[other].append(one)
    rows = [sorted(name for name in row if row[name] == height) for height in range(max(row.values()) + 1)]
    x = {name: WIDTH * (index + 0.5) / len(names) for names in rows for index, name in enumerate(names)}
    for sweep in range(SWEEPS):
        up = sweep % 2 == 0
        for names in rows if up else reversed(rows):
            # First order each row by its neighbours on one side, then straighten the arrows on both.
            straighten = sweep > SWEEPS / 2
            toward = {
                name: _mean(name, [o for o in neighbours[name] if straighten or (row[o] < row[name]) == up], x)
                for name in names
            }
            if not straighten:
                names.sort(key=toward.__getitem__)
            _spread(names, toward, x)
    shift = (WIDTH - min(x.values()) - max(x.values())) / 2  # Centres the picture.
    return {name: (x[name] + shift, row[name]) for name in row}, bends


def _mean(name: str, neighbours: list[str], x: dict[str, float]) -> float:
    """Return the mean place of the neighbours; bends weigh most, so that long arrows are straight."""
    weights = [(1 + 3 * ("@" in name)) * (1 + 3 * ("@" in other)) for other in neighbours]
    total = sum(weight * x[other] for weight, other in zip(weights, neighbours, strict=True))
    return total / sum(weights) if weights else x[name]


def _spread(names: list[str], toward: dict[str, float], x: dict[str, float]) -> None:
    """Put the boxes of one row close to where they want to be, side by side and within the picture."""
    half = {name: BEND_WIDTH / 2 if "@" in name else (BOX_WIDTH + GAP) / 2 for name in names}
    right = float(WIDTH)
    most = {}
    for name in reversed(names):
        most[name] = right - half[name]
        right -= 2 * half[name]
    left = 0.0
    first, last = {}, {}
    for name in names:
        first[name] = min(max(toward[name], left + half[name]), most[name])
        left = first[name] + half[name]
    right = float(WIDTH)
    least = sum(2 * half[name] for name in names)
    for name in reversed(names):
        least -= 2 * half[name]
        last[name] = max(min(toward[name], right - half[name]), least + half[name])
        right = last[name] - half[name]
    x |= {name: (first[name] + last[name]) / 2 for name in names}


def svg(graph: dict[str, set[str]]) -> str:
    """Return the picture; it names its rooms and arrows in `data-room` and `data-arrow`."""
    arrows = reduced(graph)
    places, bends = layout(arrows)
    top = max(row for _, row in places.values())
    height = (top + 1) * ROW

    def at(name: str) -> tuple[float, float]:
        x, row = places[name]
        return x, (top - row) * ROW + ROW / 2

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        "<title>The rooms of tunesmith and what they import</title>",
        f"<style>{STYLE}</style>",
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z"/></marker>',
    ]
    for (upper, lower), between in sorted(bends.items()):
        (x, y), *rest = map(at, (upper, *between, lower))
        way = f"M{x:.0f} {y + BOX_HEIGHT / 2:.0f}"
        for next_x, next_y in rest:
            # Curves keep to the space between two rows; arrows pass the boxes of a row upright.
            edge = next_y - BOX_HEIGHT / 2
            middle = edge - (ROW - BOX_HEIGHT) / 2
            way += (
                f"V{edge - ROW + BOX_HEIGHT:.0f}C{x:.0f} {middle:.0f} {next_x:.0f} {middle:.0f} {next_x:.0f} {edge:.0f}"
            )
            x = next_x
        lines.append(f'<path data-arrow="{upper} {lower}" d="{way}" marker-end="url(#tip)"/>')
    for room in sorted(graph):
        x, y = at(room)
        kind = next((kind for kind, rooms in KINDS.items() if room in rooms), "room")
        lines.append(
            f'<g class="{kind}" data-room="{room}"><rect x="{x - BOX_WIDTH / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}" '
            f'width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/><text x="{x:.0f}" y="{y + 5:.0f}">{room}</text></g>'
        )
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    target.write_text(svg(import_graph()), encoding="utf-8")
    print(f"wrote {target}")
