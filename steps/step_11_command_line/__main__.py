"""Runs a command; without one, serves the app on loopback until a signal stops it."""

import logging
import signal
import sys

from steps.domain.errors import ConfigurationError

from . import infra
from .cli import cli
from .config import Config

GRACE_S = 3
"""How long requests may take to end after the signal, in seconds. Docker kills after ten."""

LOOP = "asyncio:SelectorEventLoop" if sys.platform == "win32" else "auto"
"""On Windows, PostgreSQL's driver can await nothing on the event loop that is usual there."""

WRONG_CONFIGURATION, STARTUP_FAILURE = 2, 3


def main() -> int:
    import uvicorn  # no command needs these, nor FastAPI behind them
    from uvicorn.server import HANDLED_SIGNALS

    from .main import create_app

    try:
        config = Config.from_env()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return WRONG_CONFIGURATION
    logging.basicConfig(format="%(levelname)s: %(message)s")
    logging.getLogger(infra.__name__).setLevel(logging.INFO)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(config),
            port=config.port,
            loop=LOOP,
            log_config=None,
            log_level="info",
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    # uvicorn's own, but early: it puts back what it found, and then raises the signal once more.
    for number in HANDLED_SIGNALS:
        signal.signal(number, server.handle_exit)
    server.run()
    for number in HANDLED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # Python itself restores all others as it ends
    return 0 if server.started else STARTUP_FAILURE


if __name__ == "__main__":
    sys.exit(cli() if sys.argv[1:] else main())
