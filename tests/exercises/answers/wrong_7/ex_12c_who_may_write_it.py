"""
People think: The WHERE need not name the row that was asked for.
Rejected by: test_who_finds_no_row_takes_nothing
Message: The other rows are not this caller's business
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from steps.infrastructure.tables import ExportRow


def claim(session: Session, export_id: int, now: datetime, lease: timedelta) -> bool:
    free = or_(ExportRow.leased_until.is_(None), ExportRow.leased_until < now)
    taken = (
        update(ExportRow)
        .where(~ExportRow.done, free)
        .values(leased_until=now + lease)
        .returning(ExportRow.id)
    )
    return session.scalar(taken) is not None
