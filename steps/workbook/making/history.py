"""What each release of FastAPI does: `make history` writes `notebooks/history.md` anew."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from steps.workbook.catalogue import PROJECT
from steps.workbook.making.set_up import environment, for_uv, settings_of
from steps.workbook.making.writing import CannotMake

FILE = PROJECT / "notebooks" / "history.md"
PROGRAMS = Path(__file__).with_name("history_programs.py")

RELEASES = (
    *("0.94.1", "0.95.0", "0.105.0", "0.106.0", "0.117.1", "0.118.0", "0.120.4", "0.121.0"),
    *("0.123.4", "0.123.5", "0.136.3", "0.137.0", "0.162.7", "0.163.0"),
    version("fastapi"),
)
"""Both sides of each release in which something that the workbook tells of has changed."""

OTHERS = ("uvicorn", "sqlalchemy")

TEXT = """\
# What each release of FastAPI does

`make history` writes this page anew: it installs each release into an environment of its own and
runs `steps/workbook/making/history_programs.py` in it, on a real server. Releases that ran, each
with the newest Starlette that it allows, {others}:

{releases}.

A cell says what happened from one of these releases to another, both included. `unknown` is the
answer to an option that came later. Between two of them that behave alike nothing was tried.

| question | what happened |
|---|---|
{rows}
"""

Outcomes = Mapping[str, str]


def write_history() -> int:
    """Run every release, and write the page. Returns the exit code. Raises CannotMake."""
    outer = environment(os.environ)
    uv = for_uv(settings_of([sys.executable, "-m", "pip"], outer))
    if uv is None:
        raise CannotMake("uv has no counterpart to a setting of pip; see `pip config list`.")
    arguments, variables = uv

    def outcomes_in(release: str) -> Outcomes:
        outcomes = run_release(release, arguments, outer | variables)
        print(f"FastAPI {release}: done", flush=True)
        return outcomes

    with ThreadPoolExecutor(2) as threads:
        found = dict(zip(RELEASES, threads.map(outcomes_in, RELEASES), strict=True))
    FILE.write_text(page(found), encoding="utf-8", newline="\n")
    return 0


def run_release(release: str, arguments: Sequence[str], env: Mapping[str, str]) -> Outcomes:
    """Return what the programs print in an environment of this release. Raises CannotMake."""
    with TemporaryDirectory(prefix="history-", ignore_cleanup_errors=True) as folder:
        python = Path(folder, "Scripts" if os.name == "nt" else "bin", "python")
        uv = [sys.executable, "-m", "uv"]
        packages = [f"fastapi=={release}", *(f"{name}=={version(name)}" for name in OTHERS)]
        _run([*uv, "venv", "--clear", "--python", sys.executable, folder], env)
        _run([*uv, "pip", "install", "--python", str(python), *packages, *arguments], env)
        outcomes: Outcomes = json.loads(_run([str(python), str(PROGRAMS)], env))
        return outcomes


def page(found: Mapping[str, Outcomes]) -> str:
    """Return the page about these releases, oldest first, and what happened in each."""
    questions = next(iter(found.values()))
    rows = [f"| {question} | {_told(question, found)} |" for question in questions]
    others = " and ".join(f"{name} {version(name)}" for name in OTHERS)
    return TEXT.format(others=others, releases=", ".join(found), rows="\n".join(rows))


def outcomes_on(text: str, release: str) -> Outcomes:
    """Return what a page says of one of its releases."""
    (listed,) = re.findall(r"^([\d., ]+)\.$", text, re.MULTILINE)
    releases = listed.split(", ")
    outcomes = {}
    for question, told in re.findall(r"^\| (?!question)([^|-].*?) \| (.+) \|$", text, re.MULTILINE):
        for part in told.split("<br>"):
            first, _, rest = part.partition(": ")
            start, _, end = first.partition(" to ")
            span = releases[releases.index(start) : releases.index(end or start) + 1]
            if release in span:
                outcomes[question] = rest
    return outcomes


def _told(question: str, found: Mapping[str, Outcomes]) -> str:
    parts = []
    for outcome, group in groupby(found, key=lambda release: found[release][question]):
        first, *others = group
        span = f"{first} to {others[-1]}" if others else first
        parts.append(f"{span}: {outcome}")
    return "<br>".join(parts)


def _run(command: Sequence[str], env: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603
        command, env=env, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise CannotMake(done.stderr.strip())
    return done.stdout
