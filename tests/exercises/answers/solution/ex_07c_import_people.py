"""A savepoint is a mark inside the transaction: EmailTaken leaves its block, so only what
came after the mark is undone, and the `except` around it goes on with the next person.
Any other error leaves the outer block before the one commit, and takes everybody with it.
Whether an email is taken is known from the write itself, never from a look before it.
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
    taken = []
    with sessions() as session:
        for email in emails:
            try:
                with session.begin_nested():
                    add_user(session, email)
            except EmailTaken:
                taken.append(email)
        session.commit()
    return taken
