"""Set up .venv. The Makefile runs this file with a bare Python, before anything is installed.

What counts is pip's configuration, for pip and for uv: an index, a certificate, constraints. uv
installs everything in a fifth of pip's time but reads no pip.conf, so it is told what pip found
there. Where that holds an option without a counterpart, or uv fails, pip installs.
"""

import ast
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

READY = Path(".venv", "ready")
BIN = Path(".venv", "Scripts" if os.name == "nt" else "bin").absolute()
PIP = (str(BIN / "python"), "-m", "pip")

DROPPED = {
    *("user", "target", "prefix", "root", "python", "require-virtualenv"),
    *("no-deps", "dry-run", "quiet", "verbose", "config-file"),
}
"""Options that would install elsewhere, or not everything, or say too little or much."""

INDEXES = {"index-url": "UV_INDEX_URL", "extra-index-url": "UV_EXTRA_INDEX_URL"}
"""Options that uv takes from the environment, several words as one text."""

FLAGS = ("find-links", "constraint", "trusted-host")
"""Options that uv has, too, with the same meaning."""

VARIABLES = {
    "cert": ("SSL_CERT_FILE",),
    "client-cert": ("SSL_CLIENT_CERT",),
    "proxy": ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"),
}
"""Options that uv takes from the environment."""

OF_PIP_ALONE = {
    *("disable-pip-version-check", "no-python-version-warning", "no-warn-script-location"),
    *("break-system-packages", "root-user-action", "no-input", "no-color", "progress-bar"),
    *("timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir", "log"),
    *("compile", "no-compile", "prefer-binary"),
}
"""Options that change nothing in what is installed, or from where."""


def environment(outer: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those of Python, pip and uv. Loopback needs no proxy."""
    kept = {
        name: value
        for name, value in outer.items()
        if name == "UV_CACHE_DIR" or not name.startswith(("PYTHON", "PIP_", "UV_", "VIRTUAL_ENV"))
    }
    direct = kept.get("no_proxy") or kept.get("NO_PROXY") or ""
    # Without a proxy in the environment, NO_PROXY would hide those that Windows and macOS know.
    if any(name.lower().endswith("_proxy") for name in kept) and direct != "*":
        direct = ",".join([*filter(None, [direct]), "localhost", "127.0.0.1", "::1"])
        kept.update(no_proxy=direct, NO_PROXY=direct)
    return kept


def read_settings(listed: str) -> dict[str, str]:
    """Return the options of `pip install` in what `pip config list` prints, without DROPPED."""
    found: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):  # the later one counts
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                found[name.removeprefix(section)] = ast.literal_eval(value)
    return {name: value for name, value in found.items() if value and name not in DROPPED}


def settings_of(pip: Sequence[str], outer: Mapping[str, str]) -> dict[str, str]:
    """Ask pip for the options that its configuration gives to `pip install`."""
    configured = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    # With any of these, pip would list less, or more, or for another Python.
    configured |= dict.fromkeys(("PIP_USER", "PIP_QUIET", "PIP_VERBOSE"), "0")
    configured |= {"PIP_PYTHON": "", "PYTHONIOENCODING": "utf-8"}
    listed = _run([*pip, "config", "list"], {**outer, **configured}, stdout=subprocess.PIPE)
    return read_settings(listed)


def for_pip(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that give pip these settings, and no others."""
    named = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in settings.items()}
    return {**named, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def for_uv(settings: Mapping[str, str]) -> tuple[list[str], dict[str, str]] | None:
    """Return the arguments and variables that give uv these settings, or None if nothing does."""
    # pip takes the best version that any index has.
    arguments = ["--no-config", "--index-strategy", "unsafe-best-match"]
    variables: dict[str, str] = {}
    for name, value in settings.items():
        if name in INDEXES:  # not as arguments: they may hold a password, and all can read those
            variables[INDEXES[name]] = value
        elif name in FLAGS:
            for word in value.split():
                arguments += [f"--{name}", os.path.expanduser(word)]
        elif name == "no-index":
            if value.lower() not in ("0", "n", "no", "f", "false", "off"):
                arguments.append("--no-index")
        elif name in VARIABLES:
            variables |= dict.fromkeys(VARIABLES[name], os.path.expanduser(value))
        elif name not in OF_PIP_ALONE:
            return None
    if "proxy" in settings:  # pip then goes by no proxy of the environment
        variables |= dict.fromkeys(("NO_PROXY", "no_proxy"), "")
    return arguments, variables


def install() -> None:
    """Make .venv and install everything into it."""
    outer = environment(os.environ)
    _run([sys.executable, "-m", "venv", "--clear", ".venv"], outer)
    settings = settings_of(PIP, outer)
    pip_install = [*PIP, "install", "--quiet"]
    of_pip = outer | for_pip(settings)
    (uv_pinned,) = re.findall(r"^uv==\S+", Path("constraints.txt").read_text("utf-8"), re.MULTILINE)
    _run([*pip_install, uv_pinned], of_pip)
    if given := for_uv(settings):
        arguments, variables = given
        python = str(BIN / "python")
        uv = [python, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode"]
        uv += ["--python", python, "--requirement", "requirements.txt", *arguments]
        with suppress(subprocess.CalledProcessError):
            _run(uv, outer | variables, stderr=subprocess.DEVNULL)
            return
        print("uv could not install. pip tries, which takes a minute more.", flush=True)
    else:
        print("uv has no counterpart to a setting of pip: pip installs, a minute more.", flush=True)
    _run([*pip_install, "--requirement", "requirements.txt"], of_pip)


@contextmanager
def alone() -> Iterator[bool]:
    """Wait until no other process sets up this folder, and tell whether one did.

    SQLite's lock ends with its process, on every platform.
    """
    lock = sqlite3.connect(".set-up", timeout=0, isolation_level=None)
    waited = False
    while True:
        try:
            lock.execute("BEGIN EXCLUSIVE")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        if not waited:
            print("Another make is setting up .venv: waiting for it.", flush=True)
        waited = True
        time.sleep(0.1)  # SQLite tells nobody when a lock ends
    try:
        yield waited
    finally:
        lock.close()


def make_ready() -> None:
    """Set up .venv, or end with a line that says what to do."""
    if sys.hexversion < 0x030B0000:
        sys.exit("The workbook needs Python 3.11 or newer.")
    wanted = f"{sys.argv[1] if len(sys.argv) > 1 else 'python3'} in {Path.cwd()}\n"
    try:
        # Debian has Pythons without them.
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit("This Python has no venv: install python3-venv, or name another with PYTHON=.")
    try:
        with alone() as waited:
            if waited and READY.exists() and READY.read_text("utf-8") == wanted:
                return
            READY.unlink(missing_ok=True)
            print("Setting up .venv: half a minute, or more on a slow network.", flush=True)
            install()
            READY.write_text(wanted, "utf-8")
    except (OSError, sqlite3.OperationalError) as error:
        sys.exit(f"Set-up failed: {error}. Can this folder be written to?")
    except KeyboardInterrupt:
        sys.exit("Stopped. The next make sets up .venv from the beginning.")
    except subprocess.CalledProcessError:
        if socks := _socks_proxies():
            print(f"pip has no SOCKS. If your index needs no proxy: make {socks} .venv/ready")
        sys.exit("Set-up failed, see above. `python3 -m pip config list` shows pip's settings.")


def _socks_proxies() -> str:
    proxies = [name for name in os.environ if name.lower().endswith("_proxy")]
    return " ".join(f"{name}=" for name in proxies if os.environ[name].startswith("socks"))


def _run(
    command: list[str],
    env: Mapping[str, str],
    stdout: int | None = None,
    stderr: int | None = None,
) -> str:
    done = subprocess.run(  # noqa: S603
        command, env=env, stdout=stdout, stderr=stderr, check=True, encoding="utf-8"
    )
    return done.stdout


if __name__ == "__main__":
    make_ready()
