"""The page of what each release does is of the releases that it names, and true of this one."""

import json
import subprocess
import sys
from importlib.metadata import version

from steps.workbook.making import history


def test_this_release_does_what_the_page_says() -> None:
    text = history.FILE.read_text(encoding="utf-8")
    run = subprocess.run(  # noqa: S603
        [sys.executable, str(history.PROGRAMS)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )

    told = history.outcomes_on(text, version("fastapi"))
    assert json.loads(run.stdout) == told, "Write it anew: make history"
    assert len(told) > 10


def test_the_page_names_all_releases_that_run() -> None:
    text = history.FILE.read_text(encoding="utf-8")

    assert ", ".join(history.RELEASES) in text
    assert history.RELEASES[-1] == version("fastapi")
    assert all(history.outcomes_on(text, release) for release in history.RELEASES)


def test_what_changes_from_one_release_to_the_next_is_told_with_both() -> None:
    found = {"0.1.0": {"a": "x"}, "0.2.0": {"a": "x"}, "0.3.0": {"a": "y"}}
    text = history.page(found)

    assert "| a | 0.1.0 to 0.2.0: x<br>0.3.0: y |" in text
    assert [history.outcomes_on(text, release) for release in found] == list(found.values())
