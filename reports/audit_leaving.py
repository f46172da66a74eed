"""What leaves with land that a project takes without a drawn site: what the mean hectare of its site is and brings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zonevest.reports.audit_accounts import TENURES
from zonevest.reports.audit_cells import FOREVER, Floats
from zonevest.reports.audit_rows import Booking, row_amounts
from zonevest.reports.audit_sites import Admission, Taking, takings

if TYPE_CHECKING:
    from zonevest.reports.audit_flows import Flows, Unit


class Brought(NamedTuple):
    """A row of a site, held as it is: its amount per mean hectare, and which part of it is on land of every tenure."""

    booking: Booking
    amount: float
    tenures: dict[str, float]


class Mean(NamedTuple):
    """The mean hectare of a site: its farmland quality and its yearly rows."""

    quality: float
    rows: list[Brought]


class Leaving:
    """The mean hectares of the sites of a study."""

    def __init__(self, flows: Flows) -> None:
        self.flows, self.tables = flows, flows.tables
        self._known: dict[tuple[str, str, Admission], Mean] = {}

    def mean(self, taking: Taking) -> Mean:
        """The mean hectare of the site of a taking; nothing where the site has no land."""
        key = (taking.land_class, taking.place, taking.admission)
        if key not in self._known:
            self._known[key] = self._mean(taking)
        return self._known[key]

    def _mean(self, taking: Taking) -> Mean:
        tables, site = self.tables, taking.site(self.tables)
        area, tenure = tables.area[site], tables.tenure[site]
        whole = float(area.sum())
        if whole <= 0:
            return Mean(0.0, [])
        sums: dict[Booking, Floats] = {}
        for booking, among in self.flows.standing_on(site, FOREVER, FOREVER):
            amounts, _ = row_amounts(tables, booking.row, site[among])
            sums.setdefault(booking, np.zeros(len(site)))[among] += amounts
        rows = []
        for booking, amounts in sums.items():
            by_tenure = {name: float(amounts[tenure == name].sum()) / whole for name in ("", *TENURES)}
            rows.append(Brought(booking, float(amounts.sum()) / whole, by_tenure))
        return Mean(float(area @ tables.quality[site]) / whole, rows)

    def rows(self, taking: Taking, start: int) -> Iterator[tuple[Booking, float, dict[str, float]]]:
        """What a taking no longer brings, from its period on: rows, amounts (with a minus), and those by tenure."""
        since = float(self.tables.starts[start])
        for booking, amount, tenures in self.mean(taking).rows:
            by_tenure = {name: -part * taking.area for name, part in tenures.items()}
            yield replace(booking, since=since), -amount * taking.area, by_tenure

    def unit(self, project: str, taking: Taking, start: int) -> Unit:
        """What a taking makes: areas, quality, flows of the place (of the account's own shares), assets."""
        flows, mean = self.flows, self.mean(taking)
        out, category = flows.blank(), str(self.tables.projects[project]["category"])
        out.ledger[:] += taking.area * flows.areas.taken(taking.land_class, category, start, mean.quality)
        for booking, amount, tenures in self.rows(taking, start):
            flows.post(out, booking, amount)
            for tenure, part in tenures.items():
                resource = self.tables.class_resource[taking.land_class]
                if asset := flows.assets.held(booking, resource, tenure):
                    out.ledger[:, asset.columns] += part * asset.per_unit
        return out

    def booked(self, project: str, start: int) -> Iterator[tuple[Booking, float]]:
        """Every row that leaves for a project."""
        for taking in takings(self.tables, project):
            for booking, amount, _ in self.rows(taking, start):
                yield booking, amount
