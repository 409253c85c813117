"""What step 07 does not notice: a commit that is forgotten, or comes too early."""

from dependency_injector.providers import Factory
from fastapi.testclient import TestClient

from steps.domain.entities import User
from steps.domain.schemas import NewUser
from steps.step_07_context_manager.container import Container
from steps.step_07_context_manager.main import create_app
from steps.step_07_context_manager.services import UserService
from steps.workbook.experiments.step_07.accounts import ADA, unit_of_work_on, users_signed_up
from steps.workbook.fakes.in_memory import InMemoryUnitOfWork, PlainHasher
from steps.workbook.world.databases import new_engine
from steps.workbook.world.environment import new_database


class ForgetfulService(UserService):
    """A sign-up whose author forgot the commit."""

    def sign_up(self, new_user: NewUser) -> User:
        with self._unit_of_work() as transaction:
            return transaction.users.add(new_user.email, "-")


def users_kept_in_memory(service: type[UserService]) -> int:
    """Sign somebody up without a database and without FastAPI."""
    unit_of_work = InMemoryUnitOfWork()
    service(unit_of_work, PlainHasher()).sign_up(NewUser.model_validate(ADA))
    return len(unit_of_work.users)


def a_forgotten_commit_answers_201_and_keeps_nothing() -> dict[str, int]:
    app = create_app()
    with new_database(), TestClient(app) as client:
        container: Container = app.state.container
        forgetful = Factory(ForgetfulService, container.unit_of_work, container.password_hasher)
        with container.user_service.override(forgetful):
            status = client.post("/users", json=ADA).status_code
        return {"POST /users": status, "GET /users/1": client.get("/users/1").status_code}


def a_write_after_the_commit_is_lost() -> list[str]:
    with new_engine() as engine:
        with unit_of_work_on(engine)() as transaction:
            transaction.users.add("ada@example.com", "-")
            transaction.commit()
            transaction.users.add("grace@example.com", "-")
        return users_signed_up(engine)
