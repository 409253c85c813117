"""The fakes for use cases that await."""

import pytest

from steps.workbook.fakes.async_in_memory import AsyncInMemoryUnitOfWork
from steps.workbook.world.event_loops import on_event_loop


async def _sign_up_in_memory(fake: AsyncInMemoryUnitOfWork, commit: bool) -> None:
    async with fake() as transaction:
        await transaction.users.add("ada@example.com", "-")
        if commit:
            await transaction.commit()


@pytest.mark.parametrize("commit", [True, False])
def test_the_async_fake_keeps_what_was_committed(commit: bool) -> None:
    fake = AsyncInMemoryUnitOfWork()
    on_event_loop(_sign_up_in_memory, fake, commit)
    assert len(fake.users) == commit
