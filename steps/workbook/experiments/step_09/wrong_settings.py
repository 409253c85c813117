"""What wrong settings do to a start: told one by one or all at once, and what opens in vain."""

from fastapi.testclient import TestClient

from steps.domain.errors import ConfigurationError
from steps.step_09_two_tiers.config import Config
from steps.workbook.catalogue import find_step
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import new_database, variables

WRONG = {
    "AWS_DEFAULT_REGION": "no region",
    "DATABASE_URL": "mysql://accounts:hunter2@db/accounts",
    "DB_ECHO": "perhaps",
    "S3_ENDPOINT_URL": "http://object_storage:9000",
}
HINTS = {"region": "AWS_DEFAULT_REGION"}
"""How boto3 speaks of a variable that it does not name."""


def all_that_is_wrong() -> list[str]:
    with variables(WRONG):
        try:
            Config.from_env()
        except ConfigurationError as error:
            return str(error).splitlines()
    return []


def start(number: int) -> str:
    """Return what the start of a step complains about; an empty text if it starts."""
    try:
        with TestClient(find_step(number).create_app()):
            return ""
    except ConfigurationError as error:
        return str(error)


def starts_until_all_is_mended(number: int) -> list[list[str]]:
    """Start, mend each variable that the complaint names, and start again, until it starts."""
    starts, wrong = [], dict(WRONG)
    with new_database():
        while wrong:
            with variables(wrong):
                complaint = start(number)
            named = [name for name in wrong if name in complaint]
            named += [name for hint, name in HINTS.items() if hint in complaint and not named]
            starts.append(named)
            for name in named:
                del wrong[name]
    return starts


def opened_in_vain(number: int) -> int:
    """Count the engines that a start opens before it finds that the region is wrong."""
    with new_database(), record() as recording, variables({"AWS_DEFAULT_REGION": "no region"}):
        start(number)
    return recording.count("engine", "opened")
