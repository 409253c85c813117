"""What README says is so."""

import re

from steps.workbook.catalogue import PROJECT, STEPS, USUAL_BUDGET
from steps.workbook.reading.sources import changes_of

README = (PROJECT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def test_the_table_is_true() -> None:
    rows = []
    for step in STEPS:
        changes = changes_of(step)
        lines = changes.summary if changes else ""
        number, short = f"{step.number:02}", step.name.removeprefix("step_")
        cells = [number, step.idea, step.repairs, lines, f"[{number}](notebooks/{short}.ipynb)"]
        rows.append("| " + " | ".join(cells).replace("  ", " ") + " |")

    table = [line for line in README.splitlines() if re.match(r"\| (?!00)\d\d \|", line)]

    assert table == rows


def test_the_first_screen_is_short() -> None:
    words = [word for word in README.split("\n## ")[0].split() if word.strip("|-")]

    assert len(words) <= 300


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))

    assert named <= targets
    assert {"help", "lab", "run", "test", "notebooks", "diff", "lint", "clean"} <= targets


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_every_setting_is_in_the_table_of_variables() -> None:
    from steps.domain.settings import Settings

    for name in Settings.model_fields:
        assert f"`{name.upper()}`" in README
