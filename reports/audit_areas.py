"""Areas, transitions and qualities of land, and what projects take of it: the accounts that nobody writes rows for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zonevest.reports.audit_tables import Floats, Tables, number

HOLD = "hold"
UNASSIGNED = ""
FOREVER = math.inf


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

    def cell(self, account: str, period: int) -> int:
        """The column of an account and a period in a flattened ledger (the last period stands for `total`)."""
        return self.tables.account[account] * self.width + period

    def states(self, land_class: str, zone: str, resource: str, practice: str, start: int) -> tuple[Floats, Floats]:
        """The built-in accounts of one hectare, and of one hectare of quality 1."""
        per_ha, per_quality = np.zeros(self.columns), np.zeros(self.columns)
        tables = self.tables
        acts = practice not in (HOLD, UNASSIGNED)
        named = tables.practices[practice] if acts else {}
        new_class = (str(named["to_class"]) or land_class) if acts else land_class
        new_zone = str(named["zone"]) if acts else zone
        year = float(tables.starts[start]) if acts else FOREVER
        change = year + number(named.get("lead_years"), 0.0)

        def stock(column: Floats, name: str, t: int) -> None:
            column[self.cell(name, t)] += 1.0
            if t == len(tables.periods) - 1:
                column[self.cell(name, t + 1)] += 1.0

        def event(column: Floats, name: str, t: int) -> None:
            column[self.cell(name, t)] += 1.0
            column[self.cell(name, len(tables.periods))] += 1.0

        for t, last in enumerate(tables.lasts):
            now = new_class if change <= last else land_class
            stock(per_ha, f"area.class.{now}", t)
            for group in tables.groups[now]:
                stock(per_ha, f"area.class_group.{group}", t)
            if held := resource or tables.class_resource[now]:
                stock(per_ha, f"area.resource.{held}", t)
            if "arable" in tables.groups[now]:
                stock(per_quality, "quality.arable", t)
            if now != land_class:
                stock(per_ha, "area.converted", t)
            if practice != UNASSIGNED:
                for place in tables.zone_chain.get(new_zone if year <= last else zone, []):
                    stock(per_ha, f"area.zone.{place}", t)
            if year <= last:
                stock(per_ha, f"area.practice.{practice}", t)
            if tables.starts[t] <= year <= last:
                event(per_ha, f"area.new.practice.{practice}", t)
                before, after = tables.zone_chain.get(zone, []), tables.zone_chain.get(new_zone, [])
                self._moves(per_ha, event, "zone", before, after, t)
                if new_zone != zone:
                    event(per_ha, "area.rezoned", t)
            if tables.starts[t] <= change <= last and new_class != land_class:
                before, after = tables.groups[land_class], tables.groups[new_class]
                self._moves(per_ha, event, "class", [land_class], [new_class], t)
                self._moves(per_ha, event, "class_group", before, after, t)
                if "construction" in after and "construction" not in before:
                    event(per_ha, "area.new_construction", t)
                if "arable" in after and "arable" not in before:
                    event(per_quality, "quality.gained.arable", t)
                if "arable" in before and "arable" not in after:
                    event(per_quality, "quality.lost.arable", t)
        return per_ha, per_quality

    @staticmethod
    def _moves(column: Floats, event: Any, kind: str, before: list[str], after: list[str], t: int) -> None:
        """Gains of what is newly entered, losses of what is left."""
        for name in after:
            if name not in before:
                event(column, f"area.gained.{kind}.{name}", t)
        for name in before:
            if name not in after:
                event(column, f"area.lost.{kind}.{name}", t)

    def taken(self, land_class: str, category: str, start: int) -> Floats:
        """The area accounts of one hectare of a class that a project takes from a period on."""
        tables, out = self.tables, np.zeros(self.columns)
        groups, resource = tables.groups[land_class], tables.class_resource[land_class]
        builds = category not in ("ecological_restoration", "agriculture", "eco_bank")
        periods = len(tables.periods)
        for t in range(start, periods + 1):  # the last one is `total`: the last state
            out[self.cell(f"area.class.{land_class}", t)] -= 1.0
            for group in groups:
                out[self.cell(f"area.class_group.{group}", t)] -= 1.0
            if resource:
                out[self.cell(f"area.resource.{resource}", t)] -= 1.0
            if builds:
                out[self.cell("area.class_group.construction", t)] += 1.0
        for t in (start, periods):
            out[self.cell(f"area.lost.class.{land_class}", t)] += 1.0
            for group in groups:
                out[self.cell(f"area.lost.class_group.{group}", t)] += 1.0
            if builds:
                out[self.cell("area.gained.class_group.construction", t)] += 1.0
                if "construction" not in groups:
                    out[self.cell("area.new_construction", t)] += 1.0
        return out
