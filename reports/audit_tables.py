"""The audit's own reading of a study's tables: years, accounts, parcels, lines, today's zones.

Nothing here comes from the model: the audit would not find a fault that it shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances.schema import LINES
from zonevest.instances.study import Study
from zonevest.reports.audit_accounts import Actors, read_accounts
from zonevest.reports.audit_budgets import Budgets
from zonevest.reports.audit_cells import Flags, Floats, Ints, Record, flags, number, numbers, split, texts

GRADE = {"0": 0, "general": 1, "core": 2}
ADMITS = {"no": 0, "general": 1, "core": 2}


class Tables:
    """A study as the audit reads it.

    Attributes
    ----------
    years : y0 … the last year of the tail; `tail` says which of them are tail.
    starts, lasts, lengths : first year, last year and years of every period.
    accounts : every account, the study's and the built-in ones; `account` gives the position of a name.
    actors, budgets : who has which part of an account, and in which budget the purse's part is.
    parcels : number of parcels; the arrays beside it have this length, in the order of the table.
    today_zone : the zone in which each parcel is held.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.settings = study.settings
        self._rows: dict[str, list[Record]] = {}
        self._demand: NDArray[np.object_] | None = None
        self._read_years()
        self._read_places()
        self._read_parcels()
        self._read_accounts()
        self.today_zone = self._find_today_zones()
        self._masks: dict[str, Flags] = {}
        self._columns: dict[str, Floats] = {}

    def rows(self, table: str) -> list[Record]:
        """The rows of a table, one dict each."""
        if table not in self._rows:
            frame = self.study.tables.get(table)
            names = [] if frame is None else list(frame.columns)
            cells = [] if frame is None or frame.empty else frame.to_numpy(dtype=object).tolist()
            self._rows[table] = [dict(zip(names, row, strict=True)) for row in cells]
        return self._rows[table]

    # ---------------------------------------------------------------- years

    def _read_years(self) -> None:
        periods = self.settings.periods
        self.periods = [period.name for period in periods]
        self.period = {name: t for t, name in enumerate(self.periods)}
        self.starts = [period.start for period in periods]
        self.lengths = [period.years for period in periods]
        self.lasts = [period.start + period.years - 1 for period in periods]
        self.past = self.periods.index(self.settings.begun) + 1 if self.settings.begun else 0
        self.y0, self.horizon_end = self.starts[0], self.lasts[-1]
        self.end = self.horizon_end + int(self.settings.rates.tail_years)
        self.years: Floats = np.arange(self.y0, self.end + 1, dtype=np.float64)
        self.tail: Flags = self.years > self.horizon_end

    # ---------------------------------------------------------------- zones, classes, practices, projects

    def _read_places(self) -> None:
        self.zones = [str(row["zone"]) for row in self.rows("zones")]
        self.zone_at = {zone: i for i, zone in enumerate(self.zones)}
        self.zone_line = {str(row["zone"]): str(row["line"]) for row in self.rows("zones")}
        self.zone_rule = {str(row["zone"]): str(row["line_rule"]) for row in self.rows("zones")}
        parent = {str(row["zone"]): str(row["parent"]) for row in self.rows("zones")}
        self.zone_chain = {zone: self._chain(zone, parent) for zone in self.zones}

        classes = self.rows("land_classes")
        self.classes = [str(row["land_class"]) for row in classes]
        self.class_at = {name: i for i, name in enumerate(self.classes)}
        self.groups = {str(row["land_class"]): split(row["class_group"]) for row in classes}
        self.class_resource = {str(row["land_class"]): str(row["resource"]) for row in classes}

        pairs = self.rows("class_zones")
        self.suitability: Floats = np.full((len(self.classes), len(self.zones)), 0.0 if pairs else 2.0)
        for row in pairs:
            if row["land_class"] in self.class_at and row["zone"] in self.zone_at:
                self.suitability[self.class_at[row["land_class"]], self.zone_at[row["zone"]]] = row["suitability"]

        self.practices = {str(row["practice"]): row for row in self.rows("practices")}
        self.projects = {str(row["project"]): row for row in self.rows("projects")}
        self.land_take: dict[str, list[Record]] = {}
        for row in self.rows("land_take"):
            # a row without a jurisdiction takes land in the project's own
            place = str(row["jurisdiction"]) or str(self.projects[str(row["project"])]["jurisdiction"])
            self.land_take.setdefault(str(row["project"]), []).append({**row, "jurisdiction": place})
        self.once_years: dict[str, list[float]] = {}
        for row in self.rows("project_flows"):
            if row["basis"] in ("once", "per_ha_once"):
                self.once_years.setdefault(str(row["project"]), []).append(number(row["start_year"], 0.0))

    @staticmethod
    def _chain(zone: str, parent: dict[str, str]) -> list[str]:
        """The zone, its parent, and so on upwards."""
        chain = [zone]
        while (above := parent.get(chain[-1], "")) and above not in chain:
            chain.append(above)
        return chain

    # ---------------------------------------------------------------- parcels

    def _read_parcels(self) -> None:
        frame = self.study.tables.get("parcels", pd.DataFrame(columns=["parcel_id", "land_class"]))
        self.frame = frame
        self.parcels = len(frame)
        self.ids = texts(frame, "parcel_id")
        self.parcel = {str(name): i for i, name in enumerate(self.ids)}
        self.area = numbers(frame, "area_ha", 0.0)
        self.land_class = texts(frame, "land_class")
        self.class_index: Ints = np.array([self.class_at.get(c, -1) for c in self.land_class], dtype=np.int64)
        self.jurisdiction = texts(frame, "jurisdiction")
        self.quality = numbers(frame, "farmland_quality", 1.0)
        self.condition = numbers(frame, "condition", 1.0)
        self.price_factor = numbers(frame, "land_price_factor", 1.0)
        self.people = numbers(frame, "population", 0.0)
        self.redline: Ints = np.array([GRADE[str(cell)] for cell in texts(frame, "redline")], dtype=np.int64)
        self.inside: dict[str, Flags] = {line: flags(frame, line) for line in LINES if line != "redline"}
        self.inside["redline"] = self.redline > 0
        overlay = texts(frame, "conversion")
        self.overlay = np.where(overlay == "", "free", overlay)
        self.tags = [split(cell) for cell in texts(frame, "tags")]
        self.tenure, self.locked_zone, self.locked_practice, self.locked_start = (
            texts(frame, name) for name in ("tenure", "locked_zone", "locked_practice", "locked_start")
        )
        self.forbidden = [frozenset(split(cell)) for cell in texts(frame, "forbidden_zones")]
        self.title, self.slope = flags(frame, "title", blank=True), numbers(frame, "slope_class", 1.0)
        # national park first, then sea, then (where this is blank) the class's own
        self.flag_resource = np.where(
            self.inside["national_park"], "national_park", np.where(self.inside["sea"], "sea", "")
        ).astype(object)
        self.named_jurisdictions = self._name_jurisdictions()

    def _name_jurisdictions(self) -> list[str]:
        names = [str(row["jurisdiction"]) for row in self.rows("jurisdictions")]
        others = [*self.jurisdiction, *(row.get("jurisdiction", "") for row in self.projects.values())]
        others += [row.get("jurisdiction", "") for rows in self.land_take.values() for row in rows]
        return list(dict.fromkeys([*names, *(str(name) for name in others if name)]))

    # ---------------------------------------------------------------- accounts

    def _read_accounts(self) -> None:
        self.budgets = Budgets(self)
        self.actors = Actors(self)
        self.accounts = read_accounts(self, self.actors.names)
        self.account = {account.name: account.at for account in self.accounts}

    # ---------------------------------------------------------------- where

    def mask(self, where: str) -> Flags:
        """For which parcels a `where` cell holds."""
        if where not in self._masks:
            holds = np.ones(self.parcels, dtype=bool)
            for part in split(where):
                column, _, wanted = part.partition("=")
                holds &= self._equals(column.strip(), [value.strip() for value in wanted.split("|")])
            self._masks[where] = holds
        return self._masks[where]

    def _equals(self, column: str, wanted: list[str]) -> Flags:
        series = self.frame[column]
        if series.dtype == bool:
            truths = {value.lower() in ("1", "true", "1.0") for value in wanted}
            return np.array([bool(cell) in truths for cell in series], dtype=bool)
        if pd.api.types.is_numeric_dtype(series.dtype):
            figures = {float(value) for value in wanted}
            return np.array([float(cell) in figures for cell in series], dtype=bool)
        return np.array([str(cell) in wanted for cell in series], dtype=bool)

    def scale(self, column: str) -> Floats:
        """A `scale_by` column."""
        if column not in self._columns:
            self._columns[column] = numbers(self.frame, column, 0.0)
        return self._columns[column]

    # ---------------------------------------------------------------- lines

    def demanding(self, line: str) -> bool:
        """Whether land inside the line must lie in a zone of it (one of its zones says `exact` or `contains`)."""
        return any(
            self.zone_line[zone] == line and self.zone_rule[zone] in ("exact", "contains") for zone in self.zones
        )

    def first_demand(self) -> NDArray[np.object_]:
        """The line that decides each parcel's zone: the first demanding one it lies inside, or ``""``."""
        if self._demand is None:
            self._demand = np.full(self.parcels, "", dtype=object)
            for line in reversed(LINES):
                if self.demanding(line):
                    self._demand[self.inside[line]] = line
        return self._demand

    def line_against(self, zone: str) -> NDArray[np.object_]:
        """The line that keeps each parcel out of a zone, the zone's own before the parcel's; ``""`` for none."""
        own, demanded = self.lines_against(zone)
        return np.where(own == "", demanded, own)

    def lines_against(self, zone: str) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """The zone's own line where it keeps a parcel out, and the line of the parcel where that does."""
        own: NDArray[np.object_] = np.full(self.parcels, "", dtype=object)
        line = self.zone_line.get(zone, "")
        if line and self.zone_rule[zone] in ("exact", "within"):
            own[~self.inside[line]] = line
        demand = self.first_demand()
        return own, np.where(demand != line, demand, "")

    def _find_today_zones(self) -> NDArray[np.object_]:
        """The approved zone; else the most suitable of the demanding line, of those that lines permit, of all."""
        today = texts(self.frame, "zone").copy()
        blank = np.flatnonzero(today == "")
        if not len(blank):
            return today
        demand = self.first_demand()
        against = {zone: self.line_against(zone) for zone in self.zones}
        # parcels of one class inside the same lines lie in the same zone
        alike = list(zip(self.class_index.tolist(), *(self.inside[line].tolist() for line in LINES), strict=True))
        known: dict[tuple[Any, ...], str] = {}
        for i in blank:
            if alike[i] not in known:
                open_to = [zone for zone in self.zones if not against[zone][i]]
                if demand[i]:
                    open_to = [zone for zone in self.zones if self.zone_line[zone] == demand[i]]
                known[alike[i]] = self._most_suitable(int(self.class_index[i]), open_to or self.zones)
            today[i] = known[alike[i]]
        return today

    def _most_suitable(self, class_index: int, zones: Iterable[str]) -> str:
        """The first of the zones that suit a class best."""
        best, found = "", -1.0
        for zone in zones:
            suits = float(self.suitability[class_index, self.zone_at[zone]])
            if suits > found:
                best, found = zone, suits
        return best
