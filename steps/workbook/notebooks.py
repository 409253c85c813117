"""Notebooks are committed with outputs and must come out the same, to the byte, every time."""

from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat


def normalise(path: Path) -> None:
    """Rewrite a notebook without what changes from run to run: times, versions, stream chunks."""
    notebook: Any = nbformat.read(path, as_version=4)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell.metadata = {}
        cell.id = f"cell-{number:02}"
        if cell.cell_type == "code":
            cell.outputs = _join_streams(cell.outputs)
    nbformat.validate(notebook)
    path.write_bytes((nbformat.writes(notebook) + "\n").encode())


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
