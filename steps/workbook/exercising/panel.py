"""What the learner sees: the tasks, one panel for the next of them, and how far it all is."""

from collections.abc import Mapping

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from steps.workbook.exercising.checking import Outcome
from steps.workbook.exercising.exercises import Exercise
from steps.workbook.exercising.output import in_part
from steps.workbook.exercising.reasons import Failure

DONE, NEXT, LATER = ("✓", "green"), ("✗", "red"), ("·", "dim")
WIDEST = 100


def console() -> Console:
    """Return a console that is not wider than reads well."""
    out = Console(highlight=False)
    out.width = min(out.width, WIDEST)
    return out


def outcome_of(outcome: Outcome, done: Mapping[str, bool]) -> RenderableType:
    """Return one run: `done` tells which exercises are done, over all steps."""
    exercise = outcome.exercise
    parts: list[RenderableType] = [
        Text(f"{exercise.key} · {exercise.title}", style="bold"),
        Text(f"{exercise.file.relative_to(exercise.file.parents[2]).as_posix()}", style="cyan"),
        _tasks(outcome),
    ]
    if outcome.failure:
        parts.append(_next(outcome, outcome.failure))
    else:
        parts.append(Text("All tasks are done.", style="bold green"))
        parts.append(Text(f"Why it works: make solution STEP={exercise.key}"))
    return Group(*parts, progress_line(done))


def progress_line(done: Mapping[str, bool]) -> RenderableType:
    """Return a bar over all exercises."""
    line = Table.grid(padding=(0, 1))
    number = sum(done.values())
    bar = ProgressBar(total=max(len(done), 1), completed=number, width=30)
    line.add_row("Exercises", bar, f"{number} of {len(done)}")
    return line


def progress_of(exercises: tuple[Exercise, ...], done: Mapping[str, bool]) -> RenderableType:
    """Return every exercise with its mark, and the bar."""
    table = Table.grid(padding=(0, 1))
    for exercise in exercises:
        mark, style = DONE if done[exercise.name] else LATER
        table.add_row(
            Text(mark, style=style), exercise.key, exercise.title,
            Text(f"{exercise.kind}, {exercise.minutes} min", style="dim"),
        )  # fmt: skip
    return Group(table, progress_line(done))


def hint_of(exercise: Exercise, number: int) -> RenderableType:
    """Return hint `number`, counted from 1."""
    title = f"{exercise.key} · hint {number} of {len(exercise.hints)}"
    return Panel(Markdown(exercise.hints[number - 1]), title=title, title_align="left")


def solution_of(exercise: Exercise) -> RenderableType:
    """Return why the solution works, and where it is."""
    where = exercise.answer("solution")
    path = where.relative_to(where.parents[4]).as_posix()
    text = f"{exercise.explanation}\n\nCompare yours with `{path}`."
    return Panel(Markdown(text), title=f"{exercise.key} · why it works", title_align="left")


def _tasks(outcome: Outcome) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for task in outcome.exercise.tasks:
        title = task.sentence
        if task.name in outcome.done:
            mark, style = DONE
        else:
            mark, style = NEXT if task.name == outcome.failed else LATER
            if outcome.exercise.kind == "predict":
                title = task.about
        table.add_row(Text(mark, style=style), Text(title, style=style))
    return table


def _next(outcome: Outcome, failure: Failure) -> RenderableType:
    rows = Table.grid(padding=(0, 1))
    place = f"{outcome.exercise.file.name}, line {failure.line}" if failure.line else ""
    predicts = outcome.exercise.kind == "predict"
    facts = {
        "you said" if predicts else "seen": in_part(failure.seen),
        "it is" if predicts else "expected": in_part(failure.expected),
        "why": failure.why,
        "printed": failure.printed.strip(),
        "code": in_part(failure.code),
        "where": place,
    }
    if outcome.failed:
        facts["read"] = outcome.exercise.section
        facts["stuck?"] = f"make hint STEP={outcome.exercise.key}"
    for name, value in facts.items():
        if value:
            rows.add_row(Text(name, style="dim"), Text(value))
    task = next((task for task in outcome.exercise.tasks if task.name == outcome.failed), None)
    if task is None:
        title = "Before the first task"
    elif predicts:
        title = "Your prediction" if failure.seen else task.about
    else:
        title = task.sentence
    what = Text(in_part(failure.what), style="bold")
    return Panel(Group(what, rows), title=title, title_align="left", border_style="red")
