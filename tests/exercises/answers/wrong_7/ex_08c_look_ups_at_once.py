"""
People think: What a look-up does may as well stand in the line that needs it.
Rejected by: test_look_ups_overlap
Message: The ids that email_of is called with
"""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from steps.infrastructure.tables import UserRow

Sessions = async_sessionmaker[AsyncSession]
MOST_AT_ONCE = 3


async def email_of(session: AsyncSession, user_id: int) -> str | None:
    user = await session.get(UserRow, user_id)
    return user.email if user else None


async def emails_of(sessions: Sessions, ids: list[int]) -> list[str | None]:
    """Return the emails in the order of the ids; None for an unknown one."""
    limit = asyncio.Semaphore(MOST_AT_ONCE)

    async def look_up(user_id: int) -> str | None:
        async with limit, sessions() as session:
            user = await session.get(UserRow, user_id)
            return user.email if user else None

    return await asyncio.gather(*(look_up(user_id) for user_id in ids))
