"""Names of folders that mean something in a URL, to a shell or to make."""

import sys

import pytest

NOT_ON_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")

NAMES = [
    "C# course",
    "50%25",
    "내 작업 공간",
    "a&b",
    pytest.param("what?", marks=NOT_ON_WINDOWS),
    pytest.param("lab ", marks=NOT_ON_WINDOWS),
]

ALL_IN_ONE = "C# 50%25 내 작업 공간 a&b" + ("" if sys.platform == "win32" else " what? ")
