"""What a heavy object connects to, and for how long."""

import logging
from itertools import count
from socket import create_connection, socket
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from moto.server import ThreadedMotoServer
from sqlalchemy import create_engine, event

from steps.domain.settings import load_settings
from steps.infrastructure.database import check_database, open_engine
from steps.infrastructure.object_storage import close_s3_client, open_s3_client
from steps.workbook.catalogue import find_step
from steps.workbook.world.environment import new_database, variables
from steps.workbook.world.serving import reserve_port, serve, url_of


def connections_before_ours(listener: socket) -> int:
    """Connect, then accept whoever has come, in the order in which they came, until it is us."""
    with create_connection(listener.getsockname()) as ours:
        for earlier in count():
            connection, address = listener.accept()
            connection.close()
            if address == ours.getsockname():
                return earlier
    raise AssertionError("count() does not end")


def opening_connects_to_nothing() -> dict[str, int]:
    """Open an engine and a client for a socket that stands for PostgreSQL and for S3."""
    with new_database(), reserve_port() as listener:
        listener.listen()
        s3_url = url_of(listener)
        database_url = s3_url.replace("http", "postgresql+psycopg") + "/accounts"
        with variables({"S3_ENDPOINT_URL": s3_url, "DATABASE_URL": database_url}):
            engine = open_engine(load_settings())
            s3_client = open_s3_client(load_settings())
        connections = connections_before_ours(listener)
        engine.dispose()
        close_s3_client(s3_client)
    return {"opened": len([engine, s3_client]), "connections": connections}


def make_tables() -> None:
    engine = open_engine(load_settings())
    check_database(engine)
    engine.dispose()


def first_connection_reads_no_schema() -> list[str]:
    """Connect a plain engine to a file that has tables; return every statement that SQLite gets."""
    statements: list[str] = []
    with new_database() as url:
        make_tables()
        engine = create_engine(url)

        @event.listens_for(engine, "connect", insert=True)
        def listen(connection: Any, _: object) -> None:
            connection.set_trace_callback(statements.append)

        engine.connect().close()
        engine.dispose()
    return statements


def connections_of_three_requests(number: int) -> int:
    """Let a step list the buckets three times; return how many connections S3 has seen."""
    seen: set[object] = set()
    s3 = FastAPI()

    @s3.get("/")
    def list_buckets(request: Request) -> Response:
        seen.add(request.client)
        return Response("<Result><Buckets/></Result>", media_type="application/xml")

    with (
        new_database(),
        serve(s3) as url,
        variables({"S3_ENDPOINT_URL": url}),
        TestClient(find_step(number).create_app()) as client,
    ):
        for _ in range(3):
            client.get("/buckets").raise_for_status()
    return len(seen)


def connections_to_s3() -> dict[str, int]:
    return {f"step {number:02}": connections_of_three_requests(number) for number in (1, 3)}


def own_server_of_moto() -> str:
    """Return what the server that moto brings along says of a connection after one call."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with new_database(), patch.object(logging.getLogger("werkzeug"), "disabled", new=True):
        moto.start()
        host, port = moto.get_host_and_port()
        with variables({"S3_ENDPOINT_URL": f"http://{host}:{port}"}):
            s3_client = open_s3_client(load_settings())
        answer = s3_client.list_buckets()
        close_s3_client(s3_client)
        moto.stop()
    return f"Connection: {answer['ResponseMetadata']['HTTPHeaders']['connection']}"
