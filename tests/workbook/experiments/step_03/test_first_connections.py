"""To open a heavy object is not to connect."""

from steps.workbook.experiments.step_03 import first_connections
from tests.often_said import often_said


@often_said(
    "To create an engine connects to the database.",
    "never held",
    "Neither an engine nor an S3 client connects when it is opened, with keys in the environment.",
    step=3,
)
def test_an_engine_and_an_s3_client_connect_to_nothing_when_they_are_opened() -> None:
    assert first_connections.opening_connects_to_nothing() == {"opened": 2, "connections": 0}


@often_said(
    "`create_engine` reads the schema.",
    "never held",
    "Its first connection asks for no table (seen on SQLite).",
    step=3,
)
def test_the_first_connection_of_an_engine_asks_for_no_table() -> None:
    assert first_connections.first_connection_reads_no_schema() == ["PRAGMA read_uncommitted"]


@often_said(
    "A new boto3 client for each request is cheap.",
    "depends",
    "Each opens a connection of its own; a shared one keeps one connection for calls in sequence.",
    step=3,
)
def test_one_s3_client_keeps_one_connection_and_a_client_per_request_opens_one_each() -> None:
    assert first_connections.connections_to_s3() == {"step 01": 3, "step 03": 1}


@often_said(
    "Measure S3 connections against moto's own server.",
    "never held",
    "It closes each connection, and so hides whether a client keeps one.",
    step=3,
)
def test_the_server_that_moto_brings_along_closes_each_connection() -> None:
    assert first_connections.own_server_of_moto() == "Connection: close"
