"""The commands behind the Makefile: `python -m steps.workbook run 3`."""

import argparse
import sys

from steps.domain.errors import ConfigurationError
from steps.workbook.catalogue import PROJECT, Step, UnknownStep, find_step
from steps.workbook.exercising.exercises import UnknownExercise
from steps.workbook.reading.sources import compare

DEFAULT_PORT = 8000
DEFAULT_ROUNDS = 120
EXERCISE_COMMANDS = {
    "exercise": "check the current exercise of a step",
    "hint": "show the next hint for it",
    "watch": "check it at every save",
    "solution": "show why the solution works, once all tasks pass",
    "reset": "put a step's exercises back to their start, after asking",
}
CTRL_C = 130
"""The exit code of a command that Ctrl-C ended, as shells give it."""


def main() -> int:
    """Run one command. Returns the exit code: 2 for a step or a setting that is wrong."""
    arguments = _parse()
    try:
        match arguments.command:
            case "run":
                step = find_step(arguments.step)
                from steps.workbook.running.serve_step import (
                    run,  # each command imports only what it needs
                )

                return run(step, arguments.port)
            case "diff":
                return _print_diff(find_step(arguments.step))
            case "bench":
                from steps.workbook.measuring.bench import bench

                return bench(arguments.rounds)
            case "exercise" | "hint" | "watch" | "solution" | "reset":
                from steps.workbook.exercising import commands

                return int(getattr(commands, arguments.command)(arguments.step))
            case "progress":
                from steps.workbook.exercising.commands import progress

                return progress()
            case "speed":
                from steps.workbook.exercising.speed import speed

                return speed()
            case "guide":
                from steps.workbook.exercising import guide

                return guide.write()
            case "scaling":
                from steps.workbook.measuring.scaling import scaling

                return scaling()
            case "command":
                from steps.workbook.running.companions import command

                return command(arguments.arguments or ["--help"])
            case "export":
                from steps.workbook.running.companions import print_export

                return print_export(arguments.id)
            case "worker":
                from steps.workbook.running.companions import work

                return work()
            case "tables":
                return _create_tables()
            case _:
                from steps.workbook.reading.notebooks import execute

                return execute(sorted((PROJECT / "notebooks").glob("*.ipynb")))
    except (UnknownStep, UnknownExercise, ConfigurationError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return CTRL_C


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m steps.workbook")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="serve a step with its own SQLite file and S3")
    run.add_argument("step", nargs="?", default="")
    run.add_argument("--port", type=_port, default=DEFAULT_PORT)
    diff = commands.add_parser("diff", help="show what a step changes")
    diff.add_argument("step", nargs="?", default="")
    bench = commands.add_parser("bench", help="compare what one request costs in each step")
    bench.add_argument("--rounds", type=_rounds, default=DEFAULT_ROUNDS)
    for name, text in EXERCISE_COMMANDS.items():
        commands.add_parser(name, help=text).add_argument("step", nargs="?", default="")
    commands.add_parser("progress", help="show which exercises are done")
    commands.add_parser("speed", help="measure how long a learner waits for a result")
    commands.add_parser("guide", help="write the workshop leader's guide anew")
    commands.add_parser("scaling", help="compare one process with four on PostgreSQL")
    command = commands.add_parser("command", help="run a command of the step 12 that `run` serves")
    command.add_argument("arguments", nargs=argparse.REMAINDER, metavar="users list")
    export = commands.add_parser("export", help="print a file that its worker has written")
    export.add_argument("id", type=int)
    commands.add_parser("worker", help="write the exports of the step 12 that `run` serves")
    commands.add_parser("tables", help="create the tables in the database of DATABASE_URL")
    commands.add_parser("notebooks", help="execute the notebooks anew and keep their outputs")
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: use 1 to 65535")
    return int(text)


def _rounds(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rounds: use 2 or more")
    return int(text)


def _print_diff(step: Step) -> int:
    if step.number == 1:
        print("Step 1 is where it starts: there is nothing before it to compare with.")
    else:
        print(compare(find_step(step.number - 1), step))
    return 0


def _create_tables() -> int:
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


if __name__ == "__main__":
    sys.exit(main())
