"""Synergies: what two projects bring once both are built."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from zonevest.reports.audit_capture import flow
from zonevest.reports.audit_cells import FOREVER, Record
from zonevest.reports.audit_flows import Built, Flows, Unit, counted, delivered
from zonevest.reports.audit_rows import Booking


class Joint(NamedTuple):
    """What a row of synergies books: by a project, in its jurisdiction, an amount from the year `opening` on."""

    project: str
    jurisdiction: str
    booking: Booking
    amount: float
    opening: float


class Synergies:
    """The synergies of a study."""

    def __init__(self, flows: Flows) -> None:
        self.flows, self.tables = flows, flows.tables
        self._units: dict[Joint, Unit] = {}
        self._joints: dict[tuple[int, int, int], Joint] = {}

    def of(self, starts: Mapping[str, int]) -> Iterator[Joint]:
        """What the projects that start have together."""
        for at, row in enumerate(self.tables.rows("synergies")):
            one, other = str(row["project"]), str(row["with"])
            if one in starts and other in starts:
                key = (at, starts[one], starts[other])
                if key not in self._joints:
                    self._joints[key] = self._joint(row, *((name, starts[name]) for name in (one, other)))
                yield self._joints[key]

    def _joint(self, row: Record, one: tuple[str, int], other: tuple[str, int]) -> Joint:
        tables, both = self.tables, [self.flows.built(*each) for each in (one, other)]
        projects = [tables.projects[name] for name, _ in (one, other)]
        account = tables.accounts[tables.account[str(row["account"])]]
        opening = max(each.opening for each in both)
        booking = Booking(flow(tables, account.name, annual=account.recurrence == "annual"), opening)
        if booking.row.annual:
            booking = Booking(booking.row, opening, min(each.opening + each.life for each in both))
        value = float(row["value"])
        for project in projects:
            value *= counted(account, float(row["value"]), delivered(project))
        return Joint(one[0], str(projects[0]["jurisdiction"]), booking, value, opening)

    def unit(self, joint: Joint) -> Unit:
        """What a row makes; an amount paid once is worth an equal amount a year for good."""
        if joint not in self._units:
            forever = Built([], joint.opening, FOREVER, -math.inf)
            self._units[joint] = self.flows.unit([(joint.booking, joint.amount)], joint.project, forever, ())
        return self._units[joint]
