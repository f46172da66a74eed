"""What an option or a project brings, year by year (FORMULATION.md sections 4 and 9): flows at work, F1 and F2.

Every number here is for one parcel that follows one option, or for one project that starts in one period. Money is in
million units, area in hectares, time in calendar years.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from zonevest.instances.accounts import FINANCE, GAINS, MONEY, OF_INSTRUMENT
from zonevest.instances.study import Study, items
from zonevest.model.complete_capture import Captures
from zonevest.model.complete_options import HOLD, Land, Option, Record, records
from zonevest.model.complete_rows import (
    FOREVER,
    Row,
    Run,
    Undertaking,
    annual,
    annuity,
    flags,
    life,
    rows_by_subject,
    where_holds,
)
from zonevest.model.complete_shares import Shares

ONE_OFF_AREAS = ("area.gained.", "area.lost.", "area.new.", "quality.gained.", "quality.lost.")
BROUGHT = ("revenue", "ecosystem", "carbon", "uplift", "social")
"""Families of accounts that a project's deliverability counts on: what it brings, not what it takes."""


class Flows:
    """The arithmetic of docs/semantics.md for one study.

    Attributes
    ----------
    land : the options that flows belong to.
    accounts : rows of the accounts table by name; built-in areas have none.
    shares : who receives and pays what is booked.
    captures : what tools take of uplift.
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
        self.stated_rows = {name: self.project_rows[name] for name in land.projects}
        for name, rows in self.stated_rows.items():
            self.project_rows[name] = [self._delivered(land.projects[name], row) for row in rows]
        self.shares = Shares(study, self.accounts)
        self.captures = Captures(study, self.accounts)
        # The same row runs in the same years on many parcels: what one unit of it is worth is worked out once.
        self._years: dict[tuple[Run, bool, int], dict[int, float]] = {}
        self._measures: dict[tuple[Run, bool], list[float]] = {}
        self._presents: dict[tuple[Run, float], float] = {}

    # Accounts

    def recurrence(self, account: str) -> str:
        """annual, one_off or stock; of the built-in accounts too."""
        if account in self.accounts:
            return str(self.accounts[account]["recurrence"])
        if account.startswith(ONE_OFF_AREAS) or account in ("area.rezoned", "area.new_construction"):
            return "one_off"
        if account.startswith(("area.", "quality.", "asset.", "finance.cash.")) or account == "population":
            return "stock"
        if account.startswith((GAINS, "quota.", *OF_INSTRUMENT)):
            return "one_off"
        # the part of a budget is of the same kind as the whole
        if found := {**MONEY, **FINANCE}.get(account.partition(":")[0]):
            return found
        raise ValueError(f"the complete model does not know the account {account!r}")

    def cash_part(self, account: str, project: str = "") -> float:
        """What one unit of an account is in F1: the purse's part, but of land sale where its rent does not count."""
        finance, part = self.study.settings.finance, self.shares.purse_part(account, project)
        if part and finance is not None and not finance.land_rent and self.accounts[account]["role"] == "land_sale":
            return 0.0
        return part

    def ecosystem_part(self, account: str, _project: str = "") -> float:
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

    def starts_in_time(self, project: Record) -> list[int]:
        """The positions of the periods in which a project can start: in time to be built, on land that admits it.

        Whether it is worth it is another matter (see complete_hurdle.py).
        """
        drawn = [self.land.parcels[parcel_id] for parcel_id in items(project["footprint"])]
        if not all(
            self.land.clear_of_lines(each, project["redline_ok"], project["basic_farmland_ok"]) for each in drawn
        ):
            return []
        # The last year of building, and of every amount that is paid once, counted from the start.
        ends = [int(project["build_years"]) - 1]
        ends += [row.start_year for row in self.project_rows[project["project"]] if row.once]
        return [s for s in self.land.window(project) if self.periods[s].start + max(ends) <= self.last]

    def project_runs(self, project: Record, s: int) -> list[Run]:
        """Every row of a project that starts in period s."""
        start = self.periods[s].start
        return [Run(row, start + row.start_year, FOREVER) for row in self.project_rows[project["project"]]]

    def _delivered(self, project: Record, row: Row) -> Row:
        """A row as it counts: of what a project brings only the part that will be there."""
        brings = row.value > 0 and self.accounts[row.account]["family"] in BROUGHT
        return replace(row, value=project["deliverability"] * row.value) if brings else row

    @staticmethod
    def _column_rows(project: Record) -> list[Row]:
        """The rows that a project's own columns stand for."""
        build = int(project["build_years"])
        rows = []
        if project["capex"]:
            # What takes no year to build is paid in the year of the start.
            parts = max(build, 1)
            rows = [Row("project.capex", True, project["capex"] / parts, start_year=k) for k in range(parts)]
        columns = {"annual_revenue": "revenue", "annual_cost": "cost", "annual_ecosystem": "ecosystem", "jobs": "jobs"}
        for column, account in columns.items():
            if project[column]:
                ramp, lives = project["ramp_years"], life(project["life_years"])
                rows.append(Row(f"project.{account}", False, project[column], start_year=build, ramp=ramp, life=lives))
        return rows

    def years(self, run: Run, start_prices: bool = False, until: int = 0) -> dict[int, float]:
        """What one unit of the row's value is in each year (a once row: in its own year).

        Up to the end of the tail, or to a later year `until`: in the tail and after it a ramp is over.
        """
        key = (run, start_prices, until)
        if key not in self._years:
            row = run.row
            amounts = {}
            for year in [run.begin] if row.once else range(run.begin, min(run.stop, max(self.end, until) + 1)):
                if not row.once and year >= run.begin + row.life:
                    break
                if year < run.since:
                    continue
                full = row.once or run.standing or row.ramp <= 0 or year > self.last
                share = 1.0 if full else min(1.0, (year - run.begin + 1) / row.ramp)
                if not row.once:
                    share *= (1 - row.decay) ** (year - run.begin)
                amounts[year] = share * (1.0 if start_prices else self.price(run, year))
            self._years[key] = amounts
        return self._years[key]

    def price(self, run: Run, year: int) -> float:
        """The price growth in what a row books in a year, since the first year of the plan."""
        account, grown = run.priced or (run.row.account, year)
        row = self.accounts.get(account)  # what is traded of a quota has no row, and no price of its own
        return float((1 + row["growth"]) ** (grown - self.y0)) if row else 1.0

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

    # Undertakings, and what they are worth: section 9

    def option(self, parcel: Record, option: Option) -> Undertaking:
        """What a parcel brings under an option, captures of the uplift that it books included."""
        flows = [(run, self.scale(parcel, run.row)) for run in self.runs(parcel, option)]
        flows += [
            taken
            for run, amount in flows
            for taken in self.captures.taken(run, amount, lambda cell: where_holds(parcel, cell))
        ]
        practice, service = self.land.practices.get(option.practice), self.land.change_year(option)
        if practice is None or service is None:
            # Nothing one-off happens on hold: there is nothing to spread.
            return Undertaking(tuple(flows), self.end + 1, math.inf, self.end)
        spread = life(practice["life_years"])
        sells = any(run.row.once and self.accounts[run.row.account]["role"] == "land_sale" for run, _ in flows)
        if sells and practice["lease_years"] == practice["lease_years"]:
            spread = practice["lease_years"]
        return Undertaking(tuple(flows), service, spread, self._last(flows), flags=flags(practice))

    def start(self, project: Record, s: int) -> Undertaking:
        """What a project brings that starts in period s; its own uplift is captured by tools for all parcels alone."""
        flows = [(run, run.row.value) for run in self.project_runs(project, s)]
        flows += [taken for run, amount in flows for taken in self.captures.taken(run, amount, lambda cell: not cell)]
        service = self.periods[s].start + int(project["build_years"])
        name, spread = project["project"], life(project["life_years"])
        return Undertaking(tuple(flows), service, spread, self._last(flows), name, flags(project))

    def _last(self, flows: list[tuple[Run, float]]) -> int:
        """The last year of an undertaking's annual flows; the tail's end where there are none."""
        lasts = [min(run.begin + run.row.life - 1, self.end) for run, _ in flows if run.lasting and not run.row.once]
        return int(max(lasts, default=self.end))

    def worth(self, undertaking: Undertaking, part: Callable[[str, str], float], rate: float) -> float:
        """The present value of an undertaking, its one-off amounts as equal yearly ones from the service year on.

        Σ_y δ_y (recurring of y + A in the years of service), δ_y = (1+r)^−(y−y0+1),
        A = C r / (1 − (1+r)^−life), C = Σ one-off of y · (1+r)^(v−1−y).

        Parameters
        ----------
        undertaking
            What is valued.
        part
            What one unit of an account counts, given the project whose shares go first.
        rate
            r.
        """
        recurring = one_off = 0.0
        for run, amount in undertaking.flows:
            share = part(run.row.account, undertaking.project)
            if not share or self.recurrence(run.row.account) == "stock":
                continue
            if run.row.once:
                carried = (1 + rate) ** (undertaking.service - 1 - run.begin)
                one_off += share * amount * self.years(run)[run.begin] * carried
            else:
                recurring += share * amount * self.present(run, rate)
        return recurring + one_off * self.spread(undertaking, rate)

    def spread(self, undertaking: Undertaking, rate: float) -> float:
        """What one unit of one-off cash at the beginning of the service year is worth: annuity x Σ δ_y from v on."""
        years = range(undertaking.service, undertaking.last + 1)
        return annuity(rate, undertaking.life) * sum(self.discount(rate, year) for year in years)

    def present(self, run: Run, rate: float) -> float:
        """What one unit of a yearly row is worth at the start of the plan."""
        key = (run, rate)
        if key not in self._presents:
            self._presents[key] = sum(self.discount(rate, year) * amount for year, amount in self.years(run).items())
        return self._presents[key]

    def discount(self, rate: float, year: int) -> float:
        """δ_y: payments fall at the end of the year."""
        return float((1 + rate) ** -(year - self.y0 + 1))
