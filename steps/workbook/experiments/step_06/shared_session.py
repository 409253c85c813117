"""Two threads commit at once: with one session for both, and with a session for each."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from sqlalchemy import event
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, sessionmaker

from steps.workbook.world.databases import count_users, new_engine, new_user

PATIENCE_S = 20
"""How long a thread waits for another one before the experiment fails, in seconds."""


def add_and_commit(session: Session, name: str) -> str:
    session.add(new_user(name))
    try:
        session.commit()
    except InvalidRequestError as error:
        return type(error).__name__
    return "committed"


def grace_commits_while_ada_does(share: bool) -> dict[str, object]:
    """Hold Ada's commit, before it writes, until Grace's has ended."""
    ada_commits, grace_has_ended = Event(), Event()

    def hold_the_first(_: Session) -> None:
        if not ada_commits.is_set():
            ada_commits.set()
            grace_has_ended.wait(PATIENCE_S)

    with new_engine() as engine, ThreadPoolExecutor(2) as threads:
        session_factory = sessionmaker(engine)
        event.listen(session_factory, "before_commit", hold_the_first)
        with session_factory() as adas, session_factory() as graces:
            ada = threads.submit(add_and_commit, adas, "ada")
            ada_commits.wait(PATIENCE_S)
            grace = threads.submit(add_and_commit, adas if share else graces, "grace")
            grace_is_told = grace.result(PATIENCE_S)
            grace_has_ended.set()
            told = {"Ada": ada.result(PATIENCE_S), "Grace": grace_is_told}
        return {**told, "users kept": count_users(engine)}


def two_commits_at_once() -> dict[str, dict[str, object]]:
    return {
        "one session for both": grace_commits_while_ada_does(share=True),
        "a session per call": grace_commits_while_ada_does(share=False),
    }
