"""The commands: the same use cases, each in a process that opens, runs and closes."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError

from steps.domain.errors import AccountsError, ConfigurationError
from steps.domain.schemas import NewUser

from .config import Config
from .containers import open_user_service
from .services import UserService

Service = TypeVar("Service")
Result = TypeVar("Result")

REFUSED, WRONG = 1, 2

# What PostgreSQL's driver needs on Windows.
LOOP_FACTORY = asyncio.SelectorEventLoop if sys.platform == "win32" else None

HELP = "The command line. Without a command, the module serves the app."
cli = typer.Typer(help=HELP, add_completion=False, pretty_exceptions_enable=False)
users = typer.Typer(help="Users.")
cli.add_typer(users, name="users")


def run(
    open_service: Callable[[Config], AbstractAsyncContextManager[Service]],
    use_case: Callable[[Service], Coroutine[Any, Any, Result]],
) -> Result:
    async def open_run_and_close() -> Result:
        async with open_service(Config.from_env(aws=False)) as service:
            return await use_case(service)

    try:
        with asyncio.Runner(loop_factory=LOOP_FACTORY) as runner:
            return runner.run(open_run_and_close())
    except ConfigurationError as error:
        fail(WRONG, str(error))
    except AccountsError as error:
        fail(REFUSED, str(error))


def fail(exit_code: int, *lines: str) -> NoReturn:
    print(*lines, sep="\n", file=sys.stderr)
    raise typer.Exit(exit_code)


@users.command("create", help="Sign somebody up. The password is asked for, or read from stdin.")
def create_user(email: str) -> None:
    tty = sys.stdin.isatty()
    password = typer.prompt("Password", hide_input=True) if tty else sys.stdin.readline()
    try:
        new_user = NewUser.model_validate({"email": email, "password": password.rstrip("\r\n")})
    except ValidationError as bad:
        fail(WRONG, *(f"{p['loc'][0]}: {p['msg']}" for p in bad.errors()))
    user = run(open_user_service, lambda service: service.sign_up(new_user))
    print(user.id, user.email)


@users.command("list", help="Show everybody who has signed up.")
def list_users() -> None:
    everybody = run(open_user_service, UserService.list_users)
    for user in everybody:
        print(user.id, user.email)
    if not everybody:
        print("No users yet.", file=sys.stderr)
