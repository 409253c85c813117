"""Exercise 05b: an override that ends, and that reaches what is made already."""

from contextlib import suppress
from typing import Any

from steps.exercises import ex_05b_the_test_that_sends_mail as exercise
from tests.exercises.checks import expect

REAL, OF_TESTS = "mail.example.com", "localhost"


class FailedTest(Exception):
    """What a failing test raises."""


def app_container() -> Any:
    return exercise.Container(mail_server=REAL)


def test_the_override_ends_with_the_test() -> None:
    container = app_container()
    with exercise.mail_of_a_test(container):
        pass
    expect(
        "The server that the app mails to after a test",
        seen=container.mailer().server,
        expected=REAL,
        why="An override stays until somebody ends it. "
        "The next test, or the app, works with what this one has put there.",
    )


def test_it_ends_when_the_test_fails_too() -> None:
    container = app_container()
    with suppress(FailedTest), exercise.mail_of_a_test(container):
        raise FailedTest
    expect(
        "The server that the app mails to after a test that failed",
        seen=container.mailer().server,
        expected=REAL,
        why="When a test fails, an error leaves the function at its yield. "
        "One failed test must not make others fail.",
    )


def test_a_mailer_made_before_the_test_does_not_serve_it() -> None:
    container = app_container()
    container.mailer()
    with exercise.mail_of_a_test(container):
        server = container.mailer().server
    expect(
        "The server that a test mails to, when the app has made its mailer before",
        seen=server,
        expected=OF_TESTS,
        why="An override reaches what is made from now on. The mailer was there before, "
        "with its server in it: the test would mail to real people.",
    )


def test_a_mailer_made_in_the_test_does_not_outlive_it() -> None:
    container = app_container()
    with exercise.mail_of_a_test(container):
        container.mailer()
    expect(
        "The server that the app mails to, when the first mailer was made in a test",
        seen=container.mailer().server,
        expected=REAL,
        why="The override has ended, but a singleton keeps what it made in between.",
    )


def test_the_app_and_the_test_keep_their_mails_apart() -> None:
    container = app_container()
    container.mailer().waiting.append("Welcome, Ada")
    with exercise.mail_of_a_test(container):
        container.mailer().waiting.append("Welcome, Nobody")
        of_the_test = container.mailer().waiting
    expect(
        "The mails that wait, when the app has written to Ada and a test to Nobody",
        seen=f"app: {container.mailer().waiting}, test: {of_the_test}",
        expected="app: ['Welcome, Ada'], test: ['Welcome, Nobody']",
        why="A test needs a mailer of its own, always the same one, in front of the app's. "
        "A reset forgets the app's mailer with all that waits in it.",
    )
