"""What README says is so."""

import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise

import pytest

from steps.workbook.catalogue import PROJECT, STEPS, USUAL_BUDGET, first_step_with
from steps.workbook.making.table import README as FILE
from steps.workbook.making.table import with_steps
from steps.workbook.reading.sources import changes_of

README = FILE.read_text(encoding="utf-8")
CONTRIBUTING = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def test_the_table_and_the_reasons_are_those_of_the_catalogue() -> None:
    assert with_steps(README).splitlines() == README.splitlines(), "Write them anew: make fix"


def test_the_table_has_a_row_for_each_step_with_what_it_changes() -> None:
    rows = re.findall(r"^\| (?!00)(\d\d) \| (.+) \|$", README, re.MULTILINE)

    assert [number for number, _ in rows] == [f"{step.number:02}" for step in STEPS]
    for step, (_, row) in zip(STEPS, rows, strict=True):
        changes = changes_of(step)
        assert row.startswith(f"{step.idea} | {step.repairs}".rstrip())
        assert changes is None or f" | {changes.summary} |" in row


def test_a_budget_beyond_the_usual_one_has_its_reason_in_readme() -> None:
    said = dict(re.findall(r"^- step (\d\d): (.+)$", README, re.MULTILINE))

    assert said == {f"{step.number:02}": step.reason for step in STEPS if step.reason}
    assert f"at most {USUAL_BUDGET} of them" in README


def test_the_first_screen_is_short() -> None:
    lines = README.split("\n## ")[0].splitlines()
    prose = [word for line in lines if not line.startswith("|") for word in line.split()]

    assert len(prose) <= 120
    assert all(len(line.split()) <= 40 for line in lines)


def test_it_says_which_steps_are_for_everybody() -> None:
    first, *_, last = (step.number for step in STEPS if step.part == "path")

    assert f"Steps {first:02} to {last:02} are for everybody" in README


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README + CONTRIBUTING, re.MULTILINE))

    assert named <= targets
    assert {"help", "lab", "run", "test", "notebooks", "diff", "check", "fix", "clean"} <= targets


@pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("make") is None, reason="make is not installed"
)
def test_make_help_lists_every_target() -> None:
    listed = subprocess.check_output(["make", "help"], cwd=PROJECT, text=True)  # noqa: S607
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)

    assert re.findall(r"^make (\S+) - ", listed, re.MULTILINE) == phony.split()
    assert max(map(len, listed.splitlines())) <= 80


def test_curl_asks_no_proxy_for_this_machine() -> None:
    lines = re.findall(r"^curl .+$", README, re.MULTILINE)

    assert lines
    assert all(line.startswith("curl --noproxy '*' ") for line in lines)


@pytest.mark.usefixtures("environment", "quick_hashing")
def test_the_calls_to_be_pasted_succeed_one_after_the_other() -> None:
    from fastapi.testclient import TestClient

    calls = re.findall(r"^curl .+$", README.replace("$API_KEY", "key"), re.MULTILINE)
    answered = []
    with TestClient(first_step_with("worker").create_app()) as client:
        for call in calls:
            words = shlex.split(call.removeprefix("curl --noproxy '*' "))
            (url,) = (word for word in words if word.startswith("localhost:8000/"))
            given = [*pairwise(words)]
            headers = dict(value.split(": ") for option, value in given if option == "-H")
            data = dict(given).get("-d")
            method = dict(given).get("-X", "POST" if data else "GET")
            path = url.removeprefix("localhost:8000")
            answer = client.request(method, path, headers=headers, content=data)
            answered.append((method, path, answer.is_success))

    assert answered == [
        ("POST", "/buckets", True),
        ("POST", "/users", True),
        ("POST", "/exports", True),
        ("GET", "/exports/1", True),
    ]


def test_what_is_to_be_pasted_has_no_comments_as_some_shells_take_them_for_words() -> None:
    blocks = re.findall(r"^```console\n(.*?)^```", README + CONTRIBUTING, re.MULTILINE | re.DOTALL)

    assert len(blocks) > 3
    assert not [line for line in "".join(blocks).splitlines() if re.search(r"(^|\s)#", line)]


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README + CONTRIBUTING)

    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_every_setting_is_in_the_table_of_variables() -> None:
    from steps.domain.settings import Settings

    for name in Settings.model_fields:
        assert f"`{name.upper()}`" in README
