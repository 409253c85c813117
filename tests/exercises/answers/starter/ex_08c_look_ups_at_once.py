"""08c · Look-ups at once · build · 12 minutes

Read notebook 08, "What an async session does not forgive".
A page needs many users at once. Call email_of for all ids at the same time, but use
MOST_AT_ONCE connections for a page at most: other requests need some, too. An error
reaches the caller.
Then run: make exercise STEP=8
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
    async with sessions() as session:  # TODO: how many tasks use it?
        return await asyncio.gather(*(email_of(session, user_id) for user_id in ids))
