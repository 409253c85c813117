"""Hand-wired routes of the same kind as each step's: what its wiring is compared with."""

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Path
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from steps.domain.entities import User
from steps.domain.errors import UserNotFound
from steps.domain.schemas import LARGEST_ID, Credentials, NewUser, UserOut
from steps.infrastructure.database import POOL_SIZE
from steps.infrastructure.tables import UserRow
from steps.web.errors import install_error_handlers
from steps.workbook.fakes.in_memory import InMemoryUsers

UserId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def in_memory(users: InMemoryUsers) -> FastAPI:
    """Return an app whose route looks the user up, and nothing else."""

    def get_user(user_id: UserId) -> User:
        return _found(users.get(user_id))

    return _app_with(get_user)


def in_memory_with_session(users: InMemoryUsers, engine: Engine) -> FastAPI:
    """Return one that gets a session as step 05's routes do, and makes no use of it."""

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session
            session.commit()

    function_scope = Depends(get_session, scope="function", max_concurrency=POOL_SIZE)

    def get_user(user_id: UserId, session: Annotated[Session, function_scope]) -> User:
        return _found(users.get(user_id))

    return _app_with(get_user)


def in_database(engine: Engine) -> FastAPI:
    """Return an app whose route opens its session itself."""

    def get_user(user_id: UserId) -> User:
        with Session(engine) as session:
            return _select(session, user_id)

    return _app_with(get_user)


def in_database_with_dependency(engine: Engine) -> FastAPI:
    """Return one that gets its session from a dependency, as in FastAPI's tutorial."""

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    def get_user(user_id: UserId, session: Annotated[Session, Depends(get_session)]) -> User:
        return _select(session, user_id)

    return _app_with(get_user)


def _app_with(get_user: Callable[..., User]) -> FastAPI:
    """Return an app like a step's: its handlers, an included router, the route in third place."""
    router = APIRouter()

    @router.post("/users", status_code=201, response_model=UserOut)
    def sign_up(new_user: NewUser) -> None: ...

    @router.post("/login", response_model=UserOut)
    def log_in(credentials: Credentials) -> None: ...

    router.get("/users/{user_id}", response_model=UserOut)(get_user)
    app = FastAPI()
    install_error_handlers(app)
    app.include_router(router)
    return app


def _select(session: Session, user_id: int) -> User:
    row = session.get(UserRow, user_id)
    return _found(row.to_entity() if row else None)


def _found(user: User | None) -> User:
    if user is None:
        raise UserNotFound
    return user
