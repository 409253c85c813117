"""Code and differences as they stand in the files, for notebooks and the terminal."""

import ast
import inspect
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from steps.workbook.catalogue import Step, find_step
from steps.workbook.reading.coloured import ColouredDiff
from steps.workbook.reading.tables import WIDTH

if TYPE_CHECKING:
    from IPython.display import Markdown


MOST_LINES = 25
"""How many lines of a listing are not folded."""


def show(*subjects: object) -> "Markdown":
    """Return the source of functions, classes and modules, read from their files.

    It begins with what it needs, so that it runs where it is pasted into a cell. As narrow as all
    outputs, and without what is only said to linters. A long listing is folded behind its first
    part: up to an empty line, if there is one.
    """
    from IPython.display import Markdown  # slow to import, and only notebooks show it

    parts = [_source_of(subject) for subject in subjects]
    code = "\n\n\n".join(parts)
    lines = _narrow("\n\n\n".join(filter(None, [_needs_of(subjects, code), code]))).splitlines()
    if len(lines) <= MOST_LINES:
        return Markdown(_fenced(lines))
    ends = [number for number, line in enumerate(lines[:MOST_LINES]) if not line.strip()]
    end = max((number for number in ends if number > 5), default=MOST_LINES)
    first, rest = _fenced(lines[:end]), _fenced(lines[end:])
    folded = f"<details><summary>{len(lines) - end} more lines</summary>\n\n{rest}\n\n</details>"
    return Markdown(f"{first}\n\n{folded}")


def _source_of(subject: object) -> str:
    """Return a source, a module's without what stands before its code: claim and imports."""
    source = textwrap.dedent(inspect.getsource(subject)).strip()  # type: ignore[arg-type]
    if not inspect.ismodule(subject):
        return source
    nodes, lines = ast.parse(source).body, source.splitlines()
    heads = (ast.Import, ast.ImportFrom)
    first = next(n for n, node in enumerate(nodes) if not (_says(node) or isinstance(node, heads)))
    return "\n".join(lines[nodes[first - 1].end_lineno or 0 if first else 0 :]).strip()


def _says(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _needs_of(subjects: tuple[object, ...], code: str) -> str:
    """Return the imports that make a listing run: all that its own file has, in one line."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    imports = []
    for module in dict.fromkeys(filter(None, map(inspect.getmodule, subjects))):
        if module.__name__ != "__main__":
            imports.append(f"from {module.__name__} import *")
            private = sorted(name for name in used & vars(module).keys() if name[0] == "_")
            imports += [f"from {module.__name__} import {name}" for name in private]
    return "\n".join(imports)


def _fenced(lines: list[str]) -> str:
    code = "\n".join(lines).strip("\n")
    return f"```python\n{code}\n```"


def _narrow(source: str) -> str:
    """Return a source as the formatter would write it in narrow lines, comments wrapped, too."""
    code = re.sub(r" +# (type: ignore|noqa|fmt: skip)\b.*$", "", source, flags=re.MULTILINE)
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={WIDTH}", "-"]
    done = subprocess.run(  # noqa: S603
        ruff, input=code, stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    return "\n".join(part for line in done.stdout.splitlines() for part in _wrapped(line))


def _wrapped(line: str) -> list[str]:
    """Break a comment or a line of a docstring that is too long. Code is narrow already."""
    if len(line) <= WIDTH:
        return [line]
    (start,) = re.findall(r"^ *(?:# )?", line)
    return textwrap.wrap(line, WIDTH, subsequent_indent=start)


@dataclass(frozen=True)
class Difference:
    """What changes from one step to the next.

    Empty lines are shown, but not counted. `left_out` hunks are not shown.
    """

    lines: tuple[str, ...]
    left_out: int = 0

    @property
    def added(self) -> int:
        return sum(re.match(r"\+(?!\+\+ )\s*\S", line) is not None for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(re.match(r"-(?!-- )\s*\S", line) is not None for line in self.lines)

    @property
    def summary(self) -> str:
        """How many lines were added and removed, as README's table says it."""
        return f"+{self.added} \N{MINUS SIGN}{self.removed}"

    def __str__(self) -> str:
        return "\n".join(self.lines)


def compare(before: Step, after: Step, file: str = "", *, imports: bool = True) -> Difference:
    """Compare all files of two steps but `__init__.py`, which only holds number and claim.

    Or one file. Without `imports`, hunks that change nothing else are left out.
    """
    names_of_both = {path.name for step in (before, after) for path in step.folder.glob("*.py")}
    names = [file] if file else sorted(names_of_both - {"__init__.py"})
    lines, left_out = list[str](), 0
    for name in names:
        old, new = (File.read(step, name) for step in (before, after))
        every_hunk = list(_hunks_between(old, new))
        hunks = [hunk for hunk in every_hunk if imports or not hunk.only_imports]
        left_out += len(every_hunk) - len(hunks)
        if hunks:
            lines += [f"--- {old.name}", f"+++ {new.name}"]
        for hunk in hunks:
            lines += [hunk.head, *hunk.lines]
    return Difference(tuple(lines), left_out)


def changes_of(step: Step, *, imports: bool = True) -> Difference | None:
    """Return what a step changes in the one that it follows; None for the one where it starts."""
    return compare(step.before, step, imports=imports) if step.before else None


def show_diff(number: int, file: str = "") -> ColouredDiff:
    """Return how a step differs from the one that it follows, in one file or in all.

    Hunks that only change imports are left out. Raises ValueError where it follows no other step.
    """
    after = find_step(number)
    if after.before is None:
        raise ValueError(f"{after.name} follows no other step")
    return ColouredDiff(compare(after.before, after, file, imports=False).lines)


@dataclass(frozen=True)
class File:
    """The lines of a file, none if it does not exist, and which of them import something."""

    name: str
    lines: list[str]
    imports: frozenset[int]

    @classmethod
    def read(cls, step: Step, name: str) -> "File":
        path = step.folder / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        numbers = {
            number - 1
            for node in ast.parse(text).body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        return cls(f"{step.name}/{name}", text.splitlines(), frozenset(numbers))

    def only_imports(self, first: int, last: int) -> bool:
        """Tell whether all of these lines are imports or empty."""
        return all(n in self.imports or not self.lines[n].strip() for n in range(first, last))


@dataclass(frozen=True)
class Hunk:
    """Some changed lines and what stands around them, below the name of what they belong to."""

    head: str
    lines: list[str]
    only_imports: bool


def _hunks_between(old: File, new: File) -> Iterator[Hunk]:
    matcher = SequenceMatcher(None, old.lines, new.lines)
    for group in matcher.get_grouped_opcodes(2):
        lines, only_imports = list[str](), True
        for kind, i, j, k, m in group:
            if kind == "equal":
                lines += [f" {line}" for line in old.lines[i:j]]
                continue
            lines += [f"-{line}" for line in old.lines[i:j]]
            lines += [f"+{line}" for line in new.lines[k:m]]
            only_imports &= old.only_imports(i, j) and new.only_imports(k, m)
        kind, i, _, k, _ = next(part for part in group if part[0] != "equal")
        lines_of_one, changed = (old.lines, i) if kind == "delete" else (new.lines, k)
        shown = sum(part[0] == "equal" and part[2] - part[1] for part in group[:1])
        head = _head_of(lines_of_one, changed, changed - shown)
        yield Hunk(head, _without_empty_edges(lines), only_imports)


def _head_of(lines: list[str], changed: int, shown: int) -> str:
    """Return the line above a hunk: it names the function or class that the first change is in.

    The innermost of those that are not `shown` in the hunk itself.
    """
    starts = [re.match(r"( *)((?:async def|def|class) \w+|\S)", line) for line in lines]
    indentation = next((len(start[1]) for start in starts[changed:] if start), 0)
    for number in range(changed - 1, -1, -1):
        start = starts[number]
        if start and len(start[1]) < indentation:
            indentation = len(start[1])
            if number < shown and len(start[2]) > 1:
                return f"@@ {start[2]} @@"
    return "@@"


def _without_empty_edges(lines: list[str]) -> list[str]:
    """Leave out unchanged empty lines at the start and at the end."""
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def size_of(step: Step) -> dict[str, int]:
    """Count the files and the lines that are not empty."""
    files = [path.read_text(encoding="utf-8") for path in step.folder.glob("*.py")]
    lines = [line for file in files for line in file.splitlines() if line.strip()]
    return {"files": len(files), "lines": len(lines)}
