"""What the parameters of a function receive: in endpoints and providers, and elsewhere."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.testclient import TestClient
from starlette.background import BackgroundTask

from steps.workbook.experiments.step_01.one_endpoint import client_with


class UserRepository:
    def get_by_email(self, email: str) -> str:
        return f"the user with the email {email}"


class BucketRepository: ...


class AuditEventRepository: ...


@dataclass
class Repositories:
    users: Annotated[UserRepository, Depends()]
    buckets: Annotated[BucketRepository, Depends()]


@dataclass
class MoreRepositories(Repositories):
    audit_events: Annotated[AuditEventRepository, Depends()]


def one_aggregate_dependency() -> dict[str, list[str]]:
    """Return what two endpoints find in their only parameter, before and after one field more."""
    found: dict[str, list[str]] = {}
    for aggregate in (Repositories, MoreRepositories):
        app = FastAPI()

        @app.get("/users")
        @app.get("/buckets")
        def endpoint(repositories: Annotated[Any, Depends(aggregate)]) -> list[str]:
            return list(vars(repositories))

        for path in ("/users", "/buckets"):
            found[f"{path}, {aggregate.__name__}"] = TestClient(app).get(path).json()
    return found


class UserService:
    def __init__(self, users: UserRepository = Depends(UserRepository)) -> None:  # noqa: B008
        self.users = users

    def find(self, email: str) -> str:
        return self.users.get_by_email(email)


def constructor_default_outside_fastapi() -> dict[str, str]:
    def endpoint(service: Annotated[UserService, Depends()]) -> str:
        return service.find("ada@example.com")

    service = UserService()
    outcome = {
        "inside FastAPI": client_with(endpoint).get("/").json(),
        "outside, service.users": f"a {type(service.users).__name__} object",
    }
    try:
        outcome["outside, service.find"] = service.find("ada@example.com")
    except AttributeError as error:
        outcome["outside, service.find"] = f"AttributeError: {error}"
    return outcome


def get_user() -> str:
    return "Ada"


@asynccontextmanager
async def lifespan(app: FastAPI, user: str = Depends(get_user)) -> AsyncIterator[None]:
    app.state.received = {"lifespan": user}
    yield


async def middleware(
    request: Request,
    call_next: Callable[[Request], Awaitable[Response]],
    user: str = Depends(get_user),
) -> Response:
    request.app.state.received["middleware"] = user
    return await call_next(request)


async def handler(request: Request, error: Exception, user: str = Depends(get_user)) -> Response:
    received = request.app.state.received
    received["exception handler"] = user
    return Response(status_code=404, background=BackgroundTask(task, received))


def task(received: dict[str, str], user: str = Depends(get_user)) -> None:
    received["background task"] = user


def marker_is_only_a_default_value() -> dict[str, str]:
    """Ask for a page that does not exist; return what came as `user` in each place."""
    app = FastAPI(lifespan=lifespan, exception_handlers={404: handler})
    app.middleware("http")(middleware)
    with TestClient(app) as client:
        client.get("/nowhere")
    return {
        place: f"a {type(user).__name__} object, {'truthy' if user else 'falsy'}"
        for place, user in app.state.received.items()
    }


def is_admin() -> bool:
    return False


def delete_with_default(admin: bool = Depends(is_admin)) -> str:
    return "deleted" if admin else "refused"


def delete_with_annotated(admin: Annotated[bool, Depends(is_admin)]) -> str:
    return "deleted" if admin else "refused"


def annotated_versus_default_called_directly() -> dict[str, str]:
    outcome = {
        "default, through FastAPI": client_with(delete_with_default).get("/").json(),
        "Annotated, through FastAPI": client_with(delete_with_annotated).get("/").json(),
        "default, called directly": delete_with_default(),
    }
    try:
        delete_with_annotated()  # type: ignore[call-arg]
    except TypeError as error:
        outcome["Annotated, called directly"] = f"TypeError: {error}"
    return outcome


def check_auth_header(auth: Annotated[str, Header()]) -> None:
    if auth != "let me in":
        raise HTTPException(401)


def auth_header_parameter() -> dict[str, int]:
    def endpoint(_: Annotated[None, Depends(check_auth_header)]) -> None: ...

    client = client_with(endpoint)
    requests: dict[str, dict[str, str]] = {
        "no header": {},
        "Authorization: let me in": {"Authorization": "let me in"},
        "auth: something else": {"auth": "something else"},
        "auth: let me in": {"auth": "let me in"},
    }
    return {name: client.get("/", headers=sent).status_code for name, sent in requests.items()}
