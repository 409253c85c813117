"""Hops to worker threads are counted."""

from typing import Annotated

import anyio.to_thread
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from steps.workbook.world.event_loops import on_event_loop
from steps.workbook.world.thread_hops import counted_hops, thread_hops_of_a_sign_up


def test_a_request_hops_for_each_def_and_not_for_an_async_def() -> None:
    app = FastAPI()

    def in_a_thread() -> None: ...

    async def on_the_loop() -> None: ...

    @app.get("/def")
    async def after_def(_: Annotated[None, Depends(in_a_thread)]) -> None: ...

    @app.get("/async-def")
    async def after_async_def(_: Annotated[None, Depends(on_the_loop)]) -> None: ...

    client = TestClient(app)
    with counted_hops() as after_a_def:
        client.get("/def").raise_for_status()
    with counted_hops() as after_an_async_def:
        client.get("/async-def").raise_for_status()

    assert (after_a_def.hops, after_an_async_def.hops) == (1, 0)


def test_a_hop_returns_and_raises_what_its_function_does() -> None:
    async def hop() -> int:
        assert await anyio.to_thread.run_sync(int, "7") == 7
        return await anyio.to_thread.run_sync(int, "seven")

    with counted_hops() as counted, pytest.raises(ValueError, match="seven"):
        on_event_loop(hop)

    assert counted.hops == 2


def test_nothing_is_counted_after_the_block() -> None:
    with counted_hops() as counted:
        pass

    on_event_loop(anyio.to_thread.run_sync, int)

    assert counted.hops == 0


def test_each_step_of_the_path_hands_a_sign_up_to_fewer_threads_or_as_many() -> None:
    hops = {"step 03": 8, "step 04": 4, "step 05": 4, "step 06": 2}

    assert thread_hops_of_a_sign_up(3, 4, 5, 6) == hops
