"""What was measured, as tables of 80 columns."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from statistics import fmean, median, quantiles

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

WIDTH = 80
PACKAGES = ("FastAPI", "SQLAlchemy", "dependency-injector")
NOTES = """\
Times are microseconds per request, in {rounds} rounds; half of the rounds lie
between the quartiles. CPU is that of all threads, on average. A ratio (to A,
to B) is the median of the ratios in each round. A hop is a wait for a worker
thread."""


@dataclass
class Samples:
    """Seconds per request, one number for each round, and thread hops per request."""

    name: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    hops: int = 0


@dataclass(frozen=True)
class Aim:
    """A step should take at most so many times as long as the baseline of its own kind."""

    name: str
    baseline: int
    most: float


@dataclass(frozen=True)
class Result:
    """What one table shows. The first two samples are the baselines A and B."""

    title: str
    about: str
    samples: Sequence[Samples]
    aims: Sequence[Aim] = ()


def ratio(times: Sequence[float], baseline: Sequence[float]) -> float:
    """Return the median of the ratios within each round: the noise of a round cancels out."""
    return median(own / other for own, other in zip(times, baseline, strict=True))


def print_report(results: Sequence[Result]) -> None:
    """Write all tables to stdout, with what they were measured on."""
    console = Console(width=WIDTH, highlight=False, markup=False, soft_wrap=True)
    installed = [f"{name} {version(name)}" for name in PACKAGES]
    console.print("What one GET /users/1 costs, in one process and without a network.")
    console.print(f"Python {platform.python_version()}, {', '.join(installed)}.")
    console.print(f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}.")
    for result in results:
        console.print()
        console.print(_table(result))
        console.print("\n".join([result.about, *_aims(result)]))
    console.print()
    console.print(NOTES.format(rounds=len(results[0].samples[0].wall)))


def _table(result: Result) -> Table:
    table = Table(title=result.title, title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    table.add_column("", no_wrap=True)
    for heading in ("median µs", "quartiles", "CPU µs", "to A", "to B", "hops"):
        table.add_column(heading, justify="right", no_wrap=True)
    first, second = result.samples[:2]
    for samples in result.samples:
        low, _, high = quantiles(samples.wall, n=4, method="inclusive")
        table.add_row(
            samples.name,
            _microseconds(median(samples.wall)),
            f"{_microseconds(low)}-{_microseconds(high)}",
            _microseconds(fmean(samples.cpu)),
            f"{ratio(samples.wall, first.wall):.2f}",
            f"{ratio(samples.wall, second.wall):.2f}",
            str(samples.hops),
        )
    return table


def _aims(result: Result) -> list[str]:
    by_name = {samples.name: samples.wall for samples in result.samples}
    lines = []
    for aim in result.aims:
        found = ratio(by_name[aim.name], result.samples[aim.baseline].wall)
        verdict = "reached" if round(found, 2) <= aim.most else "missed"
        of = "AB"[aim.baseline]
        lines.append(f"Aim: {aim.name} at most {aim.most:.2f} to {of}: {found:.2f}, {verdict}.")
    return lines


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:.0f}"
