"""05a · What is made when? · predict · 4 minutes

Read notebook 05, "Step 05's container".
Replace each ... by a number. Then run: make exercise STEP=5
"""

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Factory, ThreadSafeSingleton

made: list[str] = []


def make(name: str, **parts: str) -> str:
    made.append(name)
    return name


class Container(DeclarativeContainer):
    engine = ThreadSafeSingleton(make, "engine")
    session = Factory(make, "session", engine=engine)
    users = Factory(make, "users", session=session)
    audit_events = Factory(make, "audit events", session=session)
    service = Factory(make, "service", users=users, audit_events=audit_events)


# How many are made, if these calls are the first of the program?
ENGINES_BEFORE_ANY_CALL = ...  # TODO: Container()
ENGINES_OF_TWO_CALLS = ...  # TODO: c = Container(); c.service(); c.service()
SESSIONS_OF_ONE_CALL = ...  # TODO: Container().service()
ENGINES_OF_TWO_CONTAINERS = ...  # TODO: Container().service(); Container().service()
