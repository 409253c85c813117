"""README's table of the steps, and why some of them add many lines: made from the catalogue."""

import re
from collections.abc import Iterable, Iterator

from steps.workbook.catalogue import PROJECT, STEPS, Step
from steps.workbook.reading.sources import changes_of

README = PROJECT / "README.md"

ROW = r"\| (?!00)\d\d \|.*\n"
REASON = r"- step \d\d: .*\n"


def with_steps(text: str, steps: Iterable[Step] = STEPS) -> str:
    """Return README's text with the rows and the reasons of these steps."""
    steps = list(steps)
    for line, lines in ((ROW, map(row_of, steps)), (REASON, reasons(steps))):
        new = "".join(f"{one}\n" for one in lines)
        text, count = re.subn(f"(?m)(?:^{line})+", lambda _, new=new: new, text)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"README has {count} groups of lines like {line!r}, not one")
    return text


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
