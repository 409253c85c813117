"""JupyterLab, as `make lab` configures it."""

import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from steps.workbook.catalogue import PROJECT
from steps.workbook.reading.notebooks import normalise

OF_A_KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "version": "3.11.7", "file_extension": ".py"},
}


@pytest.mark.filterwarnings("default")
def test_to_save_a_notebook_changes_no_byte(tmp_path: Path) -> None:
    configured = SimpleNamespace(FileContentsManager=SimpleNamespace())
    configuration = PROJECT / ".jupyter" / "jupyter_server_config.py"
    runpy.run_path(str(configuration), {"get_config": lambda: configured})
    kept = Path(shutil.copy(PROJECT / "notebooks" / "00_vocabulary.ipynb", tmp_path))
    before = kept.read_bytes()
    content: Any = nbformat.read(kept, as_version=4)
    content.metadata.update(OF_A_KERNEL)  # as a kernel that starts tells JupyterLab

    configured.FileContentsManager.pre_save_hook({"type": "notebook", "content": content})
    kept.write_bytes((nbformat.writes(content) + "\n").encode())

    assert kept.read_bytes() == before
    normalise(kept)
    assert kept.read_bytes() == before


def test_a_long_name_in_a_text_is_not_cut_off() -> None:
    configured = SimpleNamespace(LabApp=SimpleNamespace(), ServerApp=SimpleNamespace())
    configuration = PROJECT / ".jupyter" / "jupyter_lab_config.py"
    runpy.run_path(str(configuration), {"get_config": lambda: configured})

    assert configured.LabApp.custom_css
    (folder,) = configured.ServerApp.tornado_settings["static_custom_path"]
    assert "overflow-wrap: anywhere" in (Path(folder) / "custom.css").read_text(encoding="utf-8")
