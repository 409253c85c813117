"""How long a learner waits: `python -m steps.workbook speed`."""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from steps.workbook.catalogue import PROJECT
from steps.workbook.exercising.copying import copy_project
from steps.workbook.exercising.exercises import Exercise, all_exercises

ROUNDS = 7
END = "Waiting for you to save"


def speed() -> int:
    """Measure in a copy of the project, and print medians in seconds. Returns the exit code."""
    with TemporaryDirectory(prefix="exercises-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        copy_project(folder)
        print(f"Medians of {ROUNDS} rounds, in seconds.")
        print("importing FastAPI's TestClient, to compare machines:", _import_of_fastapi())
        for exercise in _last_of_each_step():
            cold, saved = _cold(exercise, folder), _watched(exercise, folder)
            print(f"{exercise.key}  make exercise: {cold:.2f}  save to result: {saved:.2f}")
    return 0


def _last_of_each_step() -> list[Exercise]:
    """The last one has most to import and to run."""
    return list({exercise.step: exercise for exercise in all_exercises()}.values())


def _import_of_fastapi() -> str:
    command = [sys.executable, "-c", "import fastapi.testclient"]
    return f"{median(_time_of(command, PROJECT) for _ in range(ROUNDS)):.2f}"


def _cold(exercise: Exercise, folder: Path) -> float:
    command = [sys.executable, "-m", "steps.workbook", "exercise", exercise.key]
    return median(_time_of(command, folder) for _ in range(ROUNDS))


def _time_of(command: list[str], folder: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    return time.perf_counter() - begun


def _watched(exercise: Exercise, folder: Path) -> float:
    """Save a file again and again; return the median time until the result is there."""
    file = folder / "steps" / "exercises" / exercise.file.name
    code = file.read_text(encoding="utf-8")
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "steps.workbook", "watch", exercise.key],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        _wait_for_result(process)
        times = []
        for number in range(ROUNDS):
            time.sleep(2)  # people need longer to type; by then the next process has warmed up
            begun = time.perf_counter()
            file.write_text(f"{code}\n# {number}\n", encoding="utf-8")
            _wait_for_result(process)
            times.append(time.perf_counter() - begun)
        process.terminate()
    return median(times)


def _wait_for_result(process: subprocess.Popen[str]) -> None:
    for line in process.stdout or ():
        if END in line:
            return
    raise RuntimeError("The watching ended")
