"""Between a look and a write, somebody else can do both. An UPDATE with all conditions in its
WHERE is one step for the database: of two that come at once, the second finds the row
changed and takes nothing. An end of the lease in the past is as good as none.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from steps.infrastructure.tables import ExportRow


def claim(session: Session, export_id: int, now: datetime, lease: timedelta) -> bool:
    free = or_(ExportRow.leased_until.is_(None), ExportRow.leased_until < now)
    taken = (
        update(ExportRow)
        .where(ExportRow.id == export_id, ~ExportRow.done, free)
        .values(leased_until=now + lease)
        .returning(ExportRow.id)
    )
    return session.scalar(taken) is not None
