"""A container's object graph as a picture: who gets what, what is shared, what is overridden."""

from collections import defaultdict
from collections.abc import Iterator
from html import escape
from itertools import pairwise

from dependency_injector.containers import Container
from IPython.display import HTML

from steps.workbook.pictures.graph_layout import Layout, arrange
from steps.workbook.pictures.graph_reading import Graph, Injection, Node, read_graph
from steps.workbook.pictures.svg import COLOURS, GREY, INK, WIDTH, embed

BOX_WIDTH, BOX_HEIGHT, ROW_HEIGHT, GAP, TOP, MARGIN = 192, 62, 124, 18, 46, 16
COLOUR = {"shared": COLOURS[0], "new": COLOURS[2], "from outside": COLOURS[3], "": INK}
OVERRIDDEN = COLOURS[1]

Point = tuple[float, float]


def draw(container: Container, title: str) -> HTML:
    """Return the picture of a container, with a text that says the same for those who hear it.

    Nothing is made for it: a singleton that was not built before is not built after.
    """
    graph = read_graph(container)
    arrows = [(injection.user, injection.gets) for injection in graph.injections]
    layout = arrange(len(graph.nodes), arrows, BOX_WIDTH, GAP, WIDTH - 2 * MARGIN)
    width, height = layout.width + 2 * MARGIN, TOP + ROW_HEIGHT * layout.rows
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{WIDTH}" height="{round(height * WIDTH / width)}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
        _text(MARGIN, 26, title, "start", 'font-size="15" font-weight="bold"'),
        *_arrows(graph, layout),
    ]
    for node, (x, row) in zip(graph.nodes, layout.boxes, strict=True):
        parts += _box(node, x + MARGIN, TOP + ROW_HEIGHT * row)
    parts += [_text(MARGIN, height - 14, _legend(graph), "start"), "</svg>"]
    return embed("".join(parts), graph.in_words(title))


def describe(container: Container, title: str) -> str:
    """Return the object graph in words, provider by provider."""
    return read_graph(container).in_words(title)


def _box(node: Node, x: float, y: float) -> Iterator[str]:
    colour = (OVERRIDDEN if node.instead else COLOUR[node.lifetime]) if node.used else GREY
    ink = INK if node.used else GREY
    fill = f'fill="{colour}" fill-opacity="{0.1 if node.used else 0}" stroke="{colour}"'
    left, round_ends = x - BOX_WIDTH / 2, 28 if node.lifetime == "from outside" else 3
    yield _rect(left, y, BOX_WIDTH, BOX_HEIGHT, round_ends, fill, 2.5 if node.instead else 1.5)
    if node.lifetime == "shared":
        yield _rect(left + 4, y + 4, BOX_WIDTH - 8, BOX_HEIGHT - 8, 2, fill, 1)
    yield _text(x, y + 20, _cut(node.name, 24), style=f'font-weight="bold" fill="{ink}"')
    struck = ' text-decoration="line-through"' if node.instead else ""
    yield _text(x, y + 36, _cut(node.provides, 28), style=f'fill="{ink}"{struck}')
    kind = f"overridden by {_short(node.instead)}" if node.instead else node.kind
    yield _text(x, y + 52, _cut(kind, 30), style=f'fill="{ink}" font-size="11"')


def _short(node: Node) -> str:
    return node.name or node.provides or node.kind


def _arrows(graph: Graph, layout: Layout) -> Iterator[str]:
    places: list[tuple[float, float, float]] = []
    labels: list[str] = []  # on top of every arrow
    for injection, points in zip(graph.injections, _ways(graph, layout), strict=True):
        if not points:
            continue
        colour = INK if injection.used else GREY
        dashes = ' stroke-dasharray="5 4"' if injection.itself else ""
        path = f"M{_pair(points[0])}"
        for number, (start, end) in enumerate(pairwise(points)):
            middle = (start[1] + end[1]) / 2
            bends = f"C{_pair((start[0], middle))} {_pair((end[0], middle))} {_pair(end)}"
            path += bends if number % 2 == 0 else f"L{_pair(end)}"
        faded = "" if injection.used else ' stroke-opacity="0.6"'
        yield f'<path d="{path}" fill="none" stroke="{colour}"{dashes}{faded}/>'
        (x, y), back = points[-1], -7 if points[-1][1] > points[-2][1] else 7
        yield f'<path d="M{_pair((x, y))}l-4 {back}h8z" fill="{colour}"/>'
        labels += _label(injection, points[0], points[1], colour, places)
    yield from labels


def _label(
    injection: Injection,
    start: Point,
    end: Point,
    colour: str,
    places: list[tuple[float, float, float]],
) -> Iterator[str]:
    """Write the name of the argument on its arrow, or nowhere if other labels leave no room."""
    half = 3.0 * len(injection.label) + 2
    for t in (0.5, 0.4, 0.6, 0.3, 0.7):
        x = start[0] + (end[0] - start[0]) * (3 * t**2 - 2 * t**3)
        y = start[1] + (end[1] - start[1]) * (t**3 + 1.5 * (1 - t) * t)
        if injection.label and all(abs(x - a) > half + b or abs(y - c) > 14 for a, b, c in places):
            places.append((x, half, y))
            yield _rect(x - half, y - 7, 2 * half, 14, 0, 'fill="#ffffff"', 0)
            yield _text(x, y + 4, injection.label, style=f'font-size="11" fill="{colour}"')
            return


def _ways(graph: Graph, layout: Layout) -> list[list[Point]]:
    """Return the points of each arrow: from a box's edge, then the edges of rows, to a box's."""
    paths = [layout.paths.get((i.user, i.gets), []) for i in graph.injections]
    ways: list[list[Point]] = []
    ports = _ports([(path[0], path[1]) if path else None for path in paths])
    entries = _ports([(path[-1], path[-2]) if path else None for path in paths])
    for path, first, last in zip(paths, ports, entries, strict=True):
        way: list[Point] = []
        for number, (x, row) in enumerate(path):
            before, after = path[max(number - 1, 0)][1], path[min(number + 1, len(path) - 1)][1]
            top, bottom = TOP + ROW_HEIGHT * row, TOP + ROW_HEIGHT * row + BOX_HEIGHT
            x += MARGIN + (first if number == 0 else last if number == len(path) - 1 else 0)
            if number > 0:
                way.append((x, top if before < row else bottom))
            if number < len(path) - 1:
                way.append((x, bottom if after > row else top))
        ways.append(way)
    return ways


def _ports(ends: list[tuple[Point, Point] | None]) -> list[float]:
    """Return how far from its box's middle each arrow touches it, so that none touch one point."""
    shifts = [0.0] * len(ends)
    at_box = defaultdict(list)
    for number, end in enumerate(ends):
        if end:
            at_box[end[0], end[1][1] > end[0][1]].append((end[1][0], number))
    for arrows in at_box.values():
        for place, (_, number) in enumerate(sorted(arrows), start=1):
            shifts[number] = BOX_WIDTH * 0.9 * (place / (len(arrows) + 1) - 0.5)
    return shifts


def _legend(graph: Graph) -> str:
    said = {
        "double frame: one object, shared": any(node.lifetime == "shared" for node in graph.nodes),
        "round ends: from outside": any(node.lifetime == "from outside" for node in graph.nodes),
        "dashed arrow: gets the provider itself": any(i.itself for i in graph.injections),
        "grey: no longer used": not all(injection.used for injection in graph.injections),
    }
    return " \N{MIDDLE DOT} ".join(["arrow: gets", *(text for text, seen in said.items() if seen)])


def _text(x: float, y: float, text: str, anchor: str = "middle", style: str = "") -> str:
    place = f'x="{round(x, 1)}" y="{round(y, 1)}" text-anchor="{anchor}"'
    return f"<text {place} {style}>{escape(text)}</text>"


def _rect(
    x: float, y: float, width: float, height: int, radius: int, style: str, stroke: float
) -> str:
    return (
        f'<rect x="{round(x, 1)}" y="{round(y, 1)}" width="{width}" height="{height}" '
        f'rx="{radius}" {style} stroke-width="{stroke}"/>'
    )


def _pair(point: Point) -> str:
    return f"{round(point[0], 1)} {round(point[1], 1)}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "\N{HORIZONTAL ELLIPSIS}"
