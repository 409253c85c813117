"""
People think: The pool is the limit.
Rejected by: test_other_requests_find_a_connection
Message: takes them all
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
    async def look_up(user_id: int) -> str | None:
        async with sessions() as session:
            return await email_of(session, user_id)

    return await asyncio.gather(*(look_up(user_id) for user_id in ids))
