"""What a command may meet where it runs: signals, a reader who has gone, few letters."""

import codecs
import errno
import select
import signal
import sys
from collections.abc import Callable
from io import TextIOWrapper
from types import FrameType

Handler = Callable[[int, FrameType | None], object]

if sys.platform == "win32":
    STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
    NOBODY_READS = (errno.EPIPE, errno.EINVAL)
else:
    STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    NOBODY_READS = (errno.EPIPE,)
"""How a write fails when whoever read the output has gone."""

PLAIN = {ord(letter): plain for letter, plain in zip("·✓✗│…µ", "-+x|~u", strict=True)}
"""What stands for a letter that the terminal cannot show. For others it is a question mark."""


def handle_signals(handler: Handler) -> None:
    """Let a handler be called for Ctrl-C, for SIGTERM, and when the terminal is closed.

    A signal that is ignored stays so: `nohup` and a shell's `&` begin with that.
    """
    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def stop_at_signals() -> None:
    """Let every signal that stops a process raise KeyboardInterrupt: once, then it is closing."""

    def stop(number: int, _: FrameType | None) -> None:
        handle_signals(lambda *_: None)  # however often, what is open is closed to the end
        raise KeyboardInterrupt(number)

    handle_signals(stop)


def nobody_reads() -> bool:
    """Tell whether who read our output has gone, as in `make run | head -1`.

    On Windows a pipe does not tell before something is written to it.
    """
    if sys.platform == "win32":
        return False
    output = select.poll()
    output.register(1, select.POLLOUT)  # some systems tell nothing to who asks for nothing
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in output.poll(0))


def is_for_want_of_a_reader(error: BaseException | None) -> bool:
    """Tell whether this was raised because who read our output has gone. rich raises SystemExit."""
    if isinstance(error, SystemExit):  # rich has put another output in the place of ours
        return isinstance(error.__context__, BrokenPipeError)
    of_a_pipe = isinstance(error, OSError) and error.errno in NOBODY_READS
    return of_a_pipe and (sys.platform == "win32" or nobody_reads())  # or it is another pipe


def show_what_can_be_shown() -> None:
    """Print plain letters in place of those that the terminal does not have."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(PLAIN.get(ord(letter), "?") for letter in letters), error.end
