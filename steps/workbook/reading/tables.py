"""What an experiment returns, as a small table."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from textwrap import wrap

WIDTH = 88
"""How many characters a line of an output has at most."""


@dataclass(frozen=True)
class Table:
    """Names and what was found for each. An outcome may be a mapping or a list of its own."""

    outcomes: Mapping[str, object]
    heads: tuple[str, str]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/markdown": self.as_markdown(), "text/plain": str(self)}

    def as_markdown(self) -> str:
        """Return it with a row for each entry: in one cell they would run together."""
        rows = [self.heads, (":---", ":---")]
        for name, outcome in self.outcomes.items():
            if isinstance(outcome, Mapping):
                cases = [f"{case}: **{_in_markdown(its)}**" for case, its in outcome.items()]
                rows += zip_longest([name], cases, fillvalue="")
            else:
                rows.append((name, _in_markdown(outcome)))
        return "\n".join(f"| {left} | {right} |" for left, right in rows)

    def __str__(self) -> str:
        lines = list[str]()
        for name, outcome in self.outcomes.items():
            if isinstance(outcome, Mapping):
                lines += [name, *(f"    {case}: {_said(its)}" for case, its in outcome.items())]
            else:
                lines.append(f"{name}: {_said(outcome)}")
        return "\n".join(
            part for line in lines for part in wrap(line, WIDTH, subsequent_indent=" " * 8)
        )


def as_table(
    outcomes: Mapping[str, object], left: str = "case", right: str = "what happens"
) -> Table:
    """Return a table of two columns. The names may hold Markdown, and what was found is shown."""
    return Table(outcomes, (left, right))


def _in_markdown(outcome: object) -> str:
    said = escape(_said(outcome), quote=False)
    for sign in "\\`*_|":
        said = said.replace(sign, f"\\{sign}")
    return said


def _said(outcome: object) -> str:
    if isinstance(outcome, Mapping):
        return ", ".join(f"{case}: {_said(its)}" for case, its in outcome.items())
    if isinstance(outcome, list | tuple):
        return ", ".join(map(str, outcome))
    return str(outcome)
