"""What an experiment returns, and its source, are shown so that they are easy to read."""

import re

from steps.workbook.experiments.step_05 import shared_wiring
from steps.workbook.reading.sources import MOST_LINES, show
from steps.workbook.reading.tables import WIDTH, as_table

OUTCOMES = {
    "one": 1,
    "many": ["a|b", "<locals>", "__init__"],
    "cases": {"first": 200, "then": [1, 2]},
    "long": "word " * 40,
}


def test_a_table_has_a_row_for_each_name_and_each_of_its_entries() -> None:
    text = as_table(OUTCOMES, "name", "found").as_markdown()

    assert text.splitlines()[:6] == [
        "| name | found |",
        "| :--- | :--- |",
        "| one | 1 |",
        r"| many | a\|b, &lt;locals&gt;, \_\_init\_\_ |",
        "| cases | first: **200** |",
        "|  | then: **1, 2** |",
    ]


def test_a_table_says_the_same_in_narrow_lines_of_plain_text() -> None:
    lines = as_table(OUTCOMES)._repr_mimebundle_()["text/plain"].splitlines()

    assert lines[:5] == [
        "one: 1",
        "many: a|b, <locals>, __init__",
        "cases",
        "    first: 200",
        "    then: 1, 2",
    ]
    assert len(lines) > 6
    assert max(map(len, lines)) <= WIDTH


def said_to_linters() -> int:
    """Return a number, and have a first line that is longer than the width of the outputs, yes."""
    return 1 + "a"  # type: ignore[operator]


def test_a_listing_is_narrow_and_says_nothing_to_linters() -> None:
    shown = str(show(said_to_linters).data)

    assert shown.splitlines()[-2] == '    return 1 + "a"'
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert "outputs, yes." in re.sub(r"\s+", " ", shown)


def test_a_long_listing_is_folded_behind_its_first_part_and_loses_nothing() -> None:
    short, long = (str(show(each).data) for each in (said_to_linters, shared_wiring))

    assert "<details>" not in short
    first, _, rest = long.partition("<details>")
    assert len(first.splitlines()) <= MOST_LINES + 3
    summary = re.findall(r"<summary>(\d+) more lines</summary>\n\n```python\n", rest)
    code = [line for line in first.splitlines() + rest.splitlines()[2:-1] if "```" not in line]
    assert len([line for line in code if line.strip()]) > MOST_LINES < int(summary[0]) + MOST_LINES
    assert rest.endswith("\n```\n\n</details>")
