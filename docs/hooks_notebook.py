"""Writes a page for each notebook in `notebooks/`: its text, its code, and what the notebook shows, charts among it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

NOTEBOOKS = Path(__file__).parent / "notebooks"
PLOTLY = "application/vnd.plotly.v1+json"
SCRIPT = "assets/plotly.min.js"
DRAW = """\
<script src="../{script}"></script>
<script>
for (const chart of document.querySelectorAll(".chart")) {{
  const {{ data, layout }} = JSON.parse(chart.nextElementSibling.textContent);
  Plotly.newPlot(chart, data, {{ template: "plotly_white", ...layout }}, {{ displaylogo: false, responsive: true }});
}}
</script>
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each notebook, and the library that draws their charts."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=notebook_page(path)))
    files.append(File.generated(config, SCRIPT, abs_src_path=str(library())))
    return files


def library() -> Path:
    """Plotly's script, from the package that the reports take it from: no page asks a server for it."""
    found = find_spec("plotly")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0], "package_data", "plotly.min.js")


def notebook_page(path: Path) -> str:
    """A notebook as Markdown."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = []
    for cell in cells:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        parts += [shown(output) for output in cell.get("outputs", [])]
    title, _, rest = parts[0].partition("\n")
    note = f"This page is a [notebook]({path.name}), which a test runs: what stands below its cells is what they show."
    return "\n\n".join([title, note, rest.strip(), *parts[1:], DRAW.format(script=SCRIPT)])


def shown(output: dict[str, Any]) -> str:
    """What a cell shows: text, or a chart."""
    if output["output_type"] == "stream":
        return f"```text\n{''.join(output['text']).rstrip()}\n```"
    drawing = json.dumps(output["data"][PLOTLY], ensure_ascii=False).replace("<", "\\u003c")
    return f'<div class="chart"></div>\n<script type="application/json">{drawing}</script>'
