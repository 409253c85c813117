"""What the page of a step says about it."""

from html import escape

from steps.workbook.calls import CALLS, EXPORT_CALLS
from steps.workbook.catalogue import PROJECT, STEPS, Step
from steps.workbook.running.live.app import Subject
from steps.workbook.running.live.second import Second


def subject_of(step: Step, *, api_key: str = "", second: Second | None = None) -> Subject:
    """Return what the page of a step says. `api_key` is shown to whoever opens the page."""
    return Subject(
        title=step.heading,
        look=step.look,
        compare=step.compare,
        links=_links(step, second),
        calls=CALLS + EXPORT_CALLS if step.has("worker") else CALLS,
        api_key=api_key,
        second=second,
    )


def _links(step: Step, second: Second | None) -> str:
    parts = ['<a href="/docs">API docs</a>']
    for notebook in (PROJECT / "notebooks").glob(f"{step.number:02}_*.ipynb"):
        parts.append(f"Notebook: {escape(notebook.stem)}, in <code>make lab</code>")
    if step.before and not second:
        beside = f"<code>{_run(step)} WITH={step.follows}</code>"
        parts.append(f"Beside step {step.follows:02}: {beside}")
    following = [other for other in STEPS if other.follows == step.number]
    parts += [f"Then step {other.number:02}: <code>{_run(other)}</code>" for other in following]
    return " ".join(f"<span>{part}</span>" for part in parts)


def _run(step: Step) -> str:
    return f"make run STEP={step.number}"
