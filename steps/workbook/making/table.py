"""README's table of the steps, and why some of them add many lines: made from the catalogue."""

import re
from collections.abc import Iterable, Iterator

from steps.workbook.catalogue import PROJECT, STEPS, Step
from steps.workbook.making.writing import CannotMake
from steps.workbook.reading.sources import changes_of

README = PROJECT / "README.md"

ROW = r"\| (?!00)\d\d \|.*\n"
REASON = r"- step \d\d: .*\n"


def with_steps(text: str, steps: Iterable[Step] = STEPS) -> str:
    """Return README's text with the rows and the reasons of these steps. Raises CannotMake."""
    steps = list(steps)
    text = _with_lines(text, ROW, map(row_of, steps))
    return _with_lines(text, REASON, reasons(steps))


def row_of(step: Step) -> str:
    """Return a step's row. A step without a notebook, as one that is being made, links to none."""
    number, notebook = f"{step.number:02}", f"notebooks/{step.name.removeprefix('step_')}.ipynb"
    changes = changes_of(step)
    lines = changes.summary if changes else ""
    link = f"[{number}]({notebook})" if (PROJECT / notebook).exists() else ""
    cells = (number, step.idea, step.repairs, lines, link)
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def reasons(steps: Iterable[Step]) -> Iterator[str]:
    """Say for each step with a budget beyond the usual one why it has it."""
    for step in steps:
        if step.reason:
            yield f"- step {step.number:02}: {step.reason}"


def write_table() -> int:
    """Write the table anew. Returns the exit code."""
    text = with_steps(README.read_text(encoding="utf-8"))
    README.write_text(text, encoding="utf-8", newline="\n")
    return 0


def _with_lines(text: str, pattern: str, lines: Iterable[str]) -> str:
    """Put these lines in place of the only group of lines that match the pattern."""
    groups = re.findall(f"(?m)(?:^{pattern})+", text)
    if len(groups) != 1:
        raise CannotMake(f"{README.name} must have one group of lines like {pattern!r}.")
    return text.replace(groups[0], "".join(f"{line}\n" for line in lines))
