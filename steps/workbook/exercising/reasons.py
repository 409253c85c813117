"""What to say of a task that is not done, and of a file that does not even load."""

import ast
import re
import signal
import warnings
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from steps.workbook.catalogue import PROJECT
from steps.workbook.exercising.exercises import Exercise

ENDED = "Your code ended Python itself, as sys.exit and os._exit do"
KINDS = ((ast.FunctionDef, ast.AsyncFunctionDef), (ast.ClassDef,), (ast.Assign, ast.AnnAssign))


@dataclass(frozen=True)
class Failure:
    """Why a task is not done. `line` is in the learner's file, where it is known."""

    what: str
    line: int | None = None
    seen: str = ""
    expected: str = ""
    why: str = ""
    printed: str = ""
    code: str = ""


def failure_of(exercise: Exercise, event: dict[str, Any]) -> Failure:
    """Say why a task failed."""
    line = event["line"]
    if event["what"] is None:
        return _of_what_was_raised(exercise, "Your code raised", event["error"], line)
    if gone := _of_a_name(exercise, event["seen"]):
        return gone
    words = event["what"], line or _line_of(exercise, event["what"])
    return Failure(*words, event["seen"], event["expected"], event["why"])


def broken(exercise: Exercise, event: dict[str, Any]) -> Failure:
    """Say why the learner's file does not load, and where."""
    try:
        data = exercise.file.read_bytes()
    except FileNotFoundError:
        return Failure(f"Your file is not there: make reset STEP={exercise.key} brings it back")
    except OSError as error:
        return Failure(f"Your file cannot be read: {error.strerror}")
    return _unreadable(data, exercise.file.name) or _of_what_was_raised(
        exercise, "Your file does not load:", event["error"], event["line"]
    )


def ended(exercise: Exercise, errors: str, exit_code: int) -> Failure:
    """Say why the process that checks has not come to its own end."""
    # The innermost call comes first here.
    places = re.findall(rf'{exercise.name}\.py", line (\d+)', errors)
    line = int(places[0]) if places else None
    if "Timeout" in errors:
        return Failure("Your code did not come to an end: a loop or a wait without one", line)
    if fatal := re.search("Fatal Python error: (.+)", errors):
        return Failure(f"Your code made Python crash: {fatal[1]}", line)
    if exit_code < 0:
        known = {each.value: each.name for each in signal.Signals}
        name = known.get(-exit_code, f"signal {-exit_code}")
        return Failure(f"Your code ended Python itself, by {name}")
    return Failure(ENDED, line)


def _unreadable(data: bytes, name: str) -> Failure | None:
    """Say where Python cannot read a file, or warns of it, which counts as an error here."""
    try:
        _compile(data, name, "ignore")
    except (SyntaxError, ValueError) as error:
        if place := _not_in_utf_8(data):
            line = data[: place - 1].count(b"\n") + 1
            what = "Your file is not in UTF-8: let your editor save it as UTF-8"
            code = "" if b"\0" in data else data.splitlines()[line - 1].decode(errors="replace")
            return Failure(what, line, code=code)
        text = getattr(error, "text", "") or ""
        what = f"Python cannot read your file: {getattr(error, 'msg', error)}"
        return Failure(what, getattr(error, "lineno", None), code=text.strip())
    try:
        _compile(data, name, "error")
    except SyntaxError as error:
        what = f"Python warns of your code: {error.msg}"
        return Failure(what, error.lineno, code=(error.text or "").strip())
    return None


def _compile(data: bytes, name: str, on_warning: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter(on_warning)
        compile(data, name, "exec", dont_inherit=True)


def _not_in_utf_8(data: bytes) -> int:
    """Return the place of the first byte that is in no text in UTF-8, counted from 1; else 0."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start + 1
    return data.find(b"\0") + 1


def _of_what_was_raised(exercise: Exercise, begin: str, error: str, line: int | None) -> Failure:
    if gone := _of_a_name(exercise, error):
        return gone
    if error.startswith(("CancelledError", "SystemExit", "KeyboardInterrupt")):
        return Failure(ENDED, line)
    if error.startswith("UnsupportedOperation: read"):
        what = "Nobody can answer here: no breakpoint() and no input(); use print()"
        return Failure(what, line)
    without_path = re.sub(r" \((?:/|\w:\\)[^()]*\)$", "", error)
    return Failure(f"{begin} {without_path}", line)


def _of_a_name(exercise: Exercise, error: str) -> Failure | None:
    """Say what has become of a name of the starter that the learner's file has no longer."""
    name = next(iter(re.findall(rf"\b{exercise.name}\b.* has no attribute '(\w+)'", error)), "")
    starter = exercise.answer("starter")
    at_start = _names_in(starter)
    try:
        now = _names_in(exercise.file)
    except (OSError, SyntaxError, ValueError):  # somebody has saved it meanwhile
        return None
    if name not in at_start or name in now:
        return None
    lost = at_start[name]
    if other := _likeliest(name, lost, {n: node for n, node in now.items() if n not in at_start}):
        what = f"You renamed {name}: it is {other} now. Call it {name} again"
        return Failure(what, now[other].lineno)
    first = min([lost, *getattr(lost, "decorator_list", [])], key=lambda node: node.lineno).lineno
    lines = starter.read_text(encoding="utf-8").splitlines()[first - 1 : lost.end_lineno]
    return Failure(
        f"Your file has no {name} any more: bring these lines back",
        code="\n".join(lines),
        why=f"They are in {starter.relative_to(PROJECT).as_posix()}. "
        f"Only make reset STEP={exercise.key} throws your work away.",
    )


def _likeliest(name: str, lost: ast.stmt, new: dict[str, ast.stmt]) -> str | None:
    """Return which of the new names is that of what is lost: of its kind, and like it.

    A prediction is like none: its value is new, too.
    """
    kind = next(kind for kind in KINDS if isinstance(lost, kind))
    least = 0 if ast.Assign in kind else 0.5
    likeness = {
        other: SequenceMatcher(None, ast.unparse(lost), ast.unparse(node)).ratio()
        for other, node in new.items()
        if isinstance(node, kind) and other.isupper() == name.isupper()
    }
    likeliest = max(likeness, key=lambda other: likeness[other], default=None)
    return likeliest if likeliest and likeness[likeliest] > least else None


def _names_in(path: Path) -> dict[str, ast.stmt]:
    """Return what defines each name of a module."""
    names: dict[str, ast.stmt] = {}
    with warnings.catch_warnings(action="ignore"):
        tree = ast.parse(path.read_bytes())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for part in (part for target in targets for part in ast.walk(target)):
                if isinstance(part, ast.Name):
                    names[part.id] = node
    return names


def _line_of(exercise: Exercise, what: str) -> int | None:
    """Return the line of the constant that a task is about, or of a TODO that nobody touched."""
    try:
        lines = exercise.file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for number, line in enumerate(lines, 1):
        if re.match(rf"[^#=]*\b{re.escape(what.split()[0])}\b.* = ", line):
            return number
    if exercise.is_changed():
        return None
    return next((number for number, line in enumerate(lines, 1) if "TODO" in line), None)
