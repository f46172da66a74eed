"""What faults follow from, where a table that others name has been taken out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from zonevest.instances.faults import Faults
from zonevest.instances.rules import Rule, rule
from zonevest.instances.say import Said, say
from zonevest.instances.study import Study, StudyError

OF_PARCELS = ("projects.catchment", "limits.place", "limits.nobody", "limits.each")
"""Rules that look for a tag, a jurisdiction or people, which parcels hold."""


def with_cause(error: StudyError, study: Study, tables: Mapping[str, pd.DataFrame | None]) -> StudyError:
    """Faults with the cause first, where tables that others name have been taken out."""
    lost = {name: len(study.tables[name]) for name, table in tables.items() if table is None and name in study.tables}
    blamed = Faults()
    for name, count in lost.items():
        if count and any(_named(fault["must"], name) for fault in error.faults.to_dict("records")):
            found = say("None, which takes out {count:,} rows", count=count)
            blamed.add(say("the table {name}", name=name), rule("tables.taken-out"), found)
    faults = pd.concat([blamed.frame(), error.faults], ignore_index=True) if len(blamed) else error.faults
    return StudyError(faults, error.land)


def _named(must: str, table: str) -> bool:
    """Whether what must hold is that a name is one of a table, or of what its rows hold."""
    if not isinstance(must, Rule):
        return False
    what = must.given.get("what")
    if isinstance(what, Said) and what.given.get("table") == table:
        return True
    return table == "parcels" and must.name in OF_PARCELS
