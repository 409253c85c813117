"""Messages for a worker in another process, through Celery and a broker."""

import sys
import time
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import uuid4

from celery import Celery
from kombu.exceptions import KombuError
from kombu.transport import filesystem
from kombu.utils.json import dumps

from steps.domain.errors import ConfigurationError, TaskQueueUnavailable

LOST_WAIT_S = 1
"""How long the result of a killed process may still come, in seconds. Celery's own is 10 s."""

BROKERS = ("filesystem", "redis", "rediss", "amqp", "amqps")

CONNECT_TIMEOUT_S = 2
"""How long a broker may take to let a connection in, in seconds."""

ANSWER_TIMEOUT_S = 5
"""How long Redis may take to answer. It is asked for at most one second at a time, in seconds."""

POLLING_INTERVAL_S = 0.1
"""How often a worker looks for new files where a folder is the broker, in seconds."""

START_TIMEOUT_S = 30
"""How long a worker's process may take to open its container. Celery's own default is 4 s."""


def open_task_queue(broker_url: str) -> Celery:
    """Return a Celery app that sends tasks to a broker. Raises ConfigurationError.

    Nothing connects before it sends, and nothing stays open.
    """
    queue = Celery("accounts", set_as_current=False)
    queue.conf.update(celery_settings(broker_url))
    return queue


def send_task(queue: Celery, name: str, *arguments: int) -> None:
    """Send a message that asks a worker for a task. Raises TaskQueueUnavailable."""
    try:
        queue.send_task(name, arguments)
    except (KombuError, OSError) as error:
        raise TaskQueueUnavailable from error


def check_broker_url(broker_url: str) -> SplitResult:
    """Take a broker's URL apart. Connects to nothing. Raises ConfigurationError."""
    try:
        parts = urlsplit(broker_url)
        parts.port  # noqa: B018, reading it checks it
    except ValueError:
        raise ConfigurationError("CELERY_BROKER_URL: this is not a URL of a broker") from None
    if parts.scheme not in BROKERS:
        raise ConfigurationError(f"CELERY_BROKER_URL: use one of {', '.join(BROKERS)}")
    if parts.scheme == "filesystem" and (parts.netloc or not _folder(parts).is_absolute()):
        raise ConfigurationError("CELERY_BROKER_URL: a folder is written filesystem:///its/path")
    if parts.scheme == "filesystem" and ("#" in broker_url or "?" in broker_url):
        raise ConfigurationError("CELERY_BROKER_URL: in a path write %23 for # and %3F for ?")
    return parts


def celery_settings(broker_url: str) -> dict[str, Any]:
    """Return Celery's settings, the same for who sends tasks and who works on them.

    A message is acknowledged after its task, so that a worker that is killed does not take it
    along, and a worker takes no more than it works on. The folder of `filesystem:///its/path` is
    made if it is missing. Raises ConfigurationError.
    """
    parts = check_broker_url(broker_url)
    settings = {
        "task_default_queue": "accounts",
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_serializer": "json",
        "accept_content": ["json"],  # never pickle: who writes to the broker could run code here
        "task_ignore_result": True,
        "task_publish_retry": False,
        "broker_pool_limit": 0,  # each message has a connection of its own: none to close, or stale
        "broker_connection_timeout": CONNECT_TIMEOUT_S,
        "broker_connection_retry_on_startup": True,
        "worker_enable_remote_control": False,
        "worker_lost_wait": LOST_WAIT_S,
        "worker_proc_alive_timeout": START_TIMEOUT_S,
    }
    if parts.scheme == "filesystem":
        url = "filesystem://localhost"
        settings["broker_transport"] = f"{__name__}:FolderTransport"
        settings["broker_transport_options"] = _folder_options(_folder(parts))
    else:
        url = broker_url
        if parts.scheme.startswith("redis"):
            settings["broker_transport_options"] = {
                "socket_connect_timeout": CONNECT_TIMEOUT_S,
                "socket_timeout": ANSWER_TIMEOUT_S,
            }
    # Celery would let its own reading of CELERY_BROKER_URL win over `broker_url`.
    return settings | {"broker_read_url": url, "broker_write_url": url}


def _folder(parts: SplitResult) -> Path:
    path = unquote(parts.path)
    return Path(path[1:] if sys.platform == "win32" else path)  # a URL says /C:/folder


def _folder_options(folder: Path) -> dict[str, Any]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"CELERY_BROKER_URL: {reason}") from None
    return {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "polling_interval": POLLING_INTERVAL_S,
    }


class _FolderChannel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        """Let a message appear whole. kombu's own can be read while it is being written."""
        folder, name = Path(self.data_folder_out), uuid4()
        (folder / f"{name}.new").write_text(dumps(payload), "utf-8")
        (folder / f"{name}.new").replace(folder / f"{time.time_ns()}_{name}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """Find nothing in a folder that is gone: whoever served it has ended."""
        try:
            return super()._get(queue)  # type: ignore[no-untyped-call]
        except FileNotFoundError:
            raise Empty from None

    def _queue_bind(self, *_: object) -> None:
        """Keep no table of exchanges, which several processes would write at once.

        Nobody reads it: Celery puts a message for a queue into that queue itself.
        """


class FolderTransport(filesystem.Transport):
    """kombu's `filesystem` for several processes."""

    Channel = _FolderChannel
