"""What step 07 does not notice: a commit that is forgotten, or comes too early."""

from steps.domain.entities import User
from steps.domain.schemas import NewUser
from steps.step_07_context_manager.services import UserService
from steps.workbook.experiments.step_07.accounts import ADA, unit_of_work_on, users_signed_up
from steps.workbook.fakes.in_memory import InMemoryUnitOfWork, PlainHasher
from steps.workbook.world.databases import new_engine


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


def a_write_after_the_commit_is_lost() -> list[str]:
    with new_engine() as engine:
        with unit_of_work_on(engine)() as transaction:
            transaction.users.add("ada@example.com", "-")
            transaction.commit()
            transaction.users.add("grace@example.com", "-")
        return users_signed_up(engine)
