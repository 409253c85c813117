"""One call in a notebook: a step's whole life as a chart."""

from steps.workbook.calls import Call
from steps.workbook.pictures.chart import chart
from steps.workbook.pictures.svg import Picture
from steps.workbook.recording.one_step import record_step


def show_lifetimes(number: int, *calls: Call) -> Picture:
    """Return the chart of a step that answers these calls, all of them about Ada."""
    names = ", ".join(call.name.lower() for call in calls)
    return chart(record_step(number, *calls), f"Step {number:02}: {names}")
