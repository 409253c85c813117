"""The commands about exports, and the worker that writes them."""

from typing import Annotated

import typer

from steps.domain.entities import Export
from steps.domain.errors import ConfigurationError

from .cli import WRONG, fail, run
from .cli import cli as cli
from .config import Config
from .containers import open_export_service
from .export_service import ExportService

exports = typer.Typer(help="Files with all users.")
cli.add_typer(exports, name="exports")


@exports.command("create", help="Ask a worker for a file with all users.")
def create_export() -> None:
    show(run(open_export_service, ExportService.request))


@exports.command("show", help="Tell whether an export is done.")
def show_export(export_id: Annotated[int, typer.Argument(min=1)]) -> None:
    show(run(open_export_service, lambda service: service.get(export_id)))


def show(export: Export) -> None:
    print(export.id, export.state)


@cli.command()
def worker(processes: Annotated[int, typer.Option(min=1)] = 2) -> None:
    """Write exports until Ctrl-C, in several processes."""
    try:
        Config.from_env()
    except ConfigurationError as error:
        fail(WRONG, str(error))
    from .worker import work

    work(processes)
