"""The picture of an object graph says what the container says, and makes nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from dependency_injector import providers
from dependency_injector.containers import Container, DeclarativeContainer
from pydantic import SecretStr

from steps.domain.settings import Settings
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.pictures.graph import BOX_HEIGHT, draw
from steps.workbook.pictures.graph import describe as describe_with_title
from steps.workbook.pictures.graph_reading import read_graph

WITH_A_CONTAINER = [step for step in STEPS if step.has("container")]
PER_REQUEST, PER_METHOD, PER_USE_CASE = (
    next(step for step in WITH_A_CONTAINER if step.transaction == transaction)
    for transaction in ("request", "method", "use case")
)


class FakeUsers:
    pass


A: providers.Factory[Any] = providers.Factory(list)
B: providers.Factory[Any] = providers.Factory(list)
USES_A: providers.Factory[Any] = providers.Factory(list, A)


def describe(container: Container) -> str:
    return describe_with_title(container, "A title").removeprefix("A title. ")


def picture_of(container: Container, title: str = "A title") -> str:
    return draw(container, title).svg


def container_of(step: Step) -> Any:
    settings = Settings(database_url=SecretStr("sqlite:///no.db"), api_key=SecretStr("secret"))
    return import_module(f"{step.package}.container").Container(settings=settings)


def words_of(**things: Any) -> str:
    """Describe a container with these providers."""
    return describe(type("Things", (DeclarativeContainer,), things)())


def test_the_words_name_each_provider_its_kind_and_what_it_gets() -> None:
    assert describe(container_of(PER_REQUEST)) == (
        "settings is a Dependency of Settings. "
        "engine is a ThreadSafeSingleton of open_engine. It gets settings. "
        "s3_client is a ThreadSafeSingleton of open_s3_client. It gets settings. "
        "password_hasher is a ThreadSafeSingleton of PasswordHasher. "
        "user_repository is a Factory of UserRepository. It gets session. "
        "audit_event_repository is a Factory of AuditEventRepository. It gets session. "
        "bucket_repository is a Factory of BucketRepository. It gets s3_client. "
        "user_service is a Factory of UserService. It gets user_repository as users, "
        "audit_event_repository as audit_events, password_hasher. "
        "session comes with the call."
    )


def test_a_provider_that_is_injected_itself_is_told_apart() -> None:
    container = container_of(PER_USE_CASE)

    assert (
        "It gets session_factory, the provider user_repository itself as users, "
        "the provider audit_event_repository itself as audit_events."
    ) in describe(container)
    assert len(re.findall("<path [^>]*stroke-dasharray", picture_of(container))) == 2


def test_an_override_is_named_and_what_others_still_get_stays() -> None:
    container = container_of(PER_METHOD)
    with container.user_repository.override(providers.Object(FakeUsers())):
        words, picture = describe(container), picture_of(container)

    assert (
        "user_repository is a ThreadSafeSingleton of UserRepository, overridden by an Object of "
        "FakeUsers. It no longer gets with_session."
    ) in words
    assert "Nothing uses" not in words
    assert "overridden by FakeUsers" in picture
    assert "overridden" not in picture_of(container)


def test_what_only_an_overridden_provider_got_is_grey_and_what_overrides_it_gets_is_not() -> None:
    container = container_of(PER_USE_CASE)
    fake: providers.Factory[Any] = providers.Factory(dict, storage=container.s3_client)
    with container.unit_of_work.override(fake):
        words = describe(container)

    assert "overridden by a Factory of dict. It gets s3_client as storage. It no longer" in words
    assert words.endswith(
        "Nothing uses these any more: engine, session_factory, user_repository, "
        "audit_event_repository, session."
    )


def test_a_provider_of_the_container_may_override_another() -> None:
    words = words_of(a=(a := providers.Factory(int)), b=providers.Factory(str, a))
    container = type("Two", (DeclarativeContainer,), {"a": a, "b": providers.Factory(str)})()
    container.a.override(container.b)

    assert words == "a is a Factory of int. b is a Factory of str. It gets a."
    assert "a is a Factory of int, overridden by b. It gets b." in describe(container)


def test_drawing_builds_no_singleton_and_makes_no_option() -> None:
    made: list[str] = []
    config = providers.Configuration()
    singleton = providers.Singleton(made.append, config.url, size=config.pool.size.as_int())
    container: Any = type("Lazy", (DeclarativeContainer,), {"config": config, "one": singleton})()
    options = str(container.config.get_children())

    picture_of(container)

    assert describe(container) == (
        "config is a Configuration. one is a Singleton of append. It gets config, config as size."
    )
    assert made == []
    assert str(container.config.get_children()) == options


def test_a_dependency_that_nobody_gave_is_said_to_be_missing() -> None:
    dependency = providers.Dependency(instance_of=Settings)

    assert words_of(settings=dependency) == (
        "settings is a Dependency of Settings, which is still missing."
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a: providers.Object(FakeUsers()), "b is an Object of FakeUsers."),
        (providers.List, "b is a List. It gets a."),
        (lambda a: providers.Dict(x=a), "b is a Dict. It gets a as x."),
        (lambda a: providers.Callable(len, a), "b is a Callable of len. It gets a."),
        (
            lambda a: providers.Callable(len, a.provided.x[0].y),
            "b is a Callable of len. It gets a.",
        ),
        (providers.Delegate, "b is a Delegate of a. It gets the provider a itself."),
        (lambda a: providers.Selector(lambda: "x", x=a), "b is a Selector. It gets a."),
        (lambda a: providers.Factory(a), "b is a Factory of a. It gets a."),
        (lambda a: providers.Resource(len, a), "b is a Resource of len. It gets a."),
        (lambda a: providers.Aggregate(x=a), "b is an Aggregate. It gets a."),
        (
            lambda a: providers.Factory(set, providers.List(a)),
            "b is a Factory of set. It gets unnamed 1. unnamed 1 is a List. It gets a.",
        ),
    ],
)
def test_other_kinds_are_drawn_too(
    make: "Callable[[Any], providers.Provider[Any]]", words: str
) -> None:
    a = providers.Singleton(FakeUsers)

    assert words_of(a=a, b=make(a)) == f"a is a Singleton of FakeUsers. {words}"


def circle() -> Any:
    a: providers.Factory[Any] = providers.Factory(list)
    b: providers.Factory[Any] = providers.Factory(list)
    a.add_args(b)
    b.add_args(a.provider, b.provider)
    return type("Circle", (DeclarativeContainer,), {"a": a, "b": b})()


def test_a_circle_of_providers_has_a_picture() -> None:
    container = circle()

    assert describe(container).endswith("It gets the provider a itself, the provider b itself.")
    assert "<svg" in picture_of(container)


def test_the_same_container_gives_the_same_picture() -> None:
    first, second = (draw(container_of(PER_USE_CASE), "A title") for _ in range(2))

    assert first == second


def test_the_text_beside_the_picture_is_the_description() -> None:
    container = container_of(PER_METHOD)

    assert draw(container, "A title").words == f"A title. {describe(container)}"


def test_neither_title_nor_names_break_the_picture() -> None:
    container = type("Odd", (DeclarativeContainer,), {"a": providers.Factory(lambda: None)})()
    data = draw(container, '"><script>alert(1)</script>').html

    assert "<script>" not in data
    assert "<script>" not in picture_of(container, "<script>")
    assert "&lt;lambda&gt;" in picture_of(container)


def test_no_value_is_shown() -> None:
    picture = picture_of(container_of(PER_REQUEST))

    assert "no.db" not in picture
    assert "secret" not in picture


@dataclass
class Box:
    """What is drawn around a provider's name: its frames, from outside to inside."""

    frames: list[dict[str, str]]

    @property
    def edges(self) -> tuple[float, float, float, float]:
        left, top, width, height = (float(self.frames[0][k]) for k in ("x", "y", "width", "height"))
        return left, left + width, top, top + height


def boxes_of(picture: str) -> dict[str, Box]:
    """Return the boxes by the names that they hold, which are the bold texts but for the title."""
    boxes: dict[str, Box] = {}
    frames: list[dict[str, str]] = []
    for element in list(fromstring(picture))[3:]:  # noqa: S314
        if element.tag.endswith("rect"):
            frames.append(element.attrib)
        elif element.attrib.get("font-weight") == "bold":
            boxes[element.text or ""] = Box(frames)
        if not element.tag.endswith("rect"):
            frames = []
    return boxes


def legend_of(picture: str) -> list[str]:
    return (list(fromstring(picture))[-1].text or "").split(" \N{MIDDLE DOT} ")  # noqa: S314


def test_what_is_shared_has_a_double_frame_and_what_comes_from_outside_round_ends() -> None:
    container = container_of(PER_METHOD)
    boxes = boxes_of(picture_of(container))

    assert {name for name, box in boxes.items() if len(box.frames) == 2} == {
        "engine",
        "session_factory",
        "with_session",
        "s3_client",
        "password_hasher",
        "user_repository",
        "audit_event_repository",
    }
    assert {name for name, box in boxes.items() if float(box.frames[0]["rx"]) > 20} == {"settings"}
    assert boxes.keys() == container.providers.keys()


def test_what_comes_with_the_call_has_a_dashed_box() -> None:
    picture = picture_of(container_of(PER_REQUEST))

    dashed = {n for n, box in boxes_of(picture).items() if "stroke-dasharray" in box.frames[0]}
    assert dashed == {"session"}
    assert picture.count(">comes with the call</text>") == 1
    assert "comes with the call" not in picture_of(container_of(PER_METHOD))


class Needs:
    def __init__(self, session: object, *more: object, size: int = 1, **options: object) -> None:
        pass


@pytest.mark.parametrize(
    "provider",
    [
        providers.Factory(Needs),
        providers.Factory(Needs, size=2),
        providers.Factory(lambda *, session: session),
        providers.Singleton(list, providers.Factory(Needs)),
    ],
)
def test_what_a_factory_must_be_given_and_has_not_comes_with_the_call(
    provider: providers.Provider[Any],
) -> None:
    assert words_of(b=provider).endswith(". It gets session. session comes with the call.")


@pytest.mark.parametrize(
    "provider",
    [
        providers.Factory(Needs, "a value"),
        providers.Factory(Needs, session="a value"),
        providers.Factory(Needs, A),
        providers.Singleton(Needs),
        providers.Factory(dict),
        providers.Factory(FakeUsers),
        providers.Factory(FakeUsers, "too much"),
        providers.Factory(type("NoSignature", (), {"__signature__": "none"})),
    ],
)
def test_nothing_else_comes_with_the_call(provider: providers.Provider[Any]) -> None:
    assert "the call" not in words_of(a=A, b=provider)


def test_an_overridden_box_has_a_thick_frame_of_a_colour_of_its_own() -> None:
    container = container_of(PER_REQUEST)

    with container.user_repository.override(providers.Object(FakeUsers())):
        frames = {name: box.frames for name, box in boxes_of(picture_of(container)).items()}

    (overridden,) = frames.pop("user_repository")
    others = [frame for box in frames.values() for frame in box]
    assert overridden["class"] == "box c1"
    assert overridden["class"] not in {frame["class"] for frame in others}
    assert float(overridden["stroke-width"]) > max(float(f["stroke-width"]) for f in others)


@pytest.mark.parametrize("step", WITH_A_CONTAINER, ids=lambda step: step.title)
def test_an_argument_that_is_not_called_like_what_it_gets_is_named_on_its_arrow(step: Step) -> None:
    picture = picture_of(container_of(step))

    assert picture.count(">users</text>") == picture.count(">audit_events</text>") == 1


def test_a_name_moves_along_its_arrow_where_another_one_leaves_no_room_in_its_middle() -> None:
    names = [f"{each}_of_all_the_long_names" for each in ("first", "second", "third", "fourth")]
    things: dict[str, providers.Provider[Any]] = {
        name[:5]: providers.Factory(list) for name in names
    }
    made = dict(zip(names, things.values(), strict=True))
    container = type(
        "Five", (DeclarativeContainer,), {**things, "all": providers.Factory(dict, **made)}
    )
    picture = picture_of(container())

    heights = [re.findall(rf'y="(\S+)" [^>]*>{name}</text>', picture)[0] for name in names]
    assert len({*heights}) > 1


DOUBLE = "double frame: one object, shared"
ROUND = "round ends: from outside"
DASHED = "dashed arrow: the provider itself"


@pytest.mark.parametrize(
    ("things", "said"),
    [
        ({}, []),
        ({"b": providers.Singleton(list)}, [DOUBLE]),
        ({"b": providers.Dependency()}, [ROUND]),
        ({"b": providers.Factory(list, A.provider)}, [DASHED]),
        (
            {"b": providers.Singleton(list, A.provider), "c": providers.Dependency()},
            [DOUBLE, ROUND, DASHED],
        ),
    ],
    ids=["nothing", "double", "round", "dashed", "all"],
)
def test_the_legend_explains_exactly_what_the_picture_has(
    things: dict[str, Any], said: list[str]
) -> None:
    container = type("Things", (DeclarativeContainer,), {"a": A, **things})()

    assert legend_of(picture_of(container)) == ["arrow: gets", *said]


def test_the_legend_explains_grey_while_an_override_leaves_something_unused() -> None:
    container: Any = type("Two", (DeclarativeContainer,), {"a": A, "b": USES_A})()

    with container.b.override(providers.Factory(list)):
        during = legend_of(picture_of(container))

    assert during == ["arrow: gets", "grey: no longer used"]
    assert legend_of(picture_of(container)) == ["arrow: gets"]


def crowd(number: int) -> Any:
    """Return a container of providers that each get all that come after them."""
    rest: dict[str, providers.Provider[Any]] = {}
    for each in range(number, 0, -1):
        rest = {f"p{each}": providers.Factory(list, *rest.values()), **rest}
    return type("Crowd", (DeclarativeContainer,), rest)()


def strangers(number: int) -> Any:
    """Return a container of providers that get nothing."""
    alone: dict[str, providers.Provider[Any]] = {
        f"p{each}": providers.Factory(list) for each in range(number)
    }
    return type("Strangers", (DeclarativeContainer,), alone)()


CONTAINERS = [
    *(pytest.param(container_of(step), id=step.title) for step in WITH_A_CONTAINER),
    pytest.param(crowd(7), id="crowd"),
]


@pytest.mark.parametrize("container", [*CONTAINERS, pytest.param(circle(), id="circle")])
def test_an_arrow_leads_from_who_gets_to_what_it_gets_and_has_its_head_there(
    container: Container,
) -> None:
    picture = picture_of(container)
    boxes = [box.edges for box in boxes_of(picture).values()]
    arrows = re.findall(
        r'<path d="M(\S+) (\S+)C[^"]* (\S+) ([^\s"]+)" [^>]*/><path d="M(\S+) (\S+)l-4 (-?\d)h8z"',
        picture,
    )
    drawn = []
    for arrow in arrows:
        x, y, end_x, end_y, head_x, head_y, back = map(float, arrow)
        assert (head_x, head_y) == (end_x, end_y)
        (user,) = (
            number
            for number, (left, right, top, bottom) in enumerate(boxes)
            if left < x < right and y in (top, bottom)
        )
        (got,) = (
            number
            for number, (left, right, top, bottom) in enumerate(boxes)
            if left < head_x < right and head_y == (top if back < 0 else bottom)
        )
        drawn.append((user, got))

    injected = [(injection.user, injection.gets) for injection in read_graph(container).injections]
    assert drawn == [(user, got) for user, got in injected if user != got]
    assert drawn


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_box_stands_one_row_below_the_lowest_of_those_that_get_it(container: Container) -> None:
    graph = read_graph(container)
    boxes = boxes_of(picture_of(container))
    tops = [boxes[node.name].edges[2] for node in graph.nodes]
    rows = sorted({*tops})
    row_of = [rows.index(top) for top in tops]

    for number, row in enumerate(row_of):
        users = [
            row_of[injection.user] for injection in graph.injections if injection.gets == number
        ]
        assert row == max(users, default=-1) + 1


def test_the_boxes_of_a_row_stand_in_the_order_of_the_container() -> None:
    boxes = boxes_of(picture_of(container_of(PER_REQUEST)))
    rows: dict[float, list[tuple[float, str]]] = {}
    for name, box in boxes.items():
        left, _, top, _ = box.edges
        rows.setdefault(top, []).append((left, name))

    assert [[name for _, name in sorted(rows[top])] for top in sorted(rows)] == [
        ["engine", "bucket_repository", "user_service"],
        ["s3_client", "password_hasher", "user_repository", "audit_event_repository"],
        ["settings", "session"],
    ]


@pytest.mark.parametrize("container", CONTAINERS)
def test_an_arrow_passes_between_the_boxes_of_the_rows_on_its_way(container: Container) -> None:
    picture = picture_of(container)
    boxes = [box.edges for box in boxes_of(picture).values()]
    passed = [(float(x), float(y)) for x, y in re.findall(r"L(\S+) (\S+)C", picture)]

    assert passed
    for x, y in passed:
        assert y - BOX_HEIGHT in {top for _, _, top, _ in boxes}
        assert not [1 for left, right, _, bottom in boxes if y == bottom and left <= x <= right]


@pytest.mark.parametrize(
    "container",
    [*CONTAINERS, *(pytest.param(strangers(n), id=f"{n} strangers") for n in (1, 4, 5, 30))],
)
def test_no_box_and_no_label_covers_another(container: Container) -> None:
    picture = picture_of(container)
    page = fromstring(picture)  # noqa: S314
    _, _, width, height = map(float, page.attrib["viewBox"].split())
    boxes = [box.edges for box in boxes_of(picture).values()]
    labels = re.findall(r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="14"', picture)
    for label in labels:
        left, top, breadth = map(float, label)
        boxes.append((left, left + breadth, top, top + 14))

    for left, right, top, bottom in boxes:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for one, other in combinations(boxes, 2):
        assert one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]


def test_no_letter_has_an_outline() -> None:
    picture = picture_of(container_of(PER_REQUEST))
    outlined = re.findall(r"\.objects \.(\w+)\{[^}]*stroke:var", picture)
    colours = {name for found in re.findall(r'<text [^>]*class="([^"]+)"', picture)
               for name in found.split()}  # fmt: skip

    assert "plain" in colours.intersection(outlined)
    for name in colours.intersection(outlined):
        assert f".objects text.{name}{{stroke:none}}" in picture
