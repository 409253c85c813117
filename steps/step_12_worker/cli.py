"""The command line. Without a command, the module serves the app."""

from typing import Annotated

import typer

from steps.domain.errors import ConfigurationError

from .commands import WRONG, exports, fail, users
from .config import Config

cli = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)
cli.add_typer(users, name="users")
cli.add_typer(exports, name="exports")


@cli.command()
def worker(processes: Annotated[int, typer.Option(min=1)] = 2) -> None:
    """Write exports until Ctrl-C, in several processes."""
    try:
        Config.from_env()
    except ConfigurationError as error:
        fail(WRONG, str(error))
    from .worker import work

    work(processes)
