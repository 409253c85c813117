"""12c · Who may write it? · repair · 12 minutes

Read notebook 12, "The row is the truth".
Two workers look at the same row, see that it is free, and both take it. A row whose
worker died is taken never again. Let one statement ask and take: True for one
caller, until the lease is over. Then run: make exercise STEP=12
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update  # noqa: F401, you may need them
from sqlalchemy.orm import Session

from steps.infrastructure.tables import ExportRow


def claim(session: Session, export_id: int, now: datetime, lease: timedelta) -> bool:
    row = session.get(ExportRow, export_id)
    if row is None or row.done or row.leased_until is not None:
        return False
    row.leased_until = now + lease  # TODO: who else may have come here?
    session.flush()
    return True
