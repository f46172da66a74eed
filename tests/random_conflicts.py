"""Random studies that have no plan, in known ways: conflicts planted in sound ones, and what names each.

Every family of conditions of docs/diagnose.md is planted, but these:

- `keep`, what earlier terms of a lexicographic objective leave: the best that was reached is always reached again.
- The zones' lines `redline`, `basic_farmland`, `sea`, `mineral_right` and `national_park`: as `growth_boundary` and
  `village_boundary`, which are planted; random studies have some of them all the same.
- A user's own rules: nothing is known of them.

What doing nothing always meets (trade, debt, takings, an instrument's limit) stands beside a limit or a mandate that
asks for more.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pandas as pd

import zonevest as zv
from tests.random_money import money_tables
from tests.random_money_conflicts import MONEY_KINDS, harden
from tests.random_rows import joined, table
from tests.random_studies import ACCOUNTS
from zonevest.instances.read import make_study
from zonevest.instances.study import Study, StudyError, lineages
from zonevest.model.options import build_options

Tables = dict[str, Any]
Planted = set[str]
Kind = Callable[["Ground"], Planted | None]
RETRIES = 200
"""So often a study is drawn anew; so often again with projects more, which nothing is asked of."""
SPARE = 3
"""Projects more: the most that a kind asks for and a study of one project has not."""


class Ground:
    """A sound study that has plans, and what may be planted in it."""

    def __init__(self, rnd: Random, settings: dict[str, Any], tables: Tables, study: Study, plan: zv.Plan) -> None:
        self.rnd, self.settings, self.tables, self.study, self.plan = rnd, settings, tables, study, plan
        self.periods = [period["name"] for period in settings["periods"]]
        self.projects = list(study.projects["project"])
        self.used: set[str] = set()
        self.limits: list[dict[str, Any]] = []

    def reached(self, period: str) -> pd.DataFrame:
        """What a plan has in a period, by account that limits may name."""
        found = self.plan.ledger
        known = found["account"].str.startswith(("area.", "project.")) | found["account"].isin(ACCOUNTS)
        return found[known & (found["jurisdiction"] == "total") & (found["period"] == period)]

    def has(self, account: str, period: str) -> float:
        """What a plan has of any account in a period."""
        found = self.plan.ledger
        mine = (found["account"] == account) & (found["jurisdiction"] == "total") & (found["period"] == period)
        return float(found.loc[mine, "value"].sum())

    def limit(self, account: str, sense: str, value: float, period: str, place: str = "") -> str:
        """Plant a limit; its condition's name."""
        name = f"x{len(self.limits)}"
        row = {"limit": name, "account": account, "period": period, "sense": sense, "value": value, "kind": "hard"}
        self.limits.append(row | {"jurisdiction": place})
        return f"limit[{name},{place or 'total'},{period}]"

    def project(self, test: Callable[[Any], bool] = lambda _: True) -> str | None:
        """A project that can start and that nothing was planted on."""
        rows = self.study.projects.set_index("project")
        free = [name for name in self.projects if name not in self.used and test(rows.loc[name])]
        if not free:
            return None
        name = self.rnd.choice(free)
        self.used.add(name)
        return name

    def set(self, project: str, **cells: Any) -> None:
        """Change cells of a project."""
        frame = self.tables["projects"]
        for column, value in cells.items():
            if column not in frame:
                frame[column] = None
            frame[column] = frame[column].astype(object)
            frame.loc[frame["project"] == project, column] = value


def two_limits(ground: Ground) -> Planted | None:
    """Ask for half of what a plan has, and for no more than a third of it."""
    period = ground.rnd.choice(ground.periods)
    reached = ground.reached(period)
    reached = reached[reached["value"] > 0.5]
    if reached.empty:
        return None
    account, value = reached.sample(1, random_state=ground.rnd.randrange(2**31)).iloc[0][["account", "value"]]
    most, least = round(float(value) / 3, 3), round(float(value) / 2, 3)
    return {ground.limit(account, "<=", most, period), ground.limit(account, ">=", least, period)}


def beyond_all(ground: Ground) -> Planted | None:
    account = ground.rnd.choice(["area.converted", "area.class.farm", "project.jobs", "eco", "trees"])
    return {ground.limit(account, ">=", 5000.0, ground.periods[-1])}


def capital(ground: Ground) -> Planted | None:
    project = ground.project(lambda row: row["capex"] > 0)
    if project is None:
        return None
    ground.set(project, mandatory=1)
    most = float(ground.study.projects.set_index("project").loc[project, "capex"]) * 0.75
    return {f"mandatory[{project}]", ground.limit("project.capex", "<=", most, "total")}


def either(ground: Ground) -> Planted | None:
    """One of two projects may be built; one must be, and so must one that is bundled with the other."""
    one, other, third = (ground.project(lambda row: not row["exclusive_set"] and not row["bundle"]) for _ in range(3))
    if one is None or other is None or third is None:
        return None
    ground.set(one, mandatory=1, exclusive_set=f"set of {one}")
    ground.set(other, exclusive_set=f"set of {one}", bundle=f"with {other}")
    ground.set(third, mandatory=1, bundle=f"with {other}")
    named = {f"mandatory[{one}]", f"mandatory[{third}]", f"exclusive[set of {one}]"}
    return {*named, f"bundle[with {other}]"}


def needed(ground: Ground) -> Planted | None:
    """A mandated project requires one whose pool of land is too large."""
    one, other = ground.project(), ground.project()
    if one is None or other is None or ground.tables["parcels"] is None:
        return None
    ground.set(one, mandatory=1, requires=other, requires_lag=0, bundle="")
    ground.set(other, min_area_of="class_group:forest", min_area=4000, requires="", bundle="", mandatory=0)
    return {f"mandatory[{one}]", f"requires[{one},{other}]", f"pool[{other}]"}


def pool(ground: Ground) -> Planted | None:
    project = ground.project()
    if project is None or ground.tables["parcels"] is None:
        return None
    ground.set(project, mandatory=1, min_area_of="class_group:forest", min_area=4000)
    return {f"mandatory[{project}]", f"pool[{project}]"}


def quota(ground: Ground) -> Planted | None:
    """A quota of a half of what a plan uses, and a limit that asks for all of it."""
    period = ground.rnd.choice(ground.periods)
    reached = ground.reached(period).set_index("account")["value"]
    accounts = [name for name in ("area.rezoned", "area.new_construction", "rent") if reached.get(name, 0.0) > 0.25]
    if not accounts:
        return None
    name, account = f"y{len(ground.limits)}", ground.rnd.choice(accounts)
    length = next(each["years"] for each in ground.settings["periods"] if each["name"] == period)
    used = float(reached[account]) * (length if account == "rent" else 1)
    row = {"quota": name, "account_used": account, "granted": used / 2 / length, "movable": 1, "bank": 0, "opening": 0}
    ground.tables["quotas"] = joined(ground.tables.get("quotas"), table([row]))
    least = round(float(reached[account]) * 0.999, 6)
    return {f"quota[{name},total,{period}]", ground.limit(account, ">=", least, period)}


def green(ground: Ground) -> Planted | None:
    finance = ground.settings.get("finance")
    project = ground.project(lambda row: row["capex"] > 0) if finance is not None else None
    if project is None:
        return None
    rule, flag = ground.rnd.choice([("green_share_min", "green"), ("real_estate_share_max", "real_estate")])
    ground.set(project, mandatory=1, **{flag: int(flag == "real_estate")})
    finance[rule] = 1.0 if flag == "green" else 0.0
    finance["soft"] = {name: cost for name, cost in finance.get("soft", {}).items() if name != rule}
    return {f"mandatory[{project}]", *(f"{rule}[{period}]" for period in ground.periods)}


def cash(ground: Ground) -> Planted | None:
    if "finance" not in ground.settings:
        return None
    key = ground.rnd.choice(["finance.cash", "finance.debt"])
    period = ground.rnd.choice(ground.periods)
    if key == "finance.cash":
        return {ground.limit(key, ">=", 50_000.0, period), *(f"debt_ratio_cap[{each}]" for each in ground.periods)}
    return {ground.limit(key, "<=", 3.0, period), ground.limit(key, ">=", 4.0, period)}


def _asked_for(ground: Ground) -> list[str]:
    """Practices that some parcel may follow."""
    options = build_options(ground.study)
    there = [options.practices[k] for k in np.unique(options.kind_practice)]
    return [name for name in there if name in set(ground.study.practices["practice"])]


def lock(ground: Ground) -> Planted | None:
    """Lock every parcel into its zone of today, and ask for a practice of another one, no part of these."""
    frame = ground.tables["parcels"]
    if frame is None or "line" in ground.used or ground.study.zones.empty:
        return None
    options, study = build_options(ground.study), ground.study
    today = options.zone_today[options.pattern]
    zone_of, above = study.practices.set_index("practice")["zone"], lineages(study.zones["zone"], study.zones["parent"])
    there = [name for name in _asked_for(ground) if not set(above[zone_of[name]]) & set(today)]
    if not there or "" in today:
        return None
    ground.used.add("line")
    frame["locked_zone"] = pd.Series(list(today), index=frame.index, dtype=object)
    practice = ground.rnd.choice(there)
    return {"line[locked_zone]", ground.limit(f"area.new.practice.{practice}", ">=", 0.125, ground.periods[0])}


def village(ground: Ground) -> Planted | None:
    """A practice's zone is inside the villages' boundary alone, inside which there is no parcel."""
    frame, zones = ground.tables["parcels"], ground.tables["zones"]
    there = _asked_for(ground) if frame is not None and zones is not None and "line" not in ground.used else []
    if frame is None or zones is None or not there:
        return None
    ground.used.add("line")
    practice = ground.rnd.choice(there)
    zone = ground.study.practices.set_index("practice").loc[practice, "zone"]
    for column, value in (("line", "village_boundary"), ("line_rule", "within")):
        cells = zones[column] if column in zones else pd.Series("", index=zones.index, dtype=object)
        zones[column] = cells.mask(zones["zone"] == zone, value)
    frame["village_boundary"] = 0
    named = "line[line:village_boundary]"
    return {named, ground.limit(f"area.new.practice.{practice}", ">=", 0.125, ground.periods[0])}


def line(ground: Ground) -> Planted | None:
    """Keep a practice off all land, and ask for it."""
    frame = ground.tables["parcels"]
    if frame is None or "line" in ground.used:
        return None
    there, practices = _asked_for(ground), ground.study.practices.set_index("practice")
    if not there:
        return None
    practice = ground.rnd.choice(there)
    ways = {
        "redline_grade": practices.loc[practice, "redline_ok"] != "core",
        "basic_farmland": not practices.loc[practice, "basic_farmland_ok"],
        "forbidden_zones": True,
        "locked_practice": bool(ground.study.settings.hold),
        "conversion": bool(practices.loc[practice, "to_class"])
        and "prohibited" not in practices.loc[practice, "conversion"],
    }
    zones = ground.study.zones.set_index("zone")["line"]
    ways["line:growth_boundary"] = zones.get(practices.loc[practice, "zone"], "") == "growth_boundary"
    reason = ground.rnd.choice([name for name, possible in ways.items() if possible])
    cell = {"redline_grade": "redline", "line:growth_boundary": "growth_boundary"}.get(reason, reason)
    zone = practices.loc[practice, "zone"]
    grades = ["core"] if practices.loc[practice, "redline_ok"] else ["core", "general"]
    values = {"redline": ground.rnd.choice(grades), "basic_farmland": 1, "forbidden_zones": zone, "growth_boundary": 0}
    value = (values | {"locked_practice": "hold"}).get(cell, "prohibited")
    frame[cell] = value
    ground.used.add("line")
    named = {f"line[{reason}]"}
    account = f"area.new.practice.{practice}"
    return {*named, ground.limit(account, ">=", 0.125, ground.periods[0])}


def ratio(ground: Ground) -> Planted | None:
    """A cap on debt against revenue that is all but nothing, and a limit that asks for debt."""
    finance, period = ground.settings.get("finance"), ground.periods[-1]
    debt = ground.has("finance.debt", period)
    if finance is None or debt < 1.0:
        return None
    finance["debt_ratio_cap"] = 1e-6
    harden(finance, "debt_ratio_cap")
    return {f"debt_ratio_cap[{period}]", ground.limit("finance.debt", ">=", round(debt / 2, 3), period)}


def cover(ground: Ground) -> Planted | None:
    """Revenue a million times what debt takes, and a limit that asks for debt before the last period."""
    finance, period = ground.settings.get("finance"), ground.periods[0]
    debt = ground.has("finance.debt", period)
    if finance is None or debt < 1.0 or len(ground.periods) < 2 or "budgets" in ground.used:
        return None
    finance["dscr_min"] = 1e6
    harden(finance, "cover_min", "dscr_min")
    named = {f"cover_min[{each}]" for each in ground.periods} | {f"dscr_min[{each}]" for each in ground.periods}
    return {*named, ground.limit("finance.debt", ">=", round(debt / 2, 3), period)}


def land_sale(ground: Ground) -> Planted | None:
    """No share of land sale in revenue, and a limit that asks for land sale."""
    finance, period = ground.settings.get("finance"), ground.rnd.choice(ground.periods)
    sold = ground.has("money.land_sale", period)
    if finance is None or sold < 0.5:
        return None
    finance["land_sale_share_cap"] = 0.0
    harden(finance, "land_sale_share_cap")
    named = {f"land_sale_share_cap[{each}]" for each in ground.periods}
    return {*named, ground.limit("money.land_sale", ">=", round(sold / 2, 3), period)}


def floor(ground: Ground) -> Planted | None:
    """An objective whose floor no plan reaches."""
    if not ground.study.has_doing_nothing or not len(ground.study.parcels):
        return None
    ground.settings["objective"] = {"method": "floor", "floor": {"cash": 1e5}}
    return {"floor[cash]"}


def shares(ground: Ground) -> Planted | None:
    """Half of all gains for one actor, a limit that gives it next to none, and one that asks for another's gain."""
    actors = ground.tables.get("actors")
    known = [] if actors is None else [name for name in actors["actor"] if name != "outside"]
    if len(known) < 2 or "shares" in ground.used:
        return None
    one, other = ground.rnd.sample(known, 2)
    ground.used.add("shares")
    actors["floor_share"] = [0.5 if name == one else None for name in actors["actor"]]
    most = ground.limit(f"gain.actor.{one}", "<=", 0.1, "total")
    return {f"floor_share[{one}]", most, ground.limit(f"gain.actor.{other}", ">=", 1.0, "total")}


def reserve(ground: Ground) -> Planted | None:
    """Cash for more months than there is money, beside a limit on cash."""
    finance = ground.settings.get("finance")
    period = ground.periods[-1]
    if finance is None or not finance.get("fixed_cost") or "budgets" in ground.used:
        return None
    finance["reserve_months"] = 24.0
    return {f"reserve[{period}]", ground.limit("finance.cash", "<=", 0.01, period)}


def service(ground: Ground) -> Planted | None:
    """Debt of old, and a cover of its service, or a cap on its interest, that no revenue reaches."""
    finance, instruments = ground.settings.get("finance"), ground.tables.get("instruments")
    if finance is None or instruments is None or not ground.used.isdisjoint({"service", "budgets"}):
        return None
    ground.used.add("service")
    owed = {"outstanding": 0.5, "outstanding_years": 5, "rate": 0.05, "budget": "", "tenor_years": 5, "grace_years": 0}
    for column, value in owed.items():
        instruments[column] = instruments[column].astype(object)
        instruments.loc[0, column] = value
    rule = ground.rnd.choice(["dscr_min", "interest_share_general"])
    finance[rule] = 1e4 if rule == "dscr_min" else 1e-5
    if rule == "dscr_min":
        finance["dscr_scope"] = "all"
        finance.pop("dscr_from", None)
    harden(finance, rule)
    return {f"{rule}[{period}]" for period in ground.periods}


def window(ground: Ground) -> Planted | None:
    """A mandated project that may start in the first period only, in which there is no money for it; or the last."""
    if len(ground.periods) < 2:
        return None
    project = ground.project(lambda row: row["capex"] > 0 and row["build_years"] == 1 and not row["bundle"])
    if project is None:
        return None
    end, period = ground.rnd.choice([("latest", ground.periods[0]), ("earliest", ground.periods[-1])])
    ground.set(project, mandatory=1, earliest="", latest="", requires="")
    ground.set(project, **{end: period})
    most = round(float(ground.study.projects.set_index("project").loc[project, "capex"]) / 2, 3)
    return {f"mandatory[{project}]", f"{end}[{project}]", ground.limit("project.capex", "<=", most, period)}


def appraisal(ground: Ground) -> Planted | None:
    """A mandated project requires one that is worth too little at its hurdle rate."""
    one = ground.project(lambda row: not row["bundle"])
    other = ground.project(lambda row: row["capex"] > 0 and not row["bundle"])
    if one is None or other is None:
        return None
    ground.set(one, mandatory=1, requires=other, requires_lag=0)
    lost = {"capex": 40.0, "annual_revenue": 0.125, "hurdle": 0.5, "mandatory": 0, "requires": "", "catchment": ""}
    ground.set(other, **lost, uplift_per_ha=None, uplift_account="", uplift_of="", uplift_cap=None)
    flows = ground.tables.get("project_flows")
    if flows is not None:
        ground.tables["project_flows"] = flows[flows["project"] != other].reset_index(drop=True)
    return {f"mandatory[{one}]", f"requires[{one},{other}]", f"hurdle[{other}]", "portfolio"}


def bundle_worth(ground: Ground) -> Planted | None:
    """A mandated project requires one of a bundle with little restoration in it, or that loses money."""
    finance = ground.settings.get("finance")
    if finance is None or "eod_eco_share" in finance:
        return None
    one, other, third = (ground.project(lambda row: not row["bundle"] and not row["exclusive_set"]) for _ in range(3))
    if one is None or other is None or third is None:
        return None
    finance["eod_eco_share"] = 0.5
    ground.set(one, mandatory=1, requires=other, requires_lag=0, category="infrastructure")
    rest = {"mandatory": 0, "requires": "", "bundle": "eod", "earliest": "", "latest": "", "build_years": 1}
    ground.set(other, category="infrastructure", capex=8.0, annual_revenue=0.0, hurdle=None, **rest)
    ground.set(third, category="ecological_restoration", capex=4.0, annual_revenue=0.0, hurdle=None, **rest)
    return {f"mandatory[{one}]", f"requires[{one},{other}]", "bundle[eod]", "eod_share[eod]", "eod_income[eod]"}


def on_a_line(ground: Ground) -> Planted | None:
    """A mandated project whose site lies on a line that it does not admit."""
    frame = ground.tables["parcels"]
    project = ground.project() if frame is not None else None
    if frame is None or project is None or "line" in ground.used:
        return None
    ground.used.add("line")
    line, cell, value = ground.rnd.choice(
        [("redline", "redline_ok", "core"), ("basic_farmland", "basic_farmland_ok", 1)]
    )
    parcel = ground.rnd.choice(list(frame["parcel_id"]))
    frame[line] = frame[line].astype(object)
    frame.loc[frame["parcel_id"] == parcel, line] = value
    ground.set(project, mandatory=1, footprint=parcel, footprint_zones="", footprint_practice="")
    ground.set(project, **{cell: {"redline_ok": ground.rnd.choice(["no", "general"])}.get(cell, 0)})
    return {f"mandatory[{project}]", f"site_line[{project},{line}]"}


def footprint(ground: Ground) -> Planted | None:
    """A mandated project whose site may lie in one zone alone, which is forbidden there."""
    frame = ground.tables["parcels"]
    if frame is None or ground.study.zones.empty or "line" in ground.used:
        return None
    options = build_options(ground.study)
    today = dict(zip(ground.study.parcels["parcel_id"], options.zone_today[options.pattern], strict=True))
    practices = ground.study.practices
    pairs = [
        (parcel, row["zone"])
        for parcel in today
        for row in practices.to_dict("records")
        if row["zone"] not in ("", today[parcel]) and row["zone"] != "U"  # sub-zones lie in it
    ]
    project = ground.project() if pairs else None
    if project is None:
        return None
    ground.used.add("line")
    parcel, zone = ground.rnd.choice(pairs)
    frame["forbidden_zones"] = frame["forbidden_zones"].mask(frame["parcel_id"] == parcel, zone)
    ground.set(project, mandatory=1, footprint=parcel, footprint_zones=zone, footprint_practice="")
    ground.set(project, redline_ok="core", basic_farmland_ok=1)
    return {f"mandatory[{project}]", f"footprint[{project}]", "line[forbidden_zones]"}


def banned_site(ground: Ground) -> Planted | None:
    """A mandated project takes land of a class that all lies on basic farmland."""
    frame = ground.tables["parcels"]
    project = ground.project() if frame is not None else None
    if frame is None or project is None or "line" in ground.used:
        return None
    ground.used.add("line")
    land_class = ground.rnd.choice(sorted(frame["land_class"].unique()))
    frame["basic_farmland"] = frame["basic_farmland"].mask(frame["land_class"] == land_class, 1)
    ground.set(project, mandatory=1, jurisdiction="", basic_farmland_ok=0, redline_ok="core", footprint="")
    ground.set(project, footprint_zones="", footprint_practice="")
    taken = {"project": project, "land_class": land_class, "jurisdiction": "", "area_ha": 0.25}
    ground.tables["land_take"] = joined(ground.tables.get("land_take"), table([taken]))
    return {f"mandatory[{project}]", f"site_take[{land_class},total,core,0]"}


KINDS = [
    two_limits, beyond_all, capital, either, needed, pool, quota, green, cash, ratio, cover, land_sale, reserve, floor,
    shares, line, service, window, appraisal, bundle_worth, on_a_line, footprint, banned_site, lock, village,
    *MONEY_KINDS,
]  # fmt: skip


def planted_study(rnd: Random, first: Kind | None = None) -> tuple[Study, list[Planted], list[str]]:
    """A study with one to three planted conflicts (of a kind first, if one is given), the conditions of each, kinds."""
    for at in range(2 * RETRIES):
        ground = _ground(rnd, SPARE if at >= RETRIES else 0)
        if ground is None:
            continue
        planted: list[tuple[str, Planted]] = []
        drawn = rnd.sample(KINDS, rnd.choice([1, 1, 2, 3]))
        for kind in [first, *drawn[1:]] if first is not None else drawn:
            done = kind(ground)
            if done is not None:
                planted.append((kind.__name__, done))
        if first is not None and (not planted or planted[0][0] != first.__name__):
            continue
        ground.tables["limits"] = joined(ground.tables["limits"], table(ground.limits))
        try:
            study = make_study(ground.settings, for_diagnosis=True, **ground.tables)
            if planted and zv.solve(study, time_limit=20, method="mip").status == "infeasible":
                return study, [names for _, names in planted], [name for name, _ in planted]
        except StudyError:
            continue
    raise AssertionError("no study could be planted in")


def _ground(rnd: Random, spare: int) -> Ground | None:
    try:
        settings, tables = money_tables(rnd, busy=True)
        settings, tables = copy.deepcopy(settings), copy.deepcopy(tables)
        if spare:
            more = [{"project": f"spare{at}", "capex": 4.0, "build_years": 1} for at in range(spare)]
            tables["projects"] = joined(tables["projects"], table(more))
        study = make_study(settings, **tables)
        plan = zv.solve(study, time_limit=20, method="mip")
    except StudyError:
        return None
    return Ground(rnd, settings, tables, study, plan) if plan.has_plan else None


def applied(study: Study, repair: pd.DataFrame, parcels: pd.DataFrame) -> Study | None:
    """The study with the cells of a repair changed; None where it was not said to do by cells alone."""
    if not (repair["verified_in"] == "study").all():
        return None
    tables = {name: frame.copy() for name, frame in study.tables.items()}
    changes: dict[str, Any] = {}
    land = tables["parcels"]
    for row in parcels.itertuples(index=False):
        for column, value in row.changes.items():
            land[column] = land[column].astype(object)
            land.loc[land["parcel_id"] == row.parcel_id, column] = value
            land[column] = land[column].infer_objects()
    return _changed(study, tables, repair[repair["table"] != ""], changes)


def _changed(study: Study, tables: Tables, repair: pd.DataFrame, changes: dict[str, Any]) -> Study:
    settings = study.settings
    keys = {"limits": "limit", "quotas": "quota", "instruments": "instrument", "projects": "project"}
    for row in repair.itertuples(index=False):
        if row.table == "study" and row.key == "objective":
            floor = dict(settings.objective.floor) | {row.column.removeprefix("floor."): row.new}
            settings = replace(settings, objective=replace(settings.objective, floor=floor))
            continue
        if row.table == "study":
            finance = settings.finance
            assert finance is not None
            if row.column == "eod_eco_share":
                changes[row.column] = row.new
                continue
            period = row.condition.partition("[")[2].rstrip("]").split(",")[-1]
            old = changes.get(row.column, getattr(finance, row.column))
            of = dict(old) if isinstance(old, dict) else dict.fromkeys([p.name for p in study.periods], old)
            of[period] = row.new
            changes[row.column] = of
            continue
        frame = tables[row.table]
        if row.table == "quota_grants":
            quota, place, period = row.key.split("/")
            mine = (frame["quota"] == quota) & (frame["jurisdiction"] == place) & (frame["period"] == period)
            if not mine.any():
                more = pd.DataFrame([{"quota": quota, "jurisdiction": place, "period": period, "amount": row.new}])
                tables[row.table] = pd.concat([frame, more], ignore_index=True)
            else:
                first = frame.index[mine][0]
                frame.loc[first, "amount"] += row.new - row.old
            continue
        mine = frame[keys.get(row.table, row.table.rstrip("s"))] == row.key
        stands = frame.loc[mine, row.column].iloc[0]
        new = row.new
        if isinstance(new, float) and stands != row.old:  # two conditions give by the same cell: the wider counts
            new = max(new, stands) if new > row.old else min(new, stands)
        if row.column == "requires":
            new = "; ".join(j for j in str(stands).split("; ") if j and j in str(row.new).split("; "))
        frame[row.column] = frame[row.column].astype(object)
        frame.loc[mine, row.column] = new
        frame[row.column] = frame[row.column].infer_objects()
    if changes:
        assert settings.finance is not None
        settings = replace(settings, finance=replace(settings.finance, **changes))
    return replace(study, tables=tables, settings=settings)


def unlined(study: Study, kept: set[str]) -> Study:
    """The study without lines, overlays and locks but those kept, by their reasons; zones of today stay."""
    options = build_options(study, lifted=True)
    tables = {name: frame.copy() for name, frame in study.tables.items()}
    parcels, practices, zones = tables["parcels"], tables["practices"], tables["zones"]
    today = options.zone_today[options.pattern]
    parcels["zone"] = np.where(parcels["zone"] == "", today, parcels["zone"])
    if len(zones):
        zones["line"] = zones["line"].where([f"line:{line}" in kept for line in zones["line"]], "")
    if "redline_grade" not in kept:
        practices["redline_ok"] = "core"
    if "basic_farmland" not in kept:
        parcels["basic_farmland"] = False
    if "conversion" not in kept:
        practices["conversion"] = "prohibited; conditional; promoted; free"
    for column in ("locked_zone", "forbidden_zones", "locked_practice"):
        if column not in kept:
            parcels[column] = ""
    return replace(study, tables=tables)
