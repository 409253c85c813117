"""
People think: An UPDATE that raises nothing has worked.
Rejected by: test_a_second_worker_has_to_wait
Message: no row
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update  # noqa: F401, you may need them
from sqlalchemy.orm import Session

from steps.infrastructure.tables import ExportRow


def claim(session: Session, export_id: int, now: datetime, lease: timedelta) -> bool:
    free = or_(ExportRow.leased_until.is_(None), ExportRow.leased_until < now)
    session.execute(
        update(ExportRow)
        .where(ExportRow.id == export_id, ~ExportRow.done, free)
        .values(leased_until=now + lease)
    )
    return True
