"""The commands behind the Makefile: `python -m steps.workbook run 3`."""

import argparse
import logging
import socket
import sys
from contextlib import suppress

import uvicorn

from steps.workbook.catalogue import PROJECT, Step, UnknownStep, find_step
from steps.workbook.environment import embedded_environment
from steps.workbook.notebooks import normalise
from steps.workbook.serving import reserve_port, url_of
from steps.workbook.sources import compare

DEFAULT_PORT = 8000
STARTUP_FAILURE = 3
"""The exit code that uvicorn itself uses."""
SHOWN = ("S3_ENDPOINT_URL", "API_KEY")


def main() -> int:
    """Run one command. Returns the exit code: 2 for a step that does not exist."""
    parser = argparse.ArgumentParser(prog="python -m steps.workbook")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="serve a step with its embedded SQLite and S3")
    run.add_argument("step", nargs="?", default="")
    run.add_argument("--port", type=int, default=DEFAULT_PORT)
    diff = commands.add_parser("diff", help="show what a step changes")
    diff.add_argument("step", nargs="?", default="")
    commands.add_parser("normalise", help="drop what changes in notebooks from run to run")
    arguments = parser.parse_args()
    try:
        if arguments.command == "run":
            return _run(find_step(arguments.step), arguments.port)
        if arguments.command == "diff":
            return _print_diff(find_step(arguments.step))
    except UnknownStep as error:
        print(error, file=sys.stderr)
        return 2
    for path in sorted((PROJECT / "notebooks").glob("*.ipynb")):
        normalise(path)
    return 0


def _run(step: Step, port: int) -> int:
    with embedded_environment(respect_existing=True) as added, _reserve(port) as reserved:
        config = uvicorn.Config(step.target, log_level="info")
        log = logging.getLogger("uvicorn.error")
        log.setLevel(logging.WARNING)
        # The reason why the app did not start is logged just before; one line is enough.
        log.addFilter(lambda record: "startup failed" not in record.getMessage())
        server = _Server(config, [f"Step {step.number:02} is at {url_of(reserved)}/docs"])
        server.announcement += [f"{name}: {added.get(name, 'your own')}" for name in SHOWN]
        with suppress(KeyboardInterrupt):
            server.run(sockets=[reserved])
    return 0 if server.started else STARTUP_FAILURE


class _Server(uvicorn.Server):
    """Says where it is once it can be reached."""

    def __init__(self, config: uvicorn.Config, announcement: list[str]) -> None:
        super().__init__(config)
        self.announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(*self.announcement, "Ctrl-C closes everything.", sep="\n", flush=True)


def _reserve(port: int) -> socket.socket:
    try:
        return reserve_port(port)
    except OSError:
        return reserve_port()


def _print_diff(step: Step) -> int:
    if step.number == 1:
        print("Step 1 is where it starts: there is nothing before it to compare with.")
    else:
        print(compare(find_step(step.number - 1), step))
    return 0


if __name__ == "__main__":
    sys.exit(main())
