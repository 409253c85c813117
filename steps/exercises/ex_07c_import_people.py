"""07c · Import a list of people · build · 12 minutes

Read notebook 07, "An error that you catch".
Write import_people: one transaction for the whole list. A taken email is skipped and
the rest goes on; any other error reaches the caller, and nothing of the list stays.
Then run: make exercise STEP=7
"""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.errors import EmailTaken
from steps.infrastructure.tables import UserRow


def add_user(session: Session, email: str) -> None:
    if "@" not in email:
        raise ValueError(f"not an email: {email}")
    session.add(UserRow(email=email, password_hash="-"))
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error


def import_people(sessions: sessionmaker[Session], emails: list[str]) -> list[str]:
    """Add each of them with add_user. Return the emails that were taken."""
    # TODO: session.begin_nested() is the notebook's transaction.savepoint()
    return []
