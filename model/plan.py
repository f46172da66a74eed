"""A plan as data: what was chosen, what it is worth, and how sure that is. Written to a folder and read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from zonevest.instances.say import Said, to_parts
from zonevest.instances.study import FORMAT, Study, period_names
from zonevest.instances.write import write_study
from zonevest.model.areas import TOTAL
from zonevest.model.gains import settle_positive
from zonevest.model.ledger import MEASURES, Ledger
from zonevest.model.options import HOLD, Options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PARCELS = ["parcel_id", "zone", "practice", "start", "class_before", "class_after", "share"]
PROJECTS = ["project", "start", "capex"]
KEY = ["account", "jurisdiction", "period"]
LEDGER = [*KEY, "measure", "value"]
DECISIONS = {
    "financing": ["instrument", "project", "start", "period", "raised"],
    "uplift": ["project", "start", "jurisdiction", "catchments", "where", "period", "area_ha"],
    "quota_trade": ["quota", "jurisdiction", "period", "bought", "sold"],
    "fund_transfers": ["jurisdiction", "period", "amount"],
    "budget_transfers": ["from", "to", "period", "amount"],
}
"""Columns of the tables of the policy's own decisions; each is a file of the plan folder."""
SMALL = 1e-9
"""What is less is rounding: no decision."""
LEFT = 1e-7
"""Million, or hectares, that a solver's own tolerance may leave of a start that is not made."""
LIMITS = ["limit", "account", "jurisdiction", "period", "value", "bound", "slack", "shadow_price", "unit"]
CERTIFICATE = ["stage", "leaf", "what", "name", "value"]
FILES = {"parcels": "parcels.parquet", "projects": "projects.csv", "ledger": "ledger.parquet", "limits": "limits.csv"}
OPTIONAL = {"certificate": "certificate.parquet", **{name: f"{name}.csv" for name in DECISIONS}}
"""The files of a plan's tables: those that are always there, and those that are where there is something to tell."""
NUMBERS = ("objective", "bound", "gap", "gap_total", "cash", "ecosystem")


def _empty(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


@dataclass
class PlanData:
    """What a solver found for a study.

    Attributes
    ----------
    study : the study it answers.
    status : optimal (within the gap asked for), feasible, infeasible, no_plan or interrupted.
    has_plan : whether there is a plan; without one the tables are empty and the numbers None.
    objective, bound, gap : gain over doing nothing, what no plan can exceed, and (bound - objective) / |objective|.
    gap_total : the same distance relative to the total value, doing nothing included.
    cash, ecosystem : gains in F1 and F2 over doing nothing, present values in million.
    doing_nothing : F1 and F2 of doing nothing; empty where there is no such state.
    parcels, projects, ledger, limits : tables as in the plan folder.
    financing, uplift, quota_trade, fund_transfers, budget_transfers : the policy's own decisions, those that are not 0.
    nonconforming : held parcels that do not suit their zone or whose zone their lines do not allow.
    certificate : what proves the bound, or that there is no plan, where prices do: stage, leaf, what, name, value;
        empty for other methods.
    seconds : by phase.
    """

    study: Study
    status: str
    has_plan: bool = False
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    gap_total: float | None = None
    cash: float | None = None
    ecosystem: float | None = None
    doing_nothing: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    method: str = "mip"
    seed: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    limits_off: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    parcels: pd.DataFrame = field(default_factory=lambda: _empty(PARCELS))
    projects: pd.DataFrame = field(default_factory=lambda: _empty(PROJECTS))
    ledger: pd.DataFrame = field(default_factory=lambda: _empty(LEDGER))
    limits: pd.DataFrame = field(default_factory=lambda: _empty(LIMITS))
    financing: pd.DataFrame = field(default_factory=lambda: _empty(DECISIONS["financing"]))
    uplift: pd.DataFrame = field(default_factory=lambda: _empty(DECISIONS["uplift"]))
    quota_trade: pd.DataFrame = field(default_factory=lambda: _empty(DECISIONS["quota_trade"]))
    fund_transfers: pd.DataFrame = field(default_factory=lambda: _empty(DECISIONS["fund_transfers"]))
    budget_transfers: pd.DataFrame = field(default_factory=lambda: _empty(DECISIONS["budget_transfers"]))
    certificate: pd.DataFrame = field(default_factory=lambda: _empty(CERTIFICATE))
    before: pd.DataFrame = field(default_factory=lambda: _empty(["parcel_id", "zone", "land_class"]))
    nonconforming: pd.DataFrame = field(default_factory=lambda: _empty(["parcel_id", "zone", "land_class"]))

    @property
    def prices(self) -> pd.DataFrame:
        """Limits with a shadow price that is not 0: what the objective gains per unit of the bound.

        From the linear program in which projects are as planned and land may be divided, so that a price says what a
        small change of a bound is worth, not what other projects would do with a large one.
        """
        limits = self.limits
        return limits[limits["shadow_price"].fillna(0.0).abs() > SMALL].reset_index(drop=True)

    def write_tables(self, folder: Path, money: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Write everything but the reports into an existing folder; `money` is plan.json's summary of money."""
        stated: dict[str, Any] = {"format": FORMAT, "status": self.status, "has_plan": self.has_plan}
        stated |= {name: _finite(getattr(self, name)) for name in NUMBERS}
        stated |= {
            name: getattr(self, name)
            for name in ("doing_nothing", "seconds", "method", "seed", "versions", "limits_off", "settings", "message")
        }
        if isinstance(self.message, Said):
            stated["message_parts"] = to_parts(self.message)
        if money:
            stated["money"] = dict(money)
        stated["study_hash"] = self.study.hash
        # a plan is of the study as it was solved: what its scenarios would change is no part of it
        tables = {name: table for name, table in self.study.tables.items() if name != "scenarios"}
        write_study(replace(self.study, tables=tables), folder / "study")
        self.parcels.to_parquet(folder / "parcels.parquet", index=False)
        self.projects.to_csv(folder / "projects.csv", index=False)
        self.ledger.to_parquet(folder / "ledger.parquet", index=False)
        self.limits.to_csv(folder / "limits.csv", index=False)
        if len(self.certificate):
            self.certificate.to_parquet(folder / "certificate.parquet", index=False)
        for name in DECISIONS:
            table = getattr(self, name)
            if len(table):
                table.to_csv(folder / f"{name}.csv", index=False)
        stated["files"] = digests(folder)
        text = json.dumps(stated, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "plan.json").write_text(text + "\n", encoding="utf-8")


def digest(path: Path) -> str:
    """What tells a file from a damaged one."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def digests(folder: Path) -> dict[str, str]:
    """The digest of every table of a plan folder."""
    return {name: digest(folder / name) for name in (*FILES.values(), *OPTIONAL.values()) if (folder / name).is_file()}


def _finite(value: float | None) -> float | None:
    """JSON knows no infinity: what is not known is null."""
    return None if value is None or not np.isfinite(value) else float(value)


def tell(model: pyo.ConcreteModel, weight: Floats, started: Floats, prices: Mapping[str, float]) -> dict[str, Any]:
    """The tables of a plan, and its F1 and F2, from the decisions.

    Parameters
    ----------
    model : the policy model, its own columns loaded with their values.
    weight : x, shape (options,).
    started : U, shape (projects, periods).
    prices : shadow price of rows, by name.
    """
    ledger: Ledger = model.source
    # to be told of everybody, whether or not a row reads it: entries come into being when they are named
    places = (TOTAL, *ledger.study.jurisdictions["jurisdiction"])
    gains = {(account, place): model.ledger[account, place, TOTAL] for account in model.ledger.sums for place in places}
    model.ledger.load(weight, started)
    _leave_out(model, started)
    settle_positive(model)
    table, parcels = ledger_table(model, weight, started, gains), parcels_table(ledger, weight)
    known = set(table["jurisdiction"].unique()) - _tags(ledger)
    return {
        "cash": float(pyo.value(model.F1)),
        "ecosystem": float(pyo.value(model.F2)),
        "parcels": parcels,
        "nonconforming": nonconforming_table(ledger.options, parcels),
        "projects": projects_table(model, started),
        "ledger": table[table["jurisdiction"].isin(known)].reset_index(drop=True),
        "limits": limits_table(model, prices),
        "before": before_table(ledger.options),
        **{name: _decided(model, name) for name in DECISIONS},
    }


def ledger_table(
    model: pyo.ConcreteModel, weight: Floats, started: Floats, gains: Mapping[tuple[str, str], Any]
) -> pd.DataFrame:
    """The whole ledger: what land and projects book, and what uplift, captures, trade and finance add to it."""
    ledger, book = model.source, model.ledger
    table = ledger.table(weight, started)
    listed = ledger.accounts_and_units()["recurrence"]
    added = {key: value for key, value in book.amounts().items() if key[0] in listed.index and key[2] != TOTAL}
    if added:
        more = pd.DataFrame([(*key, value) for key, value in added.items()], columns=[*KEY, "more"])
        table = table.merge(more, on=KEY, how="outer")
        table["value"] = table["value"].fillna(0.0) + table.pop("more").fillna(0.0)
        table["measure"] = table["measure"].fillna(table["account"].map(listed).map(MEASURES))
    values = {key: float(pyo.value(gain)) for key, gain in gains.items()}
    told = pd.DataFrame(
        [(*key, TOTAL, "period_total", value) for key, value in values.items() if value], columns=LEDGER
    )
    return pd.concat([table, told], ignore_index=True) if len(told) else table


def _leave_out(model: pyo.ConcreteModel, started: Floats) -> None:
    """Of a start that is not made nothing is drawn or lifted: what a solver's tolerance leaves there is 0."""
    ledger: Ledger = model.source
    names, first = period_names(ledger.study.periods), _first(started)
    made = {(name, names[at]) for name, at in zip(ledger.works.names, first, strict=True) if at >= 0}
    for name, at in (("draw", 1), ("uplifted", 0)):
        found = model.component(name)
        for key, variable in found.items() if found is not None else ():
            if key[at : at + 2] not in made and abs(variable.value or 0.0) <= LEFT:
                variable.value = 0.0


def _first(started: Floats) -> list[int]:
    """The period in which each project starts, -1 where it is not built."""
    return [int(row.argmax()) if row.any() else -1 for row in started > 0.5]


def _decided(model: pyo.ConcreteModel, name: str) -> pd.DataFrame:
    """A table of the policy's own decisions, those that are not 0 (see docs, "What a plan tells of money")."""
    rows: dict[tuple[Any, ...], list[float]] = {}

    def put(key: tuple[Any, ...], value: float, at: int = 0, width: int = 1) -> None:
        if value > SMALL:
            rows.setdefault(key, [0.0] * width)[at] = value

    def values(component: str) -> Iterator[tuple[tuple[str, ...], float]]:
        found = model.component(component)
        for key, variable in found.items() if found is not None else ():
            yield key, float(variable.value or 0.0)

    if name == "financing":
        for (f, j, s, t), value in values("draw"):
            put((f, j, s, t), value)
        for (f, t), value in values("raised"):
            put((f, "", "", t), value)
    elif name == "uplift":
        atoms = {atom.name: atom for atom in model.source.atoms}
        for (j, s, place, t), value in values("uplifted"):
            atom = atoms[place]
            put((j, s, atom.jurisdiction, ";".join(atom.catchments), " + ".join(atom.where), t), value)
    elif name == "quota_trade":
        for at, side in enumerate(("buy", "sell")):
            for key, value in values(side):
                put(key, value, at, 2)
    else:
        for key, value in values("transfer" if name == "fund_transfers" else "passed"):
            put(key, value)
    return pd.DataFrame([(*key, *value) for key, value in rows.items()], columns=DECISIONS[name])


def _tags(ledger: Ledger) -> set[str]:
    return set(ledger.places) - {TOTAL} - set(ledger.study.jurisdictions["jurisdiction"])


def parcels_table(ledger: Ledger, weight: Floats) -> pd.DataFrame:
    """What each parcel does: one row per parcel, several where a divisible parcel is shared."""
    options, states, study = ledger.options, ledger.states, ledger.study
    chosen = np.flatnonzero(weight > 1e-9)
    kind, parcel = options.kind[chosen], options.parcel[chosen]
    own = study.parcels[_own_columns(study.parcels)].iloc[parcel]
    zones = np.array([*study.zones["zone"], ""], dtype=object)
    classes = np.array([*study.land_classes["land_class"], ""], dtype=object)
    starts = np.array([*period_names(study.periods), ""], dtype=object)
    practices = np.array(options.practices, dtype=object)
    return pd.DataFrame(
        {
            "parcel_id": study.parcels["parcel_id"].to_numpy()[parcel],
            "zone": np.where(states.assigned[kind], zones[states.zone_new[kind]], ""),
            "practice": practices[options.kind_practice[kind]],
            "start": starts[options.kind_start[kind]],
            "class_before": classes[states.class_today[kind]],
            "class_after": classes[states.class_new[kind]],
            "share": weight[chosen],
            **{name: own[name].to_numpy() for name in own},
        }
    )


def _own_columns(table: pd.DataFrame) -> list[str]:
    """The user's own columns, which pass through to the plan's tables."""
    return [name for name in table.columns if name.startswith("x_")]


def before_table(options: Options) -> pd.DataFrame:
    """Zone and class of every parcel before the plan."""
    parcels = options.study.parcels
    return pd.DataFrame(
        {
            "parcel_id": parcels["parcel_id"].to_numpy(),
            "zone": options.zone_today[options.pattern],
            "land_class": parcels["land_class"].to_numpy(),
        }
    )


def nonconforming_table(options: Options, parcels: pd.DataFrame) -> pd.DataFrame:
    """Parcels that a plan holds although their class does not suit their zone or a line excludes it."""
    before = before_table(options)[options.nonconforming[options.pattern]]
    held = set(parcels.loc[parcels["practice"] == HOLD, "parcel_id"])
    return before[before["parcel_id"].isin(held)].reset_index(drop=True)


def projects_table(model: pyo.ConcreteModel, started: Floats) -> pd.DataFrame:
    """Every project with the period of its start, blank where it is not built, and what each instrument funds of it."""
    ledger = model.source
    names, projects = period_names(ledger.study.periods), ledger.study.projects
    began = [names[at] if at >= 0 else "" for at in _first(started)]
    drawn: dict[str, dict[str, float]] = {f: {} for f in ledger.study.instruments["instrument"]}
    for (f, j, _, _), variable in model.draw.items() if model.component("draw") is not None else ():
        drawn[f][j] = drawn[f].get(j, 0.0) + float(variable.value or 0.0)
    return pd.DataFrame(
        {
            "project": projects["project"].to_numpy(),
            "start": began,
            "capex": np.where(np.array(began, dtype=object) != "", projects["capex"].to_numpy(dtype=float), 0.0),
            **{f: [_told(by_project.get(j, 0.0)) for j in projects["project"]] for f, by_project in drawn.items()},
            **{name: projects[name].to_numpy() for name in _own_columns(projects)},
        }
    )


def _told(amount: float) -> float:
    return amount if amount > SMALL else 0.0


def limits_table(model: pyo.ConcreteModel, prices: Mapping[str, float] = MappingProxyType({})) -> pd.DataFrame:
    """Every row of every limit, of quotas, money and gains: value, bound and slack (below 0: broken), in its unit.

    Its shadow price is the change of the objective per unit of its bound, where it is known.
    """
    rows = []
    for told in model.told:
        if told.when is not None and pyo.value(told.when) < 0.5:
            continue
        value, bound = float(pyo.value(told.value)), float(pyo.value(told.bound))
        room = {"<=": bound - value, ">=": value - bound, "==": -abs(value - bound)}[told.sense] + told.tolerance
        price = prices.get(told.row, np.nan)
        rows.append((told.limit, told.account, told.place, told.period, value, bound, room, price, told.unit))
    table = pd.DataFrame(rows, columns=LIMITS)
    own = model.source.study.limits
    own = own[["limit", *_own_columns(own)]]
    return table.merge(own, on="limit", how="left") if own.shape[1] > 1 else table
