"""Notebooks are committed with outputs and must come out the same, to the byte, every time."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat

PREDICT = "**Predict.**"
"""How a text begins that asks what the next cell will show."""

LIVE, HIDE_OUTPUT = "live", "hide-output"
"""Tags of code cells: complete code, to be changed and run again; an answer to a prediction."""

KERNEL = """\
try:
    from steps.workbook.world import kernel as kernel
except ImportError as error:
    pick = "pick the kernel .venv at the top right, or run make lab"
    raise SystemExit(f"{error}: {pick}") from None
"""
"""The first lines of each notebook: their own cell, folded, or the start of its first cell."""


def execute(paths: Sequence[Path]) -> int:
    """Execute notebooks in place, each in a new kernel, and normalise them.

    Returns pytest's exit code: 0 when no cell raised.
    """
    # Without pyproject's options, which keep the nbmake plugin out.
    options = ["--override-ini=addopts=", "--nbmake", "--overwrite", "-q", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *map(str, paths)]
    own_kernel = {**os.environ, "JUPYTER_PATH": ""}  # which may name another Python's
    # Away from the signals of our terminal: one that is not Ctrl-C would leave what cells opened.
    with subprocess.Popen(command, env=own_kernel, start_new_session=True) as process:  # noqa: S603
        try:
            exit_code = process.wait()
        except KeyboardInterrupt:
            if sys.platform != "win32":
                process.send_signal(signal.SIGINT)
            process.wait()
            raise
    for path in paths:
        normalise(path)
    return exit_code


def normalise(path: Path) -> None:
    """Rewrite a notebook without what changes from run to run, and from editor to editor.

    That is: times, versions, the editor's notes, how the output was cut, and how often you ran it.
    What answers a prediction is collapsed again, for JupyterLab, and behind a click elsewhere.
    """
    notebook: Any = nbformat.read(path, as_version=4)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    asked = False
    for number, cell in enumerate(notebook.cells):
        cell.metadata = _metadata_of(cell, asked)
        if cell.cell_type == "code":
            cell.outputs = _join_streams(cell.outputs)
            if asked:
                cell.outputs = [_behind_a_click(output) for output in cell.outputs]
        asked = cell.cell_type == "markdown" and cell.source.startswith(PREDICT)
        cell.id = f"cell-{number:02}"
        cell.pop("attachments", None)
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
        cell.execution_count = number
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
    nbformat.validate(notebook)
    path.write_bytes((nbformat.writes(notebook) + "\n").encode())


def _metadata_of(cell: Any, asked: bool) -> dict[str, Any]:
    """Return what viewers need to know: which output answers a question, so that it is collapsed.

    `hide-output` is the tag that Jupyter Book knows, and nbconvert's presets.
    """
    if cell.cell_type != "code":
        return {}
    tags = [tag for tag in cell.metadata.get("tags", ()) if tag == LIVE]
    if asked:
        return {"jupyter": {"outputs_hidden": True}, "tags": [*tags, HIDE_OUTPUT]}
    if cell.source == KERNEL.strip():
        return {"jupyter": {"source_hidden": True}}
    return {"tags": tags} if tags else {}


ANSWER = "<details><summary>The answer</summary>"


def _behind_a_click(output: Any) -> Any:
    """Return an output that is folded in viewers that know HTML and no collapsed cells."""
    data = output.get("data", {"text/plain": output.get("text", "")})
    if output.output_type == "error" or ANSWER in str(data):
        return output
    if "text/markdown" in data:
        folded = {"text/markdown": f"{ANSWER}\n\n{data['text/markdown']}\n\n</details>"}
    elif "text/html" in data:
        folded = {"text/html": f"{ANSWER}{data['text/html']}</details>"}
    else:
        folded = {"text/html": f"{ANSWER}<pre>{escape(data['text/plain'])}</pre></details>"}
    return nbformat.v4.new_output("display_data", {**data, **folded})


def _join_streams(outputs: list[Any]) -> list[Any]:
    joined: list[Any] = []
    for key, group in groupby(outputs, key=lambda output: (output.output_type, output.get("name"))):
        chunks = list(group)
        if key[0] == "stream":
            chunks = [
                nbformat.v4.new_output("stream", name=key[1], text="".join(c.text for c in chunks))
            ]
        joined.extend(chunks)
    return joined
