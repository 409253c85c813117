"""What is often said, beside the test that shows what happens."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])

VERDICTS = re.compile(r"holds|held until \d+\.\d+(\.\d+)?|never held|depends")


def often_said(claim: str, verdict: str, answer: str, *, step: int) -> Callable[[Test], Test]:
    """Enter a claim into the register, `notebooks/a_often_said.ipynb`: `make fix` writes it anew.

    `claim` is what people say, `answer` what happens, with its conditions: no wider than the test.
    `step` is the one that it belongs to. `pytest -m often_said` runs the tests of all claims.
    Raises ValueError for what is no verdict.
    """
    if not VERDICTS.fullmatch(verdict):
        raise ValueError(f"{verdict!r} is no verdict: {VERDICTS.pattern}")
    return pytest.mark.often_said(claim)
