"""
People think: A Factory makes everything below it anew, the singleton as well.
Rejected by: test_the_second_call_finds_the_engine_of_the_first
Message: keeps the engine
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
ENGINES_BEFORE_ANY_CALL = 0  # Container()
ENGINES_OF_TWO_CALLS = 2  # c = Container(); c.service(); c.service()
SESSIONS_OF_ONE_CALL = 2  # Container().service()
ENGINES_OF_TWO_CONTAINERS = 2  # Container().service(); Container().service()
