"""Fills in the tables of the page `survey.md` from what the preset `cn-survey` reads."""

from __future__ import annotations

import csv
from itertools import groupby

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from zonevest.instances.importing.survey_data import CODES_FILE, LAYERS_FILE, MAPPING_FILE


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the tables in the places that the page has for them."""
    del config, files
    if page.file.src_uri != "survey.md":
        return markdown
    parts = {"layers": layers_table(), "codes": codes_tables(), "mapping": MAPPING_FILE.read_text(encoding="utf-8")}
    for name, text in parts.items():
        markdown = markdown.replace(f"<!-- {name} -->", text.strip())
    return markdown


def layers_table() -> str:
    """Layers and fields: what becomes of them, and who says so."""
    lines = ["| layer | field | what becomes of it | source (*confidence*) |", "|---|---|---|---|"]
    with LAYERS_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            need = " (required)" if row["need"] == "required" else ""
            name = f"`{row['field'] or row['layer']}` {row['zh']}{need}"
            layer, field = ("", name) if row["field"] else (f"**{name}**", "")
            others = [each for each in row["aliases"].split(";") if each]
            also = f" Also called {', '.join(others)}." if others else ""
            lines.append(f"| {layer} | {field} | {row['becomes']}{also} | {row['source']} (*{row['confidence']}*) |")
    return "\n".join(lines)


def codes_tables() -> str:
    """What the codes of each field become."""
    out = []
    with CODES_FILE.open(encoding="utf-8", newline="") as file:
        for field, rows in groupby(csv.DictReader(file), key=lambda row: row["field"]):
            lines = [f'??? note "{field}"', "", "    | code | name | becomes | source (*confidence*) |"]
            lines.append("    |---|---|---|---|")
            lines += [
                f"    | {row['code']} | {row['zh']} | {row['value']} | {row['source']} (*{row['confidence']}*) |"
                for row in rows
            ]
            out.append("\n".join(lines))
    return "\n\n".join(out)
