"""The commands: the same use cases, each in a process of its own that opens the container."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from steps.domain.entities import Export
from steps.domain.errors import AccountsError, ConfigurationError
from steps.domain.schemas import NewUser

from .config import Config
from .process import Process, open_process

REFUSED, WRONG = 1, 2
users, exports = typer.Typer(help="Users."), typer.Typer(help="Files with all users.")


@contextmanager
def opened() -> Iterator[Process]:
    try:
        with open_process(Config.from_env()) as process:
            yield process
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
    with opened() as process:
        user = process.run(process.app.user_service.sign_up(new_user))
        print(user.id, user.email)


@users.command("list", help="Show everybody who has signed up.")
def list_users() -> None:
    with opened() as process:
        for user in process.run(process.app.user_service.list_users()):
            print(user.id, user.email)


@exports.command("create", help="Ask a worker for a file with all users.")
def create_export() -> None:
    with opened() as process:
        show(process.run(process.app.export_service.request()))


@exports.command("show", help="Tell whether an export is done.")
def show_export(export_id: Annotated[int, typer.Argument(min=1)]) -> None:
    with opened() as process:
        show(process.run(process.app.export_service.get(export_id)))


def show(export: Export) -> None:
    print(export.id, export.state)
