"""What an option or a project brings, year by year (FORMULATION.md sections 4 and 9): flows at work, F1 and F2.

Every number here is for one parcel that follows one option, or for one project that starts in one period. Money is in
million units, area in hectares, time in calendar years.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from zonevest.instances.study import Study, conditions, items
from zonevest.model.complete_options import HOLD, Land, Option, Record, blank, records

ONE_OFF_AREAS = ("area.gained.", "area.lost.", "area.new.", "quality.gained.", "quality.lost.")


@dataclass(frozen=True, eq=False)
class Row:
    """A row of a flow table: an amount per year (annual) or an amount once, `start_year` years after its beginning."""

    account: str
    once: bool
    value: float
    start_year: int = 0
    ramp: float = 0.0
    life: float = math.inf
    per_ha: bool = False
    scale_by: str = ""
    where: str = ""
    practice: str = ""
    zone: str = ""


@dataclass(frozen=True)
class Run:
    """A row at work: in every year from `begin` on and before `stop`, or once in the year `begin`.

    Attributes
    ----------
    standing : in force since before the plan, so that no ramp counts.
    own : whether the option or project brings it (the rows of today's land are there without it).
    """

    row: Row
    begin: int
    stop: int
    standing: bool = False
    own: bool = True


def rows_by_subject(table: pd.DataFrame, subject: str) -> dict[str, list[Row]]:
    """The rows of a flow table by its subject (a class, zone, practice, project or parcel)."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in records(table):
        found[row[subject]].append(
            Row(
                account=row["account"],
                once=row["basis"] in ("per_ha_once", "once"),
                value=row["value"],
                start_year=int(row["start_year"]),
                ramp=row["ramp_years"],
                life=math.inf if blank(row["life_years"]) else row["life_years"],
                per_ha=row["basis"] in ("per_ha_year", "per_ha_once"),
                scale_by=row["scale_by"],
                where=row["where"],
                practice=row.get("practice", "") if subject == "parcel_id" else "",
                zone=row.get("zone", "") if subject == "parcel_id" else "",
            )
        )
    return found


class Flows:
    """The arithmetic of docs/semantics.md for one study.

    Attributes
    ----------
    land : the options that flows belong to.
    accounts : rows of the accounts table by name; built-in areas have none.
    """

    def __init__(self, study: Study, land: Land) -> None:
        self.study = study
        self.land = land
        self.periods = study.periods
        self.y0, self.last, self.end = study.first_year, study.last_year, study.end_year
        self.accounts = {row["account"]: row for row in records(study.accounts)}
        self.class_rows = rows_by_subject(study.class_flows, "land_class")
        self.zone_rows = rows_by_subject(study.zone_flows, "zone")
        self.practice_rows = rows_by_subject(study.practice_flows, "practice")
        self.parcel_rows = rows_by_subject(study.parcel_flows, "parcel_id")
        self.project_rows = rows_by_subject(study.project_flows, "project")
        for name, project in land.projects.items():
            self.project_rows[name] = self._column_rows(project) + self.project_rows[name]
        self._shares = records(study.shares)
        # The same row runs in the same years on many parcels: what one unit of it is worth is worked out once.
        self._years: dict[tuple[Run, bool], dict[int, float]] = {}
        self._measures: dict[tuple[Run, bool], list[float]] = {}
        self._presents: dict[tuple[Run, float], float] = {}
        self._purse: dict[tuple[str, str], float] = {}

    # Accounts

    def recurrence(self, account: str) -> str:
        """annual, one_off or stock; of the built-in areas too."""
        if account in self.accounts:
            return str(self.accounts[account]["recurrence"])
        if account.startswith(ONE_OFF_AREAS) or account in ("area.rezoned", "area.new_construction"):
            return "one_off"
        if account.startswith(("area.", "quality.")) or account == "population":
            return "stock"
        raise ValueError(f"the complete model does not know the account {account!r}")

    def purse_part(self, account: str, project: str = "") -> float:
        """What one unit of an account is to the purse in cash: what it receives less what it pays; 0 if no cash."""
        key = (account, project)
        if key not in self._purse:
            self._purse[key] = self._find_purse_part(account, project)
        return self._purse[key]

    def _find_purse_part(self, account: str, project: str) -> float:
        row = self.accounts.get(account)
        if row is None or not row["cash"] or row["family"] not in ("revenue", "cost"):
            return 0.0
        default = {"receives": float(row["family"] == "revenue"), "pays": float(row["family"] == "cost")}
        part = {}
        for role, without in default.items():
            shares = [share for share in self._shares if share["account"] == account and share["role"] == role]
            own = [share for share in shares if project and share["project"] == project]
            shares = own or [share for share in shares if not share["project"]]
            purse = [share["share"] for share in shares if share["actor"] in self.study.settings.purse]
            part[role] = sum(purse) if shares else without
        return part["receives"] - part["pays"]

    def ecosystem_part(self, account: str) -> float:
        """1 for an ecosystem account that counts in F2 (one without a cash counterpart), else 0."""
        row = self.accounts.get(account)
        return float(row is not None and row["family"] == "ecosystem" and not row["counterpart_of"])

    # Rows at work

    def runs(self, parcel: Record, option: Option) -> list[Run]:
        """Every row that works on the parcel under the option, and when."""
        if not option.practice:
            return []
        never = self.end + 1
        today_class, today_zone = parcel["land_class"], self.land.zone_today(parcel)
        start, change = self.land.start_year(option), self.land.change_year(option)
        start, change = (never, never) if start is None or change is None else (start, change)
        new_class, new_zone = option.land_class != today_class, option.zone != today_zone
        parcel_rows = self.parcel_rows.get(parcel["parcel_id"], [])

        # Today's class and zone are in full force from the first year until they change.
        class_ends, zone_ends = change if new_class else never, start if new_zone else never
        found = [Run(row, self.y0, class_ends, True, False) for row in annual(self.class_rows.get(today_class))]
        found += [Run(row, self.y0, zone_ends, True, False) for row in annual(self.zone_rows.get(today_zone))]
        found += [
            Run(row, self.y0 + row.start_year, start, False, False)
            for row in annual(parcel_rows)
            if not row.practice and row.zone in ("", today_zone)
        ]
        if option.practice != HOLD:
            # What the practice brings; an amount once counts from the start, not from the end of the lead years.
            found += [
                Run(row, (start if row.once else change) + row.start_year, never)
                for row in self.practice_rows.get(option.practice, [])
            ]
            found += [
                Run(row, start + row.start_year, never)
                for row in parcel_rows
                if row.practice in ("", option.practice) and row.zone in ("", option.zone)
            ]
            if new_class:
                found += [
                    Run(row, (start if row.once else change) + row.start_year, never)
                    for row in self.class_rows.get(option.land_class, [])
                ]
            if new_zone:
                found += [Run(row, start + row.start_year, never) for row in self.zone_rows.get(option.zone, [])]
        return [run for run in found if where_holds(parcel, run.row.where)]

    def possible_starts(self, project: Record) -> list[int]:
        """The positions of the periods in which a project can start: in time to be built, on land that admits it."""
        admitted = {"no": (), "general": ("general",), "core": ("general", "core")}[project["redline_ok"]]
        for parcel in (self.land.parcels[parcel_id] for parcel_id in items(project["footprint"])):
            if self.land.inside(parcel, "redline") and parcel["redline"] not in admitted:
                return []
            if parcel["basic_farmland"] and not project["basic_farmland_ok"]:
                return []
        # The last year of building, and of every amount that is paid once, counted from the start.
        ends = [int(project["build_years"]) - 1]
        ends += [row.start_year for row in self.project_rows[project["project"]] if row.once]
        return [s for s in self.land.window(project) if self.periods[s].start + max(ends) <= self.last]

    def project_runs(self, project: Record, s: int) -> list[Run]:
        """Every row of a project that starts in period s."""
        start = self.periods[s].start
        return [Run(row, start + row.start_year, self.end + 1) for row in self.project_rows[project["project"]]]

    @staticmethod
    def _column_rows(project: Record) -> list[Row]:
        """The rows that a project's own columns stand for."""
        build = int(project["build_years"])
        life = math.inf if blank(project["life_years"]) else project["life_years"]
        rows = []
        if project["capex"]:
            # What takes no year to build is paid in the year of the start.
            parts = max(build, 1)
            rows = [Row("project.capex", True, project["capex"] / parts, start_year=k) for k in range(parts)]
        columns = {"annual_revenue": "revenue", "annual_cost": "cost", "annual_ecosystem": "ecosystem", "jobs": "jobs"}
        for column, account in columns.items():
            if project[column]:
                ramp = project["ramp_years"]
                rows.append(Row(f"project.{account}", False, project[column], start_year=build, ramp=ramp, life=life))
        return rows

    def years(self, run: Run, start_prices: bool = False) -> dict[int, float]:
        """What one unit of the row's value is in each year up to the end of the tail (a once row: in its own year)."""
        key = (run, start_prices)
        if key not in self._years:
            row = run.row
            growth = 0.0 if start_prices else self.accounts[row.account]["growth"]
            amounts = {}
            for year in [run.begin] if row.once else range(run.begin, min(run.stop, self.end + 1)):
                if not row.once and year >= run.begin + row.life:
                    break
                full = row.once or run.standing or row.ramp <= 0 or year > self.last
                share = 1.0 if full else min(1.0, (year - run.begin + 1) / row.ramp)
                amounts[year] = share * (1 + growth) ** (year - self.y0)
            self._years[key] = amounts
        return self._years[key]

    def scale(self, parcel: Record, row: Row) -> float:
        """What a row's value is multiplied by on a parcel, and the value itself."""
        account = self.accounts[row.account]
        amount = row.value
        if row.per_ha:
            amount *= parcel["area_ha"]
        if row.scale_by:
            amount *= parcel[row.scale_by]
        if account["family"] == "ecosystem":
            amount *= parcel["condition"]
        if account["role"] == "land_sale":
            amount *= parcel["land_price_factor"]
        return float(amount)

    def measure(self, run: Run, start_prices: bool = False) -> list[float]:
        """L of one unit of a row's value by period: mean per year, total of the period, or state at its end."""
        key = (run, start_prices)
        if key not in self._measures:
            self._measures[key] = self._find_measure(run, start_prices)
        return self._measures[key]

    def _find_measure(self, run: Run, start_prices: bool) -> list[float]:
        years, kind = self.years(run, start_prices), self.recurrence(run.row.account)
        values = []
        for period in self.periods:
            inside = sum(amount for year, amount in years.items() if period.start <= year <= period.last)
            if kind == "annual":
                values.append(inside / period.years)
            elif kind == "one_off":
                values.append(inside)
            elif run.row.once:
                values.append(sum(amount for year, amount in years.items() if year <= period.last))
            else:
                values.append(years.get(period.last, 0.0))
        return values

    # Section 9: F1 and F2

    def parcel_worth(self, parcel: Record, option: Option) -> tuple[float, float]:
        """F1 and F2 of a parcel under an option."""
        flows = [(run, self.scale(parcel, run.row)) for run in self.runs(parcel, option)]
        practice = self.land.practices.get(option.practice)
        life, service = math.inf, self.land.change_year(option)
        if practice is not None:
            life = math.inf if blank(practice["life_years"]) else practice["life_years"]
            sells = any(run.row.once and self.accounts[run.row.account]["role"] == "land_sale" for run, _ in flows)
            if sells and not blank(practice["lease_years"]):
                life = practice["lease_years"]
        rates = self.study.settings.rates
        service = self.end + 1 if service is None else service
        return (
            self.worth(flows, self.purse_part, rates.finance, service, life),
            self.worth(flows, self.ecosystem_part, rates.social, service, life),
        )

    def project_worth(self, project: Record, s: int) -> tuple[float, float]:
        """F1 and F2 of a project that starts in period s."""
        flows = [(run, run.row.value) for run in self.project_runs(project, s)]
        life = math.inf if blank(project["life_years"]) else project["life_years"]
        service = self.periods[s].start + int(project["build_years"])
        rates = self.study.settings.rates

        def purse(account: str) -> float:
            return self.purse_part(account, project["project"])

        return (
            self.worth(flows, purse, rates.finance, service, life),
            self.worth(flows, self.ecosystem_part, rates.social, service, life),
        )

    def worth(
        self,
        flows: list[tuple[Run, float]],
        part: Callable[[str], float],
        rate: float,
        service: int,
        life: float,
    ) -> float:
        """The present value of an undertaking, its one-off amounts as equal yearly ones from the service year on.

        Σ_y δ_y (recurring of y + A in the years of service), δ_y = (1+r)^−(y−y0+1),
        A = C r / (1 − (1+r)^−life), C = Σ one-off of y · (1+r)^(v−1−y).
        """
        recurring = one_off = 0.0
        for run, scale in flows:
            share = part(run.row.account)
            if not share or self.recurrence(run.row.account) == "stock":
                continue
            if run.row.once:
                one_off += share * scale * self.years(run)[run.begin] * (1 + rate) ** (service - 1 - run.begin)
            else:
                recurring += share * scale * self.present(run, rate)
        lasts = [min(run.begin + run.row.life - 1, self.end) for run, _ in flows if run.own and not run.row.once]
        last = int(max(lasts, default=self.end))
        equal = one_off * annuity(rate, life)
        return recurring + equal * sum(self.discount(rate, year) for year in range(service, last + 1))

    def present(self, run: Run, rate: float) -> float:
        """What one unit of a yearly row is worth at the start of the plan."""
        key = (run, rate)
        if key not in self._presents:
            self._presents[key] = sum(self.discount(rate, year) * amount for year, amount in self.years(run).items())
        return self._presents[key]

    def discount(self, rate: float, year: int) -> float:
        """δ_y: payments fall at the end of the year."""
        return float((1 + rate) ** -(year - self.y0 + 1))


def annuity(rate: float, life: float) -> float:
    """The equal yearly amount over a life that one unit at its beginning is worth; r for a life without end."""
    if math.isinf(life):
        return rate
    return rate / (1 - (1 + rate) ** -life) if rate else 1 / life


def annual(rows: list[Row] | None) -> list[Row]:
    """The rows that come every year."""
    return [row for row in rows or [] if not row.once]


def where_holds(parcel: Record, cell: str) -> bool:
    """Whether a `where` cell holds for a parcel: every part, by one of its values."""
    for column, values in conditions(cell):
        cell_there = parcel[column]
        if isinstance(cell_there, bool):
            found = cell_there in {value.lower() in ("1", "1.0", "true") for value in values}
        elif isinstance(cell_there, (int, float)):
            found = cell_there in {float(value) for value in values}
        else:
            found = cell_there in values
        if not found:
            return False
    return True
