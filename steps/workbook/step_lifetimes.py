"""One call in a notebook: start a step, send it some requests, stop it, show the chart."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

from fastapi.testclient import TestClient

from steps.workbook.calls import Call
from steps.workbook.catalogue import find_step
from steps.workbook.chart import chart
from steps.workbook.environment import embedded_environment, new_database
from steps.workbook.lifetimes import record
from steps.workbook.recording import Recording
from steps.workbook.singletons import own_singletons

if TYPE_CHECKING:
    from IPython.display import HTML

VALUES = {"email": "ada@example.com", "id": "1", "bucket": "photos"}


def show_lifetimes(number: int, *calls: Call) -> "HTML":
    """Return the chart of a step that answers these calls, all of them about Ada."""
    names = ", ".join(call.name.lower() for call in calls)
    return chart(record_step(number, *calls), f"Step {number:02}: {names}")


def record_step(number: int, *calls: Call) -> Recording:
    """Return the recording of a step's whole life: it starts, answers these calls and stops."""
    step = find_step(number)
    with ExitStack() as stack:
        needs_s3 = any(call.path == "/buckets" for call in calls)
        stack.enter_context(embedded_environment() if needs_s3 else new_database())
        stack.enter_context(own_singletons(step))
        recording = stack.enter_context(record())
        app = recording.wrap(step.create_app())
        with TestClient(app, raise_server_exceptions=False) as client:
            for call in calls:
                client.request(**call.fill(VALUES))
    return recording
