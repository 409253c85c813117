"""Exercise 09b: a configuration is checked as a whole, and its secrets stay in it."""

from collections.abc import Mapping

from steps.exercises import ex_09b_one_wrong_setting_at_a_time as exercise
from tests.exercises.checks import expect, expect_that, in_words

URL = "postgresql://accounts:hunter2@db/accounts"
RIGHT = {"PORT": "80", "DATABASE_URL": URL}
WRONG = {"PORT": "eighty", "DATABASE_URL": "mysql://accounts:hunter2@db/accounts"}


def complaint(environment: Mapping[str, str]) -> str:
    """Return the text of the error, or a text that says that there is none of the right kind."""
    try:
        exercise.Config.from_env(environment)
    except exercise.ConfigurationError as error:
        return str(error)
    except Exception as error:
        return f"({in_words(error)})"
    return "(no error)"


def variables_in(text: str) -> list[str]:
    return [name for name in WRONG if name in text]


def test_a_right_environment_makes_a_configuration() -> None:
    try:
        config = exercise.Config.from_env(RIGHT)
        without_port = exercise.Config.from_env({"DATABASE_URL": URL})
        seen: object = {
            "PORT=80": config.port,
            "no PORT": without_port.port,
            "the same URL, as a str": config.database_url == URL,
        }
    except Exception as error:
        seen = in_words(error)
    expect(
        "What becomes of settings that are right",
        seen=seen,
        expected={"PORT=80": 80, "no PORT": 8000, "the same URL, as a str": True},
        why="What is right goes through unchanged, and where PORT is not set, it is 8000.",
    )


def test_all_that_is_wrong_is_told_in_one_error() -> None:
    expect(
        "The variables that are named when both are wrong",
        seen=variables_in(complaint(WRONG)),
        expected=list(WRONG),
        why="Both have to be mended, and between two starts lies a deployment.",
    )


def test_what_is_right_is_not_complained_about() -> None:
    for name, value in WRONG.items():
        expect(
            f"The variables that are named when only {name} is wrong",
            seen=variables_in(complaint({**RIGHT, name: value})),
            expected=[name],
            why="Each check speaks for its own variable.",
        )


def test_each_wrong_variable_has_a_line_of_its_own() -> None:
    lines = complaint(WRONG).splitlines()
    expect_that(
        len(lines) == len(WRONG) and all(map(str.startswith, lines, WRONG)),
        "The lines of the error",
        seen=len(lines) if len(lines) != len(WRONG) else [line[:12] for line in lines],
        expected="a line that begins with PORT, and one that begins with DATABASE_URL",
        why="Whoever has to mend it reads a log line by line.",
    )


def test_no_error_repeats_a_value() -> None:
    told = complaint(WRONG)
    expect(
        "Values that the error repeats",
        seen=[name for name, value in WRONG.items() if value in told],
        expected=[],
        why="The error goes to a log, and the log to many people. A URL holds a password.",
    )


def test_no_representation_shows_the_password() -> None:
    shown = repr(exercise.Config.from_env(RIGHT))
    expect_that(
        "hunter2" not in shown,
        "The representation of a configuration that is right",
        seen="it shows the password of the database",
        expected="anything without the password",
        why="A configuration is printed whole by tracebacks, debuggers and curious people.",
    )
