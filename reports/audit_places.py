"""The places of a study (all of it, its jurisdictions, tags that matter): which parcels and people they have."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from zonevest.reports.audit_cells import Floats, Ints
from zonevest.reports.audit_tables import Tables


class Places:
    """Places in order: `total`, the jurisdictions, then tags.

    Attributes
    ----------
    names, at : the places, and the position of each.
    tags : those that a limit names, or that were asked for.
    home : place of each parcel's jurisdiction, 0 where it has none.
    tagged : by tag, whether each parcel has it.
    """

    def __init__(self, tables: Tables, tags: Iterable[str] = ()) -> None:
        self.tables = tables
        known = {tag for names in tables.tags for tag in names}
        named = {str(row["jurisdiction"]) for row in tables.rows("limits")} | set(tags)
        jurisdictions = tables.named_jurisdictions
        self.tags = sorted((named & known) - set(jurisdictions))
        self.names = ["total", *jurisdictions, *self.tags]
        self.at = {name: p for p, name in enumerate(self.names)}
        # jurisdictions follow `total`; 0 stands for none
        self.home: Ints = np.array([self.at.get(str(name), 0) for name in tables.jurisdiction], dtype=np.int64)
        self.tagged = {tag: np.array([tag in names for names in tables.tags], dtype=bool) for tag in self.tags}

    def position(self, name: str) -> int:
        """The position of a place."""
        return self.at[name]

    def people(self, ages: Floats) -> Floats:
        """People of every place after so many years, shape (places, ages)."""
        tables = self.tables
        people = np.zeros((len(self.names), len(ages)))
        common = float(tables.settings.population_growth)
        given = {str(row["jurisdiction"]): row for row in tables.rows("jurisdictions")}
        parcel_growth = np.full(tables.parcels, common)
        for name in tables.named_jurisdictions:
            row = given.get(name, {})
            own = row.get("population_growth")
            growth = common if own is None or math.isnan(own) else float(own)
            here = tables.jurisdiction == name
            parcel_growth[here] = growth
            count = row.get("population")
            if count is None or math.isnan(count):
                count = tables.people[here].sum()
            people[self.at[name]] = float(count) * (1.0 + growth) ** ages
        nowhere = float(tables.people[tables.jurisdiction == ""].sum()) * (1.0 + common) ** ages
        people[0] = people[1 : 1 + len(tables.named_jurisdictions)].sum(axis=0) + nowhere
        for tag in self.tags:
            here = self.tagged[tag]
            people[self.at[tag]] = tables.people[here] @ (1.0 + parcel_growth[here])[:, None] ** ages
        return people
