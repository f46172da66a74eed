"""Writes the page `checks.md` from the list of rules, so that it cannot fall behind what is checked."""

from __future__ import annotations

from itertools import groupby

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from zonevest.instances.rules import Row, rules

INTRODUCTION = """\
# What is checked

Reading a study, or importing one, tells every rule that it breaks at once: where it stands, what must hold, what was
found, what to do.

- A **fault** is refused: `StudyError.faults`, exit code 2.
- A **warning** is legal, but suspicious: the study is read, and may be right. `zonevest check` lists warnings at its
  end, `zonevest solve` says them before it begins, and in Python they are `study.warnings` (where, must, found, do)
  and `zonevest.check(study).warnings`, which has those too that need the options and the ledger.
- A **note** is only told: `study.notes`.

The list below is all of it, {faults} faults, {warnings} warnings and {notes} notes. What stands in braces is filled
in. Default rows of the package are not warned of.

**Doing nothing breaks a limit.** `zonevest check` lists each row that doing nothing breaks with its place and period,
what it comes to, what the bound is, and by how much it is off. A row of a later period, or over `total`, is a goal, and
what a plan is for; so is one of a period that the limit names. A limit on each period that is broken in the first one
is warned of: a plan has that one period to mend it. Where that is not meant, plan towards it: give the limit a later
`period` (`last`, or one limit for each period, ever tighter), make it `soft` with a `penalty` (what is missed is told,
and paid for in the objective), or measure it from today (`basis` = `share_of_start`). A number of `[finance]` takes a
table by period, or a penalty under `soft`.

**A limit that cannot bind, or be met.** For every parcel the least and the most that any of its options would bring,
added up, with what projects and other columns may bring: no plan lies outside. Beyond these ends a limit asks for
nothing, or for what cannot be; most often its unit is another. Limits inside may still be impossible together.
"""
ABOUT = {
    "files": "Files and folders",
    "workbook": "Workbooks",
    "tables": "Tables in memory",
    "columns": "Columns of any table",
    "names": "Names that one table takes from another",
    "settings": "study.toml",
    "periods": "study.toml: periods",
    "objective": "study.toml: [objective]",
    "finance": "study.toml: [finance]",
    "equity": "study.toml: [equity]",
    "layers": "Layers of parcels",
    "import": "Importing layers",
    "survey": "Importing the national land survey",
    "marxan": "Importing a folder of Marxan",
    "flows": "Flow tables",
    "observed": "What was observed",
}
"""Places that are no table, by the first word of a rule."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated page."""
    files.append(File.generated(config, "checks.md", content=checks_page()))
    return files


def checks_page() -> str:
    """The page as Markdown."""
    every = rules()
    count = {name: sum(each.severity == name for each in every.values()) for name in ("fault", "warning", "note")}
    parts = [INTRODUCTION.format(faults=count["fault"], warnings=count["warning"], notes=count["note"])]
    for place, names in groupby(every, key=lambda name: name.partition(".")[0]):
        rows = "\n".join(line(name, every[name]) for name in names)
        title = ABOUT.get(place, place)
        parts.append(f"## {title}\n\n| rule | | what must hold | what to do |\n|---|---|---|---|\n{rows}")
    return "\n\n".join(parts) + "\n"


def line(name: str, row: Row) -> str:
    """One rule of the page."""
    must, do = (plain(text) for text in (row.must, row.do))
    return f"| `{name}` | {row.severity} | {must} | {do} |"


def plain(text: str) -> str:
    """A sentence as Markdown shows it."""
    parts = text.replace("{{", "\0").replace("}}", "\1").split("`")
    for at in range(0, len(parts), 2):  # between backticks a mark stands for itself
        for mark in "|<>[]*_":
            parts[at] = parts[at].replace(mark, f"\\{mark}")
    return "`".join(parts).replace("\0", "{").replace("\1", "}")
