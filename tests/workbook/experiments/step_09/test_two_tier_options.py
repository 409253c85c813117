"""What notebook 09 says of the decision record's options, of Resources and of Spring's context."""

import pytest

from steps.workbook.experiments.step_09 import two_tier_options, two_tier_resources, two_tier_spring
from steps.workbook.experiments.step_09.two_tier_options import OPTIONS
from steps.workbook.world.environment import forget_buckets

IN_ORDER = ["engine opened", "S3 client opened"]
IN_REVERSE = ["S3 client closed", "engine closed"]


@pytest.fixture(autouse=True)
def _no_buckets() -> None:
    """Other tests of this process may have left some: moto keeps one memory."""
    forget_buckets()


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_has_at_most_forty_lines(option: str) -> None:
    assert two_tier_options.lines()[option] <= 40


def test_who_opens_what_when_and_who_closes_it() -> None:
    lives = two_tier_options.lives()

    whole_life = [*IN_ORDER, "summary is used", *IN_REVERSE, "process ends"]
    assert lives["container"] == lives["by hand"] == [whole_life]
    assert lives["once"] == [["summary is used", *IN_ORDER, "process ends"]]
    assert lives["framework"] == [
        [*IN_ORDER[::-1], "summary is used", *IN_REVERSE, "process ends"],
        [*IN_ORDER, "summary is used", *IN_REVERSE[::-1], "process ends"],
    ]


def test_what_a_wrong_region_does_and_when_it_is_told() -> None:
    starts = two_tier_options.starts_with_a_wrong_region()

    assert starts["container"] == starts["by hand"]
    assert starts["container"] == [["engine opened", "engine closed", "program tells of it"]]
    assert starts["once"] == [["program has started", "engine opened", "program tells of it"]]
    assert starts["framework"] == [
        ["engine opened", "engine closed", "program tells of it"],
        ["program tells of it"],
    ]


def test_a_part_that_is_replaced_in_a_module_is_replaced_for_everybody() -> None:
    replacements = two_tier_options.replacements()

    assert {option: answer["tested"] for option, answer in replacements.items()} == dict.fromkeys(
        OPTIONS, "0 users, 7 buckets"
    )
    assert {option: answer["other"] for option, answer in replacements.items()} == {
        "container": "0 users, 0 buckets",
        "once": "0 users, 7 buckets",
        "framework": "0 users, 0 buckets",
        "by hand": "0 users, 0 buckets",
    }


def test_only_the_use_case_over_singletons_does_not_say_what_it_needs() -> None:
    assert two_tier_options.arguments_of_the_use_case() == {
        "container": ["users", "buckets"],
        "once": [],
        "framework": ["users", "buckets"],
        "by hand": ["users", "buckets"],
    }


def test_without_a_container_the_client_goes_through_every_function_on_the_way() -> None:
    assert two_tier_options.functions_that_take_the_s3_client() == {
        "container": 0,
        "once": 0,
        "framework": 0,
        "by hand": 4,
    }


def test_the_table_says_what_the_runs_do() -> None:
    table = two_tier_options.what_each_option_does()

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


# dependency-injector's Resource


def test_independent_resources_open_in_any_order_and_close_in_the_same() -> None:
    assert two_tier_resources.independent_resources() == {
        "more than one order": True,
        "closed in the same order": True,
        "closed in reverse": False,
    }


def test_resources_that_name_what_they_need_open_in_order_and_close_in_reverse() -> None:
    assert two_tier_resources.resources_in_a_chain() == {
        "more than one order": False,
        "closed in the same order": False,
        "closed in reverse": True,
    }


def test_who_opens_resources_closes_them_when_a_later_one_fails_to_open() -> None:
    opened = ["+engine", "+queue"]

    assert two_tier_resources.a_resource_fails_to_open_and_nobody_shuts_down() == opened
    assert (
        two_tier_resources.a_resource_fails_to_open()
        == two_tier_resources.a_part_of_the_stack_fails_to_open()
        == [*opened, "-queue", "-engine"]
    )


def test_a_resource_that_fails_to_close_keeps_the_rest_open() -> None:
    opened = ["+engine", "+queue", "+S3 client"]

    assert two_tier_resources.a_resource_fails_to_close() == [*opened, "-S3 client", "-queue"]
    assert two_tier_resources.a_part_of_the_stack_fails_to_close() == [
        *opened,
        "-S3 client",
        "-queue",
        "-engine",
    ]


def test_the_rest_is_closed_by_whoever_calls_again() -> None:
    assert two_tier_resources.closing_again_closes_the_rest()[-2:] == ["again", "-engine"]


# Spring's ApplicationContext


def test_a_context_makes_each_bean_once_in_the_order_of_their_needs_and_closes_in_reverse() -> None:
    assert two_tier_spring.life_of_two_beans() == [
        "AwsClient is made",
        "UserService is made",
        "the context is ready",
        "one UserService: True",
        "one AwsClient: True",
        "UserService is closed",
        "AwsClient is closed",
    ]


def test_a_bean_that_is_missing_stops_the_context_from_starting() -> None:
    assert two_tier_spring.a_bean_that_is_missing() == "KeyError: AwsClient"
