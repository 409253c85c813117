"""What only FastAPI puts together in step 03."""

from collections.abc import Callable

from pydantic import Secret
from sqlalchemy.orm import Session

from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.infrastructure.passwords import PasswordHasher
from steps.step_03_lifespan_singleton.core import open_core
from steps.step_03_lifespan_singleton.repositories import AuditEventRepository, UserRepository
from steps.step_03_lifespan_singleton.services import UserService
from steps.workbook.world.environment import new_database


def user_service_without_arguments() -> str:
    build: Callable[..., UserService] = UserService
    try:
        build()
    except TypeError as error:
        return f"TypeError: {error}"
    return "no error"


def user_service_wired_by_hand() -> str:
    ada = NewUser(email="ada@example.com", password=Secret("correct horse"))
    with new_database(), open_core(load_settings()) as core, Session(core.engine) as session:
        users = UserRepository(session)
        audit_events = AuditEventRepository(session)
        service = UserService(users, audit_events, PasswordHasher())
        user = service.sign_up(ada)
        session.commit()
    return f"{user.email} is signed up"
