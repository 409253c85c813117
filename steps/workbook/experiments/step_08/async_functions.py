"""How far async goes: what has to become `async def`, and what stays as it was."""

import ast

from steps.workbook.catalogue import find_step


def functions_that_are_async(number: int) -> dict[str, str]:
    """Return how many functions of each file are `async def`."""
    counts = {}
    for path in sorted(find_step(number).folder.glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        awaited = sum(isinstance(node, ast.AsyncFunctionDef) for node in nodes)
        plain = sum(isinstance(node, ast.FunctionDef) for node in nodes)
        if awaited + plain:
            counts[path.name] = f"{awaited} of {awaited + plain}"
    return counts
