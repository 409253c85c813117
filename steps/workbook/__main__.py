"""The commands behind the Makefile: `python -m steps.workbook run 3`."""

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, ParamSpec

import typer

from steps.domain.errors import ConfigurationError
from steps.workbook.catalogue import PROJECT, UnknownStep, find_step
from steps.workbook.exercising.exercises import UnknownExercise
from steps.workbook.making.writing import CannotMake
from steps.workbook.world.terminal import (
    is_for_want_of_a_reader,
    show_what_can_be_shown,
    stop_at_signals,
)

# Each command imports what it needs itself: a hint waits neither for FastAPI nor for SQLAlchemy.

WRONG = 2
"""The exit code for a step, an exercise or a setting that is wrong, as for a wrong option."""

P = ParamSpec("P")

StepArgument = Annotated[
    str, typer.Argument(metavar="STEP", help="Its number, such as 3.", show_default=False)
]
ExerciseArgument = Annotated[
    str,
    typer.Argument(
        metavar="STEP", help="A step, such as 3, or one exercise, such as 3b.", show_default=False
    ),
]

cli = typer.Typer(
    help="The commands behind the Makefile.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def exits(command: Callable[P, int]) -> Callable[P, None]:
    """Let a command end with the exit code that it returns, or that goes with what it raises."""

    @wraps(command)
    def run_and_exit(*arguments: P.args, **options: P.kwargs) -> None:
        show_what_can_be_shown()
        stop_at_signals()
        try:
            exit_code = command(*arguments, **options)
            sys.stdout.flush()
        except (UnknownStep, UnknownExercise, CannotMake, ConfigurationError) as error:
            print(error, file=sys.stderr)
            exit_code = WRONG
        except KeyboardInterrupt as stopped:
            print("Stopped.", file=sys.stderr)
            exit_code = 128 + (*stopped.args, signal.SIGINT)[0]  # as shells give it
        except (OSError, SystemExit) as error:
            if not is_for_want_of_a_reader(error):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            exit_code = 0  # who reads no further, as in `make diff | head -1`, has seen enough
        raise typer.Exit(exit_code)

    return run_and_exit


@cli.command()
@exits
def run(
    step: StepArgument = "",
    port: Annotated[int, typer.Option(min=1, max=2**16 - 1)] = 8000,
    with_: Annotated[str, typer.Option("--with", help="Another step to see beside it.")] = "",
    beside: Annotated[bool, typer.Option("--beside", hidden=True)] = False,
) -> int:
    """Serve a step with its own SQLite file and S3."""
    found, other = find_step(step), find_step(with_) if with_ else None
    from steps.workbook.running.serve_step import serve_step

    return serve_step(found, 0 if beside else port, other, ends_with_input=beside)


@cli.command()
@exits
def diff(
    step: StepArgument = "",
    every: Annotated[bool, typer.Option("--all", help="With what only changes imports.")] = False,
) -> int:
    """Show what a step changes."""
    from steps.workbook.reading.printing import print_diff
    from steps.workbook.reading.sources import changes_of

    found = find_step(step)
    changes = changes_of(found, imports=every)
    if changes is None:
        print(
            f"Step {found.number} is where it starts: there is nothing before it to compare with."
        )
    elif not changes.lines:
        print("Nothing has changed yet.")
    else:
        print_diff(changes, f"make diff STEP={found.number} ALL=1")
    return 0


@cli.command()
@exits
def bench(rounds: Annotated[int, typer.Option(min=2)] = 120) -> int:
    """Compare what one request costs in each step."""
    from steps.workbook.measuring.bench import bench

    return bench(rounds)


@cli.command()
@exits
def exercise(step: ExerciseArgument = "") -> int:
    """Check the current exercise of a step."""
    from steps.workbook.exercising import commands

    return commands.exercise(step)


@cli.command()
@exits
def hint(step: ExerciseArgument = "") -> int:
    """Show the next hint for the current exercise."""
    from steps.workbook.exercising import commands

    return commands.hint(step)


@cli.command()
@exits
def watch(step: ExerciseArgument = "") -> int:
    """Check the current exercise at every save."""
    from steps.workbook.exercising import commands

    return commands.watch(step)


@cli.command()
@exits
def solution(step: ExerciseArgument = "") -> int:
    """Show why the solution works, once all tasks pass."""
    from steps.workbook.exercising import commands

    return commands.solution(step)


@cli.command()
@exits
def reset(step: ExerciseArgument = "") -> int:
    """Put a step's exercises back to their start, after asking."""
    from steps.workbook.exercising import commands

    return commands.reset(step)


@cli.command()
@exits
def progress() -> int:
    """Show which exercises are done."""
    from steps.workbook.exercising import commands

    return commands.progress()


@cli.command()
@exits
def speed() -> int:
    """Measure how long a learner waits for a result."""
    from steps.workbook.exercising.speed import speed

    return speed()


@cli.command()
@exits
def guide() -> int:
    """Write the workshop leader's guide anew."""
    from steps.workbook.exercising import guide

    return guide.write()


@cli.command()
@exits
def scaling() -> int:
    """Compare one process with four on PostgreSQL."""
    from steps.workbook.measuring.scaling import scaling

    return scaling()


@cli.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
@exits
def lab(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(help="For JupyterLab, such as --no-browser.", show_default=False),
    ] = None,
) -> int:
    """Open the notebooks in JupyterLab."""
    from steps.workbook.running.lab import open_lab

    return open_lab(arguments or [])


@cli.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
@exits
def command(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="Such as: users list.", show_default=False),
    ] = None,
) -> int:
    """Run a command of the step that `run` serves."""
    from steps.workbook.running import companions

    return companions.command(arguments or ["--help"])


@cli.command()
@exits
def export(number: Annotated[int, typer.Argument(metavar="ID", show_default=False)]) -> int:
    """Print a file that its worker has written."""
    from steps.workbook.running import companions

    return companions.print_export(number)


@cli.command()
@exits
def worker() -> int:
    """Write the exports of the step that `run` serves."""
    from steps.workbook.running import companions

    return companions.work()


@cli.command()
@exits
def tables() -> int:
    """Create the tables in the database of DATABASE_URL."""
    from steps.domain.settings import load_settings
    from steps.infrastructure.database import check_database, create_tables, open_engine

    engine = open_engine(load_settings())
    try:
        check_database(engine)
        create_tables(engine)
        print(f"The tables are in {engine.url.render_as_string(hide_password=True)}")
    finally:
        engine.dispose()
    return 0


@cli.command()
@exits
def new_step(
    after: Annotated[str, typer.Argument(metavar="AFTER", show_default=False)] = "",
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)] = "",
) -> int:
    """Copy step AFTER to the next number, and name what is to be written."""
    from steps.workbook.making import new_step as made

    return made.new_step(after, name)


@cli.command()
@exits
def new_exercise(
    step: Annotated[str, typer.Argument(metavar="STEP", show_default=False)] = "",
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)] = "",
) -> int:
    """Add an exercise to a step, in its form, and name what is to be written."""
    from steps.workbook.making import new_exercise as made

    return made.new_exercise(step, name)


@cli.command()
@exits
def table() -> int:
    """Write README's table of the steps anew."""
    from steps.workbook.making.table import write_table

    return write_table()


@cli.command()
@exits
def signposts() -> int:
    """Write the links between the notebooks and to their exercises anew."""
    from steps.workbook.making.signposts import put_up

    put_up()
    return 0


@cli.command()
@exits
def register() -> int:
    """Write the register of what is often said anew, from the tests."""
    from steps.workbook.making.register import write_register

    return write_register()


@cli.command()
@exits
def history() -> int:
    """Find out what each release of FastAPI does, and write it down."""
    from steps.workbook.making.history import write_history

    return write_history()


@cli.command()
@exits
def notebooks() -> int:
    """Execute the notebooks anew and keep their outputs."""
    from steps.workbook.reading.notebooks import execute

    return execute(sorted((PROJECT / "notebooks").glob("*.ipynb")))


if __name__ == "__main__":
    cli(prog_name="python -m steps.workbook")
