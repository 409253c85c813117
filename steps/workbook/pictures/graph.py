"""A container's object graph as a picture: who gets what, what is shared, what is overridden."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from dependency_injector.containers import Container

from steps.workbook.pictures.graph_reading import Graph, Injection, Node, read_graph
from steps.workbook.pictures.svg import (
    MARGIN,
    SMALL_LETTER,
    WIDTH,
    Picture,
    element,
    picture,
    style_of,
    text,
)

BOX_WIDTH, BOX_HEIGHT, ROW_HEIGHT, GAP, TOP = 192, 62, 124, 18, 46
COLOUR = {
    "shared": "c0",
    "new": "c2",
    "from outside": "c3",
    "with the call": "plain",
    "": "plain",
}
"""What colour the box of each lifetime has."""
OVERRIDDEN, UNUSED = "c1", "app"
STYLE = style_of(
    "objects",
    ".plain{fill:var(--ink);stroke:var(--ink)}",
    ".box{fill-opacity:.1}",
    ".box.app{fill-opacity:0}",
    ".arrow{fill:none;stroke-width:1.5}",
    "text.plain{stroke:none}",
    "text.app{stroke:none}",
)

Point = tuple[float, float]


def draw(container: Container, title: str) -> Picture:
    """Return the picture of a container, with a text that says the same for those who hear it.

    Nothing is made for it: a singleton that was not built before is not built after.
    """
    graph = read_graph(container)
    rows = _rows(graph)
    width = max(WIDTH, (BOX_WIDTH + GAP) * max(map(len, rows), default=0))
    height = TOP + ROW_HEIGHT * len(rows)
    places: dict[int, Point] = {
        node: ((place + 0.5) * width / len(row), TOP + ROW_HEIGHT * number)
        for number, row in enumerate(rows)
        for place, node in enumerate(row)
    }
    parts = [*_arrows(graph, _ways(graph, places))]
    for number, node in enumerate(graph.nodes):
        parts += _box(node, *places[number])
    parts.append(text(_legend(graph), class_="small", x=MARGIN, y=height - 14))
    svg = picture(title, width, height, *parts, style=STYLE, class_="objects")
    return Picture(svg, graph.in_words(title))


def describe(container: Container, title: str) -> str:
    """Return the object graph in words, provider by provider."""
    return read_graph(container).in_words(title)


def _rows(graph: Graph) -> list[list[int]]:
    """Return the nodes by their depth: each below all that get it, unless they form a circle."""
    depths: dict[int, int] = {}

    def sink(node: int, depth: int, above: frozenset[int]) -> None:
        if node not in above and depths.get(node, -1) < depth:
            depths[node] = depth
            for injection in graph.injections:
                if injection.user == node:
                    sink(injection.gets, depth + 1, above | {node})

    for node in range(len(graph.nodes)):
        sink(node, 0, frozenset())
    last = max(depths.values(), default=-1)
    return [[node for node in sorted(depths) if depths[node] == row] for row in range(last + 1)]


def _ways(graph: Graph, places: dict[int, Point]) -> list[list[Point]]:
    """Return the points of each arrow, from a box's edge to a box's edge, and none to itself."""
    ways = [
        _way(places[injection.user], places[injection.gets], list(places.values()))
        for injection in graph.injections
    ]
    for end, beside in ((0, 1), (-1, -2)):  # no two arrows touch a box in one point
        touching = defaultdict(list)
        for way in filter(None, ways):
            touching[way[end]].append(way)
        for (x, y), those in touching.items():
            those.sort(key=lambda way: way[beside][0])
            for number, way in enumerate(those, start=1):
                way[end] = (x + BOX_WIDTH * 0.9 * (number / (len(those) + 1) - 0.5), y)
    return ways


def _way(start: Point, end: Point, boxes: list[Point]) -> list[Point]:
    """Lead an arrow past the boxes of the rows between, on the nearer side of each."""
    if start == end:
        return []
    (x, y), (end_x, end_y) = start, end
    direction = 1 if y < end_y else -1
    near, far = (0, BOX_HEIGHT)[::direction]
    points = [(x, y + far)]
    while (rows_left := abs(end_y - y) // ROW_HEIGHT) > 1:
        x, y = x + (end_x - x) / rows_left, y + direction * ROW_HEIGHT
        for box, its_y in boxes:
            if its_y == y and abs(x - box) < (BOX_WIDTH + GAP) / 2:
                x = box + (BOX_WIDTH + GAP) / 2 * (1 if x > box else -1)
                break
        points += [(x, y + near), (x, y + far)]
    return [*points, (end_x, end_y + near)]


def _arrows(graph: Graph, ways: list[list[Point]]) -> Iterator[str]:
    taken: list[tuple[float, float, float]] = []
    labels: list[str] = []  # on top of every arrow
    for injection, way in zip(graph.injections, ways, strict=True):
        if not way:
            continue
        path = f"M{_pair(way[0])}"
        for number, (start, end) in enumerate(pairwise(way)):
            middle = (start[1] + end[1]) / 2
            bends = f"C{_pair((start[0], middle))} {_pair((end[0], middle))} {_pair(end)}"
            path += bends if number % 2 == 0 else f"L{_pair(end)}"
        colour = "plain" if injection.used else UNUSED
        look = {"stroke_dasharray": "5 4"} if injection.itself else {}
        yield element("path", d=path, class_=f"arrow {colour}", **look)
        back = -7 if way[-1][1] > way[-2][1] else 7
        yield element("path", d=f"M{_pair(way[-1])}l-4 {back}h8z", class_=colour)
        labels += _label(injection, way[0], way[1], colour, taken)
    yield from labels


def _label(
    injection: Injection,
    start: Point,
    end: Point,
    colour: str,
    taken: list[tuple[float, float, float]],
) -> Iterator[str]:
    """Write the name of the argument on its arrow, or nowhere if other labels leave no room."""
    half = SMALL_LETTER / 2 * len(injection.label) + 2
    for t in (0.5, 0.7, 0.3, 0.8, 0.2):
        x = start[0] + (end[0] - start[0]) * (3 * t**2 - 2 * t**3)
        y = start[1] + (end[1] - start[1]) * (t**3 + 1.5 * (1 - t) * t)
        if injection.label and all(abs(x - a) > half + b or abs(y - c) > 14 for a, b, c in taken):
            taken.append((x, half, y))
            place = {"x": x - half, "y": y - 7, "width": 2 * half, "height": 14}
            yield element("rect", **place, class_="paper")
            yield _middle(injection.label, x, y + 4, f"small {colour}")
            return


def _box(node: Node, x: float, y: float) -> Iterator[str]:
    colour = (OVERRIDDEN if node.instead else COLOUR[node.lifetime]) if node.used else UNUSED
    ink = "plain" if node.used else UNUSED
    look = {"class_": f"box {colour}"}
    round_ends = 28 if node.lifetime == "from outside" else 3
    dashes = {"stroke_dasharray": "5 4"} if node.lifetime == "with the call" else {}
    thick = 2.5 if node.instead else 1.5
    yield _frame(x, y, 0, rx=round_ends, **look, stroke_width=thick, **dashes)
    if node.lifetime == "shared":
        yield _frame(x, y, 4, rx=2, **look, stroke_width=1)
    yield _middle(_cut(node.name, 23), x, y + 20, ink, font_weight="bold")
    if node.provides:
        struck = {"text_decoration": "line-through"} if node.instead else {}
        yield _middle(_cut(node.provides, 25), x, y + 36, ink, **struck)
    kind = f"overridden by {_short(node.instead)}" if node.instead else node.kind
    yield _middle(_cut(kind, 28), x, y + (52 if node.provides else 40), f"small {ink}")


def _frame(x: float, y: float, inset: int, **look: object) -> str:
    left, width, height = x - BOX_WIDTH / 2 + inset, BOX_WIDTH - 2 * inset, BOX_HEIGHT - 2 * inset
    return element("rect", x=left, y=y + inset, width=width, height=height, **look)


def _short(node: Node) -> str:
    return node.name or node.provides or node.kind


def _legend(graph: Graph) -> str:
    lifetimes = {node.lifetime for node in graph.nodes}
    said = {
        "double frame: one object, shared": "shared" in lifetimes,
        "round ends: from outside": "from outside" in lifetimes,
        "dashed arrow: the provider itself": any(i.itself for i in graph.injections),
        "grey: no longer used": not all(injection.used for injection in graph.injections),
    }
    return " \N{MIDDLE DOT} ".join(
        ["arrow: gets", *(words for words, seen in said.items() if seen)]
    )


def _middle(words: str, x: float, y: float, colour: str, **look: object) -> str:
    return text(words, x=x, y=y, text_anchor="middle", class_=colour, **look)


def _pair(point: Point) -> str:
    return f"{round(point[0], 1)} {round(point[1], 1)}"


def _cut(words: str, length: int) -> str:
    return words if len(words) <= length else words[: length - 1] + "\N{HORIZONTAL ELLIPSIS}"
