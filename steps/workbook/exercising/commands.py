"""`make exercise`, `hint`, `solution`, `progress`, `reset` and `watch`."""

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from steps.workbook.exercising.checking import Check, Outcome
from steps.workbook.exercising.exercises import Exercise, all_exercises, exercises_of
from steps.workbook.exercising.records import Records

if TYPE_CHECKING:
    from rich.console import Console


def exercise(step: str) -> int:
    """Check the current exercise of a step: the first that is not done. Returns the exit code."""
    records = Records()
    current = _current(step, records)
    check = Check(current)
    from steps.workbook.exercising import panel  # rich loads while the tests run

    outcome = check.outcome()
    records.note(outcome)
    _show(outcome, records, panel.console())
    return 0 if outcome.passed else 1


def hint(step: str) -> int:
    """Show the next hint for the current exercise of a step."""
    from steps.workbook.exercising import panel

    records = Records()
    current = _current(step, records)
    panel.console().print(panel.hint_of(current, records.next_hint(current)))
    if records.unkept:
        print(f"{records.unkept}\nAll hints: tests/exercises/hints/{current.name}.md")
    return 0


def solution(step: str) -> int:
    """Show why the solution works, once all tasks pass."""
    from steps.workbook.exercising import panel

    records = Records()
    exercises = exercises_of(step)
    done = [e for e in exercises if records.check(e)]
    for one in done:
        panel.console().print(panel.solution_of(one))
    for one in exercises:
        if one not in done:
            print(f"{one.key} is not done yet: make exercise STEP={one.key}")
    _say_if_not_kept(records)
    return 0 if done else 1


def progress() -> int:
    """Show every exercise and whether it is done."""
    from steps.workbook.exercising import panel

    records = Records()
    panel.console().print(panel.progress_of(all_exercises(), records.check_all()))
    _say_if_not_kept(records)
    return 0


def reset(step: str) -> int:
    """Put the starters of a step back, after asking."""
    exercises = [e for e in exercises_of(step) if e.is_changed()]
    if not exercises:
        print("There is nothing to put back: no file has changed.")
        return 0
    print("Your changes to these files will be lost:")
    for one in exercises:
        print(f"  {one.file.name}")
    if not _says_yes("Go on? [y/N] "):
        print("Nothing was changed.")
        return 1
    records = Records()
    for one in exercises:
        try:
            shutil.copyfile(one.answer("starter"), one.file)
        except OSError as error:
            print(f"Make {one.file.name} writable: {error.strerror}")
            return 1
        records.forget(one)
    print("They are back at their start.")
    _say_if_not_kept(records)
    return 0


def _says_yes(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:  # nobody is there to answer
        print()
        return False


def _current(step: str, records: Records) -> Exercise:
    exercises = exercises_of(step)
    return next((e for e in exercises if not records.is_done(e)), exercises[-1])


def _show(outcome: Outcome, records: Records, out: "Console") -> None:
    from steps.workbook.exercising import panel

    out.print(panel.outcome_of(outcome, records.all_done()))
    following = _following(outcome.exercise, records) if outcome.passed else None
    if following:
        out.print(f"Next: {following.key} · {following.title}, in {following.file.name}")
    _say_if_not_kept(records)


def _say_if_not_kept(records: Records) -> None:
    if records.unkept:
        print(records.unkept)


def _following(current: Exercise, records: Records) -> Exercise | None:
    """Look in the same step first, then in those after it, then from the start."""
    step = current.step
    nearest = sorted(all_exercises(), key=lambda e: (e.step != step, e.step < step))
    return next((e for e in nearest if e != current and not records.is_done(e)), None)


def watch(step: str) -> int:
    """Check the current exercise at every save, until Ctrl-C."""
    from watchfiles import watch as changes_in

    from steps.workbook.exercising import panel

    out = panel.console()
    records = Records()
    checked = ""
    folder = _current(step, records).file.parent
    spare = Check()
    try:
        # Waking up by itself, too, finds what was saved before the watching began.
        for _ in changes_in(folder, debounce=50, step=10, rust_timeout=300, yield_on_timeout=True):
            while checked != (checked := _versions(step)):
                spare.check(_current(step, records))
                while not spare.has_ended(within_s=0.05):
                    if checked != _versions(step):
                        spare.stop()  # nobody waits for what was saved before
                        break
                else:
                    outcome = spare.outcome()
                    records.note(outcome)
                    out.clear()
                    _show(outcome, records, out)
                    out.print("Waiting for you to save. Ctrl-C ends this.", style="dim")
                spare = Check()  # imports what it will need while the learner reads
    except KeyboardInterrupt:
        with suppress(OSError):  # the terminal may be closed
            print()
    finally:
        spare.stop()
    return 0


def _versions(step: str) -> str:
    return "".join(exercise.version() for exercise in exercises_of(step))
