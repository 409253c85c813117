"""
People think: A row that I have just read is as I read it.
Rejected by: test_of_two_at_once_one_may
Message: between the look
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update  # noqa: F401, you may need them
from sqlalchemy.orm import Session

from steps.infrastructure.tables import ExportRow


def claim(session: Session, export_id: int, now: datetime, lease: timedelta) -> bool:
    row = session.get(ExportRow, export_id)
    over = row is not None and (row.leased_until is None or row.leased_until < now)
    if row is None or row.done or not over:
        return False
    row.leased_until = now + lease
    session.flush()
    return True
