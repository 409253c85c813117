"""The tests of the exercises check the learner's files; in_pytest.py tells when."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import steps.exercises
from steps.workbook.world.proxies import NO_PROXIES

ANSWERS = Path(__file__).parent / "answers"


def pytest_configure(config: pytest.Config) -> None:
    """Check another answer than the learner's where a test wants that.

    Whoever only lists the tests loads the starters: an editor finds every test, whatever a learner
    has written.
    """
    answer = "starter" if config.option.collectonly else os.environ.get("WORKBOOK_ANSWERS")
    if answer:
        steps.exercises.__path__.insert(0, str(ANSWERS / answer))


@pytest.fixture(scope="session", autouse=True)
def _no_foreign_accounts() -> Iterator[None]:
    """No exercise talks to S3, so none waits for what tests/conftest.py imports here."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in NO_PROXIES.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_model_of_s3() -> None:
    """Nor for this."""
