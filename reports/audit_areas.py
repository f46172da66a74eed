"""Areas, transitions and qualities of land, and what projects take of it: the accounts that nobody writes rows for."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from zonevest.reports.audit_cells import Floats, number
from zonevest.reports.audit_tables import Tables


class States(NamedTuple):
    """What land books in every column of the ledger, per hectare and per hectare of farmland quality 1."""

    per_ha: Floats
    per_quality: Floats


class Areas:
    """The built-in accounts as columns of a flattened ledger.

    Attributes
    ----------
    width : columns of an account, its periods and `total`.
    columns : width x accounts.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.width = len(tables.periods) + 1
        self.columns = len(tables.accounts) * self.width
        self.of_class, self.of_zone = cache(self._of_class), cache(self._of_zone)
        self.of_practice = cache(self._of_practice)

    def cell(self, account: str, period: int) -> int:
        """The column of an account and a period in a flattened ledger (the last period stands for `total`)."""
        return self.tables.account[account] * self.width + period

    def _stock(self, column: Floats, name: str, t: int, amount: float = 1.0) -> None:
        column[self.cell(name, t)] += amount
        if t == self.width - 2:  # over `total` a stock is its last state
            column[self.cell(name, t + 1)] += amount

    def _event(self, column: Floats, name: str, t: int) -> None:
        column[self.cell(name, t)] += 1.0
        column[self.cell(name, self.width - 1)] += 1.0

    def _moves(self, column: Floats, kind: str, before: list[str], after: list[str], t: int) -> None:
        """Gains of what is newly entered, losses of what is left."""
        for name in after:
            if name not in before:
                self._event(column, f"area.gained.{kind}.{name}", t)
        for name in before:
            if name not in after:
                self._event(column, f"area.lost.{kind}.{name}", t)

    def _blank(self) -> States:
        return States(np.zeros(self.columns), np.zeros(self.columns))

    def _of_class(self, land_class: str, new_class: str, resource: str, change: float) -> States:
        """Land of a class that becomes another in the year `change`; `resource` is that of a park or the sea."""
        tables, out = self.tables, self._blank()
        for t, last in enumerate(tables.lasts):
            now = new_class if change <= last else land_class
            self._stock(out.per_ha, f"area.class.{now}", t)
            for group in tables.groups[now]:
                self._stock(out.per_ha, f"area.class_group.{group}", t)
            if held := resource or tables.class_resource[now]:
                self._stock(out.per_ha, f"area.resource.{held}", t)
            if "arable" in tables.groups[now]:
                self._stock(out.per_quality, "quality.arable", t)
            if now != land_class:
                self._stock(out.per_ha, "area.converted", t)
            if tables.starts[t] <= change <= last and new_class != land_class:
                before, after = tables.groups[land_class], tables.groups[new_class]
                self._moves(out.per_ha, "class", [land_class], [new_class], t)
                self._moves(out.per_ha, "class_group", before, after, t)
                if "construction" in after and "construction" not in before:
                    self._event(out.per_ha, "area.new_construction", t)
                if "arable" in after and "arable" not in before:
                    self._event(out.per_quality, "quality.gained.arable", t)
                if "arable" in before and "arable" not in after:
                    self._event(out.per_quality, "quality.lost.arable", t)
        return out

    def _of_zone(self, zone: str, new_zone: str, year: float) -> States:
        """Land in a zone that goes to another in `year`."""
        tables, out = self.tables, self._blank()
        before, after = tables.zone_chain.get(zone, []), tables.zone_chain.get(new_zone, [])
        for t, last in enumerate(tables.lasts):
            for place in after if year <= last else before:
                self._stock(out.per_ha, f"area.zone.{place}", t)
            if tables.starts[t] <= year <= last and new_zone != zone:
                self._moves(out.per_ha, "zone", before, after, t)
                self._event(out.per_ha, "area.rezoned", t)
        return out

    def _of_practice(self, practice: str, year: float) -> States:
        """Land under a practice from `year`, and the people who move in once it serves."""
        out, named = self._blank(), self.tables.practices[practice]
        served, people = year + number(named["lead_years"], 0.0), number(named["in_migration"], 0.0)
        for t, last in enumerate(self.tables.lasts):
            if year <= last:
                self._stock(out.per_ha, f"area.practice.{practice}", t)
            if served <= last:
                self._stock(out.per_ha, "population", t, people)
            if self.tables.starts[t] <= year <= last:
                self._event(out.per_ha, f"area.new.practice.{practice}", t)
        return out

    def taken(self, land_class: str, category: str, start: int, quality: float) -> Floats:
        """The accounts of area and quality of one hectare of a class that a project takes from a period on."""
        tables, out = self.tables, np.zeros(self.columns)
        groups, resource = tables.groups[land_class], tables.class_resource[land_class]
        builds = category not in ("ecological_restoration", "agriculture", "eco_bank")
        periods = len(tables.periods)
        for t in range(start, periods + 1):  # the last one is `total`: the last state
            out[self.cell(f"area.class.{land_class}", t)] -= 1.0
            for group in groups:
                out[self.cell(f"area.class_group.{group}", t)] -= 1.0
            if "arable" in groups:
                out[self.cell("quality.arable", t)] -= quality
            if resource:
                out[self.cell(f"area.resource.{resource}", t)] -= 1.0
            if builds:
                out[self.cell("area.class_group.construction", t)] += 1.0
                out[self.cell("area.resource.land", t)] += 1.0
        for t in (start, periods):
            out[self.cell(f"area.lost.class.{land_class}", t)] += 1.0
            for group in groups:
                out[self.cell(f"area.lost.class_group.{group}", t)] += 1.0
            if "arable" in groups:
                out[self.cell("quality.lost.arable", t)] += quality
            if builds:
                out[self.cell("area.gained.class_group.construction", t)] += 1.0
                if "construction" not in groups:
                    out[self.cell("area.new_construction", t)] += 1.0
        return out
