"""The recording of one step that starts, answers some requests and stops."""

from contextlib import ExitStack

from fastapi.testclient import TestClient

from steps.workbook.calls import Call
from steps.workbook.catalogue import find_step
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import embedded_environment, new_database
from steps.workbook.world.singletons import own_singletons

VALUES = {"email": "ada@example.com", "id": "1", "bucket": "photos"}


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
