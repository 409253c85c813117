"""
People think: NULL is before every date.
Rejected by: test_a_second_worker_has_to_wait
Message: no comparison with NULL is true
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update  # noqa: F401, you may need them
from sqlalchemy.orm import Session

from steps.infrastructure.tables import ExportRow


def claim(session: Session, export_id: int, now: datetime, lease: timedelta) -> bool:
    free = ExportRow.leased_until < now
    taken = (
        update(ExportRow)
        .where(ExportRow.id == export_id, ~ExportRow.done, free)
        .values(leased_until=now + lease)
        .returning(ExportRow.id)
    )
    return session.scalar(taken) is not None
