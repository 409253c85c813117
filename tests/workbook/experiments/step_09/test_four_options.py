"""What the four options of the decision record do."""

import pytest

from steps.workbook.experiments.step_09 import four_options
from steps.workbook.experiments.step_09.four_options import OPTIONS
from steps.workbook.world.environment import forget_buckets
from tests.often_said import often_said

IN_ORDER = ["engine opened", "S3 client opened"]
IN_REVERSE = ["S3 client closed", "engine closed"]


@pytest.fixture(autouse=True)
def _no_buckets() -> None:
    """Other tests of this process may have left some: moto keeps one memory."""
    forget_buckets()


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_has_at_most_forty_lines(option: str) -> None:
    assert four_options.lines()[option] <= 40


@often_said(
    "A singleton that is made at its first use is closed at the end.",
    "never held",
    "In the program with such singletons nothing closes them; a container by hand closes in "
    "reverse.",
    step=9,
)
def test_who_opens_what_when_and_who_closes_it() -> None:
    lives = four_options.lives()

    whole_life = [*IN_ORDER, "summary is used", *IN_REVERSE, "process ends"]
    assert lives["container"] == lives["by hand"] == [whole_life]
    assert lives["once"] == [["summary is used", *IN_ORDER, "process ends"]]
    assert lives["framework"] == [
        [*IN_ORDER[::-1], "summary is used", *IN_REVERSE, "process ends"],
        [*IN_ORDER, "summary is used", *IN_REVERSE[::-1], "process ends"],
    ]


@often_said(
    "Every mistake in the settings shows at the start.",
    "depends",
    "With singletons that are made at their first use the program has started before it tells"
    " of a wrong region, and its engine stays open.",
    step=9,
)
def test_what_a_wrong_region_does_and_when_it_is_told() -> None:
    starts = four_options.starts_with_a_wrong_region()

    assert starts["container"] == starts["by hand"]
    assert starts["container"] == [["engine opened", "engine closed", "program tells of it"]]
    assert starts["once"] == [["program has started", "engine opened", "program tells of it"]]
    assert starts["framework"] == [
        ["engine opened", "engine closed", "program tells of it"],
        ["program tells of it"],
    ]


@often_said(
    "A singleton cannot be replaced by a fake.",
    "depends",
    "It can, in its module and for everybody in the process; with constructors only the "
    "tested use case gets the fake.",
    step=9,
)
def test_a_part_that_is_replaced_in_a_module_is_replaced_for_everybody() -> None:
    replacements = four_options.replacements()

    assert {option: answer["tested"] for option, answer in replacements.items()} == dict.fromkeys(
        OPTIONS, "0 users, 7 buckets"
    )
    assert {option: answer["other"] for option, answer in replacements.items()} == {
        "container": "0 users, 0 buckets",
        "once": "0 users, 7 buckets",
        "framework": "0 users, 0 buckets",
        "by hand": "0 users, 0 buckets",
    }


@often_said(
    "Singletons hide what a use case needs.",
    "holds",
    "Over singletons its constructor takes nothing; in the other three programs it takes "
    "users and buckets.",
    step=9,
)
def test_only_the_use_case_over_singletons_does_not_say_what_it_needs() -> None:
    assert four_options.arguments_of_the_use_case() == {
        "container": ["users", "buckets"],
        "once": [],
        "framework": ["users", "buckets"],
        "by hand": ["users", "buckets"],
    }


@often_said(
    "Without a container, dependencies are handed through every layer.",
    "holds",
    "In the program by hand four functions take the S3 client, and in the other three none does.",
    step=9,
)
def test_without_a_container_the_client_goes_through_every_function_on_the_way() -> None:
    assert four_options.functions_that_take_the_s3_client() == {
        "container": 0,
        "once": 0,
        "framework": 0,
        "by hand": 4,
    }


@often_said(
    "A framework saves lines.",
    "depends",
    "In this small program, with two parts, dependency-injector takes 32 lines, singletons "
    "30, a container of one's own and constructors 27 each.",
    step=9,
)
def test_the_table_says_what_the_runs_do() -> None:
    table = four_options.what_each_option_does()

    assert {question: list(answers.values()) for question, answers in table.items()} == {
        "the parts are opened": ["at start", "at use", "at start", "at start"],
        "orders of opening seen": [1, 1, 2, 1],
        "the parts are closed": ["in reverse", "never", "same order", "in reverse"],
        "a wrong region is told": ["at start", "at use", "at start", "at start"],
        "and what stays open": ["nothing", "engine", "nothing", "nothing"],
        "the use case names its needs": ["yes", "no", "yes", "yes"],
        "a test's client reaches others": ["no", "yes", "no", "no"],
        "functions that take the client": [0, 0, 0, 4],
        "lines": [27, 30, 32, 27],
    }
