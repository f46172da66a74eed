"""The places of a study (all of it, its jurisdictions, tags that matter): which parcels and people they have."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from scipy import sparse

from zonevest.reports.audit_tables import Floats, Tables


class Places:
    """Places in order: `total`, the jurisdictions, then tags.

    Attributes
    ----------
    names, at : the places, and the position of each.
    tags : those that a limit names, or that were asked for.
    membership : places x parcels, 1 where a parcel counts in a place.
    """

    def __init__(self, tables: Tables, tags: Iterable[str] = ()) -> None:
        self.tables = tables
        known = {tag for names in tables.tags for tag in names}
        named = {str(row["jurisdiction"]) for row in tables.rows("limits")} | set(tags)
        jurisdictions = tables.named_jurisdictions
        self.tags = sorted((named & known) - set(jurisdictions))
        self.names = ["total", *jurisdictions, *self.tags]
        self.at = {name: p for p, name in enumerate(self.names)}
        self.membership = self._members()

    def _members(self) -> sparse.csc_array:
        tables, chosen = self.tables, set(self.tags)
        pairs = [(0, i) for i in range(tables.parcels)]
        pairs += [(self.at[str(name)], i) for i, name in enumerate(tables.jurisdiction) if name]
        pairs += [(self.at[tag], i) for i, names in enumerate(tables.tags) for tag in names if tag in chosen]
        where = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        shape = (len(self.names), tables.parcels)
        members = sparse.csc_array((np.ones(len(where)), (where[:, 0], where[:, 1])), shape=shape)
        members.data[:] = 1.0  # a tag that is written twice counts once
        return members

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
            here = np.array([tag in names for names in tables.tags], dtype=bool)
            people[self.at[tag]] = tables.people[here] @ (1.0 + parcel_growth[here])[:, None] ** ages
        return people
