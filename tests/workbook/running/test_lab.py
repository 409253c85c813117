"""JupyterLab starts in any shell, and with the kernel of this project alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from steps.workbook.catalogue import PROJECT
from steps.workbook.running import lab
from steps.workbook.running.lab import environment_of_lab
from tests.dead_proxies import set_dead_proxies


def test_it_starts_behind_dead_proxies_without_a_home_and_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_dead_proxies(monkeypatch)
    monkeypatch.setenv("HOME", os.devnull)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    command = [sys.executable, "-m", "steps.workbook", "lab", "--version"]

    said = subprocess.check_output(command, cwd=tmp_path, encoding="utf-8")  # noqa: S603

    assert said[0].isdecimal()


def test_it_looks_for_kernels_nowhere_else() -> None:
    environment = environment_of_lab({"JUPYTER_PATH": "/elsewhere", "PATH": "/bin"})

    assert environment["JUPYTER_PATH"] == ""
    assert environment["JUPYTER_CONFIG_PATH"] == str(PROJECT / ".jupyter")
    assert environment["PATH"] == os.pathsep.join([str(Path(sys.executable).parent), "/bin"])


@pytest.mark.skipif(sys.platform == "win32", reason="needs HOME: Linux or macOS")
def test_it_gets_a_home_folder_of_ours_where_there_is_none_to_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "PROJECT", tmp_path)
    homes = [environment_of_lab({"HOME": home})["HOME"] for home in (os.devnull, "", str(tmp_path))]

    assert homes == [str(tmp_path / ".venv" / "home")] * 2 + [str(tmp_path)]
    assert Path(homes[0]).is_dir()
