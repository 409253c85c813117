"""
People think: Who finishes gives the lease back, so free means to do.
Rejected by: test_what_is_done_is_claimed_by_nobody
Message: comes again
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update  # noqa: F401, you may need them
from sqlalchemy.orm import Session

from steps.infrastructure.tables import ExportRow


def claim(session: Session, export_id: int, now: datetime, lease: timedelta) -> bool:
    free = or_(ExportRow.leased_until.is_(None), ExportRow.leased_until < now)
    taken = (
        update(ExportRow)
        .where(ExportRow.id == export_id, free)
        .values(leased_until=now + lease)
        .returning(ExportRow.id)
    )
    return session.scalar(taken) is not None
