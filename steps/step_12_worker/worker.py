"""The worker: each of its processes opens a container of its own, after the fork."""

import logging
import os
import sys
from contextlib import ExitStack
from typing import Any

from celery import Celery, signals

from steps.domain.errors import AccountsError, ConfigurationError
from steps.infrastructure.exports import WRITE_EXPORT
from steps.infrastructure.task_queue import celery_settings

from .config import Config
from .process import Process, open_process

WRITE_UNCLAIMED = "exports.write_unclaimed"

celery = Celery("accounts", include=[__name__], set_as_current=False)
celery.add_defaults(
    lambda: celery_settings(Config.from_env(aws=False).celery_broker_url.get_secret_value())
)

logger = logging.getLogger(__name__)
closing = ExitStack()
opened: list[Process] = []


@celery.task(name=WRITE_EXPORT, throws=(AccountsError,))  # type: ignore[untyped-decorator]
def write_export(export_id: int) -> None:
    (process,) = opened
    process.run(process.writer.write(export_id))


@celery.task(name=WRITE_UNCLAIMED, throws=(AccountsError,))  # type: ignore[untyped-decorator]
def write_unclaimed() -> None:
    (process,) = opened
    process.run(process.writer.write_unclaimed())


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def open_in_child(**_: object) -> None:
    try:
        opened.append(closing.enter_context(open_process(Config.from_env())))
    except ConfigurationError as error:
        sys.exit(str(error))  # the pool starts another process, until one succeeds
    logger.info("Process %d has opened its container", os.getpid())


@signals.worker_process_shutdown.connect  # type: ignore[untyped-decorator]
@signals.worker_shutdown.connect  # type: ignore[untyped-decorator]
def close_in_child(**_: object) -> None:
    opened.clear()
    closing.close()


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def look_for_unclaimed(sender: Any, **_: object) -> None:
    """Find what a killed worker left, or whose message was lost: now and after every lease."""
    lease_s = Config.from_env(aws=False).export_lease_s
    write_unclaimed.apply_async(expires=lease_s)
    sender.timer.call_repeatedly(lease_s, write_unclaimed.apply_async, kwargs={"expires": lease_s})


def work(processes: int) -> None:
    """Run a worker until a signal stops it."""
    for chatty in ("botocore", "sqlalchemy", "steps.infrastructure"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    pool = "solo" if sys.platform == "win32" else "prefork"
    options = ["--pool", pool, "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    celery.worker_main(["worker", "--concurrency", str(processes), *options])
