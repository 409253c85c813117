"""Where the boxes and arrows of a graph go: in rows, with no arrow through a foreign box."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, combinations, pairwise
from statistics import mean

Arrow = tuple[int, int]
"""The number of the box it starts at, and of the one it leads to."""
Item = tuple[int, ...]
"""What takes room in a row: `(box,)`, or `(start, end, row)` where an arrow passes that row."""

MOST_BOXES_IN_A_ROW = 4
ROUNDS = 12
ROOM_TO_PASS = 12


@dataclass(frozen=True)
class Layout:
    """A point is x and a row's number. A path has the points from an arrow's start to its end."""

    boxes: list[tuple[float, int]]
    paths: dict[Arrow, list[tuple[float, int]]]
    rows: int
    width: float


def arrange(boxes: int, arrows: list[Arrow], box_width: int, gap: int, width: float) -> Layout:
    """Put each box below those that have an arrow to it. The same graph, the same layout."""
    arrows = sorted({arrow for arrow in arrows if arrow[0] != arrow[1]})
    row_of = _rows(boxes, arrows)
    chains = {arrow: list(_chain(arrow, row_of)) for arrow in arrows}
    rows: list[list[Item]] = [[] for _ in range(max(row_of, default=-1) + 1)]
    for box, row in enumerate(row_of):
        rows[row].append((box,))
    for item in (item for chain in chains.values() for item in chain[1:-1]):
        rows[item[2]].append(item)
    links = [link for chain in chains.values() for link in pairwise(chain)]
    rows = _order(rows, links)
    sizes = {i: box_width if len(i) == 1 else ROOM_TO_PASS for row in rows for i in row}
    width = max([width, *(sum(sizes[i] + gap for i in row) - gap for row in rows)])
    x = _spread(rows, links, sizes, gap, width)
    points = {item: (round(x[item], 1), row) for row, items in enumerate(rows) for item in items}
    paths = {}
    for (start, end), chain in chains.items():
        way = 1 if chain[0] == (start,) else -1
        paths[start, end] = [points[item] for item in chain][::way]
    return Layout([points[box,] for box in range(boxes)], paths, len(rows), width)


def _rows(boxes: int, arrows: list[Arrow]) -> list[int]:
    """Return the row of each box, counted from above: the way that needs the shorter arrows."""
    from_above = _fill(boxes, arrows)
    from_below = _fill(boxes, [arrow[::-1] for arrow in arrows])
    flipped = [max(from_below, default=0) - row for row in from_below]
    return min(from_above, flipped, key=lambda rows: sum(abs(rows[a] - rows[b]) for a, b in arrows))


def _fill(boxes: int, arrows: list[Arrow]) -> list[int]:
    """Fill row after row with boxes that nothing left over leads to: most below it goes first."""
    row_of: dict[int, int] = {}
    row = 0
    while len(row_of) < boxes:
        left = [box for box in range(boxes) if box not in row_of]
        waiting = {end for start, end in arrows if start not in row_of}
        ready = [box for box in left if box not in waiting] or left[:1]  # none: a circle
        ready.sort(key=lambda box: -len(_below(box, arrows)))
        row_of |= dict.fromkeys(ready[:MOST_BOXES_IN_A_ROW], row)
        row += 1
    return [row_of[box] for box in range(boxes)]


def _below(box: int, arrows: list[Arrow]) -> set[int]:
    found: set[int] = set()
    new = {box}
    while new:
        new = {end for start, end in arrows if start in new} - found
        found |= new
    return found


def _chain(arrow: Arrow, row_of: list[int]) -> Iterator[Item]:
    """Give out the items that an arrow joins, from the upper box to the lower one."""
    upper, lower = sorted(arrow, key=lambda box: row_of[box])
    yield (upper,)
    for row in range(row_of[upper] + 1, row_of[lower]):
        yield (*arrow, row)
    yield (lower,)


def _order(rows: list[list[Item]], links: list[tuple[Item, Item]]) -> list[list[Item]]:
    """Order each row by its neighbours' places, down and up again; keep the fewest crossings."""
    best, fewest = rows, _crossings(rows, links)
    for number in range(ROUNDS):
        place = {item: float(i) for row in rows for i, item in enumerate(row)}
        downwards = number % 2 == 0
        ordered = []
        for row in rows if downwards else rows[::-1]:
            aims = {item: _aim(item, links, place, downwards) for item in row}
            ordered.append(sorted(row, key=lambda item, aims=aims: aims[item]))  # type: ignore[misc]
            place |= {item: float(i) for i, item in enumerate(ordered[-1])}
        rows = ordered if downwards else ordered[::-1]
        crossings = _crossings(rows, links)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _aim(
    item: Item, links: list[tuple[Item, Item]], place: dict[Item, float], downwards: bool
) -> float:
    """Return the middle of the neighbours in the row before, or where the item is."""
    before = [(lower, upper) if downwards else (upper, lower) for upper, lower in links]
    places = [place[neighbour] for own, neighbour in before if own == item]
    return mean(places) if places else place[item]


def _crossings(rows: list[list[Item]], links: list[tuple[Item, Item]]) -> int:
    place = {item: (number, i) for number, row in enumerate(rows) for i, item in enumerate(row)}
    ends = [(place[upper], place[lower]) for upper, lower in links]
    return sum(
        a[0][0] == b[0][0] and (a[0][1] - b[0][1]) * (a[1][1] - b[1][1]) < 0
        for a, b in combinations(ends, 2)
    )


def _spread(
    rows: list[list[Item]],
    links: list[tuple[Item, Item]],
    sizes: dict[Item, int],
    gap: int,
    width: float,
) -> dict[Item, float]:
    """Return the middle of each item: near its neighbours, and never over another of its row."""
    x: dict[Item, float] = {}
    for row in rows:
        edges = accumulate((sizes[item] + gap for item in row), initial=0)
        x |= {item: edge + sizes[item] / 2 for item, edge in zip(row, edges, strict=False)}
    leftmost = dict(x)
    for number in range(ROUNDS):
        downwards = number % 2 == 0
        for row in rows if downwards else rows[::-1]:
            room = width - leftmost[row[-1]] - sizes[row[-1]] / 2
            shifts = [_aim(item, links, x, downwards) - leftmost[item] for item in row]
            from_left = accumulate(shifts, max)
            from_right = list(accumulate(shifts[::-1], min))[::-1]
            for item, a, b in zip(row, from_left, from_right, strict=True):
                x[item] = leftmost[item] + min(max((a + b) / 2, 0), room)
    return x
