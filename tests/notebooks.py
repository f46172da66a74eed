"""Notebooks of the manual: their cells run as a reader would, and what they show.

A notebook is a JSON file (nbformat 4), and its cells plain Python: no kernel is needed to run them.
``python -m tests.notebooks FILE`` runs one and writes what it shows into it.
"""

from __future__ import annotations

import ast
import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

PLOTLY = "application/vnd.plotly.v1+json"


def cells(path: Path) -> list[dict[str, Any]]:
    """The code cells of a notebook, in order."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text_of(lines: str | list[str]) -> str:
    """A text of a notebook, which may be a list of lines."""
    return lines if isinstance(lines, str) else "".join(lines)


def run(cell: dict[str, Any], names: dict[str, Any]) -> tuple[str, Any]:
    """What a cell prints, and its last expression (None: none); `names` are what earlier cells have made."""
    tree = ast.parse(text_of(cell["source"]))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(tree, "<cell>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last else None
    return out.getvalue(), value


def shown(cell: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """What the notebook says that a cell prints, and the chart that it shows."""
    text, chart = "", None
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            text += text_of(output["text"])
        else:
            chart = output["data"][PLOTLY]
    return text, chart


def plain(figure: Any) -> dict[str, Any]:
    """A chart as the notebook holds it, without the template, which is plotly's own."""
    drawing: dict[str, Any] = json.loads(figure.to_json())
    drawing["layout"].pop("template", None)
    return drawing


def refresh(path: Path) -> None:
    """Run a notebook and write what it shows into it."""
    notebook, names, count = json.loads(path.read_text(encoding="utf-8")), {"__name__": "__main__"}, 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        count += 1
        text, value = run(cell, names)
        outputs: list[dict[str, Any]] = []
        if text:
            outputs.append({"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)})
        if value is not None:
            outputs.append({"output_type": "execute_result", "execution_count": count, "metadata": {},
                            "data": {PLOTLY: plain(value)}})  # fmt: skip
        cell |= {"execution_count": count, "outputs": outputs}
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    refresh(Path(sys.argv[1]))
