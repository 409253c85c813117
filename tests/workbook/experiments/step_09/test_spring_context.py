"""What a context that reads `@bean`s does."""

from steps.workbook.experiments.step_09 import spring_context


def test_a_context_makes_each_bean_once_in_the_order_of_their_needs_and_closes_in_reverse() -> None:
    assert spring_context.life_of_two_beans() == [
        "AwsClient is made",
        "UserService is made",
        "the context is ready",
        "one UserService: True",
        "one AwsClient: True",
        "UserService is closed",
        "AwsClient is closed",
    ]


def test_a_bean_that_is_missing_stops_the_context_from_starting() -> None:
    assert spring_context.a_bean_that_is_missing() == "KeyError: AwsClient"
