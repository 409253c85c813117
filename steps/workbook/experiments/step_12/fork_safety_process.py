"""Two children that use an engine of their parent: a process of its own, since it forks."""

import json
import os
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

from sqlalchemy import Engine, create_engine, literal, select
from sqlalchemy.exc import DBAPIError

Prepare = Callable[[Engine], Engine]
"""What a child does with the engine of its parent before it uses one."""

PATIENCE_S = 30
"""How long anything waits for anything else, in seconds."""


def inherit(engine: Engine) -> Engine:
    return engine


def forget_connections(engine: Engine) -> Engine:
    engine.dispose(close=False)  # they are the parent's: leave them open
    return engine


def open_another(engine: Engine) -> Engine:
    return open_engine_of_one_connection(engine.url.render_as_string(hide_password=False))


def close_connections(engine: Engine) -> Engine:
    engine.dispose()
    return engine


def open_engine_of_one_connection(url: str) -> Engine:
    return create_engine(url, isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0)


def ask_for(engine: Engine, name: str) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(select(literal(name))))


def ada(engine: Engine, prepare: Prepare, asked: Any, done: Any) -> None:
    """Ask for "Ada", and be slow to read the answer."""
    with prepare(engine).connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.pgconn.send_query(b"SELECT 'Ada'")
        asked.set()
        done.wait(PATIENCE_S)
        os._exit(0)


def grace(engine: Engine, prepare: Prepare, answers: Any) -> None:
    answers.put(ask_for(prepare(engine), "Grace"))


def tell_grace(url: str, prepare: Prepare) -> str:
    """Let Ada ask, and then Grace, in two children of a process that has used its engine."""
    fork = get_context("fork")
    asked, done, answers = fork.Event(), fork.Event(), fork.SimpleQueue()
    engine = open_engine_of_one_connection(url)
    ask_for(engine, "parent")  # now the engine holds a connection
    first = fork.Process(target=ada, args=(engine, prepare, asked, done), daemon=True)
    first.start()
    asked.wait(PATIENCE_S)
    second = fork.Process(target=grace, args=(engine, prepare, answers), daemon=True)
    second.start()
    told = answers.get()
    done.set()
    first.join()
    second.join()
    return str(told)


def tell_parent(url: str, prepare: Prepare) -> str:
    """Let one child prepare its engine and end, and then ask in the parent."""
    engine = open_engine_of_one_connection(url)
    ask_for(engine, "parent")
    child = get_context("fork").Process(target=prepare, args=(engine,))
    child.start()
    child.join()
    try:
        return ask_for(engine, "parent")
    except DBAPIError as error:
        return type(error).__name__


PLAYS = {
    tell_grace: (inherit, forget_connections, open_another),
    tell_parent: (forget_connections, close_connections),
}

if __name__ == "__main__":
    url = os.environ["DATABASE_URL"]
    told = {
        play.__name__: {prepare.__name__: play(url, prepare) for prepare in ways}
        for play, ways in PLAYS.items()
    }
    print(json.dumps(told))
