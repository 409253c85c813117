"""What the experiments of step 07 share: whom they sign up, and how they see who is."""

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from steps.infrastructure.tables import UserRow
from steps.step_07_context_manager.repositories import AuditEventRepository, UserRepository
from steps.step_07_context_manager.sessions import UnitOfWork

ADA = {"email": "ada@example.com", "password": "correct horse"}

PATIENCE_S = 20
"""How long a thread waits for another one before the experiment fails, in seconds."""


def unit_of_work_on(engine: Engine) -> UnitOfWork:
    return UnitOfWork(sessionmaker(engine), UserRepository, AuditEventRepository)


def users_signed_up(engine: Engine) -> list[str]:
    """Return the first parts of their emails, in order of their ids."""
    with Session(engine) as session:
        emails = session.scalars(select(UserRow.email).order_by(UserRow.id))
        return [email.partition("@")[0] for email in emails]
