"""
People think: A container makes its singletons when it is made itself.
Rejected by: test_a_container_makes_nothing_before_somebody_asks
Message: when somebody first asks for it
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
ENGINES_BEFORE_ANY_CALL = 1  # Container()
ENGINES_OF_TWO_CALLS = 1  # c = Container(); c.service(); c.service()
SESSIONS_OF_ONE_CALL = 2  # Container().service()
ENGINES_OF_TWO_CONTAINERS = 2  # Container().service(); Container().service()
