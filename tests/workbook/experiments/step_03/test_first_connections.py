"""To open a heavy object is not to connect."""

from steps.workbook.experiments.step_03 import first_connections


def test_an_engine_and_an_s3_client_connect_to_nothing_when_they_are_opened() -> None:
    assert first_connections.opening_connects_to_nothing() == {"opened": 2, "connections": 0}


def test_the_first_connection_of_an_engine_asks_for_no_table() -> None:
    assert first_connections.first_connection_reads_no_schema() == ["PRAGMA read_uncommitted"]


def test_one_s3_client_keeps_one_connection_and_a_client_per_request_opens_one_each() -> None:
    assert first_connections.connections_to_s3() == {"step 01": 3, "step 03": 1}


def test_the_server_that_moto_brings_along_closes_each_connection() -> None:
    assert first_connections.own_server_of_moto() == "Connection: close"
