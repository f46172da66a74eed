"""A plan as data: what was chosen, what it is worth, and how sure that is. Written to a folder and read back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.read import read_study
from zonevest.instances.say import Said, from_parts, to_parts
from zonevest.instances.study import FORMAT, Study, each, period_names
from zonevest.instances.write import write_study
from zonevest.model.areas import TOTAL
from zonevest.model.flows import CASH, ECOSYSTEM
from zonevest.model.ledger import Ledger
from zonevest.model.options import HOLD, Options, build_options
from zonevest.model.policy import limit_periods, limit_places, limit_sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PARCELS = ["parcel_id", "zone", "practice", "start", "class_before", "class_after", "share"]
PROJECTS = ["project", "start", "capex"]
LEDGER = ["account", "jurisdiction", "period", "measure", "value"]
LIMITS = ["limit", "account", "jurisdiction", "period", "value", "bound", "slack", "shadow_price", "unit"]
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
    nonconforming : held parcels that do not suit their zone or whose zone their lines do not allow.
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
    before: pd.DataFrame = field(default_factory=lambda: _empty(["parcel_id", "zone", "land_class"]))
    nonconforming: pd.DataFrame = field(default_factory=lambda: _empty(["parcel_id", "zone", "land_class"]))

    def write_tables(self, folder: Path) -> None:
        """Write everything but the reports into an existing folder."""
        stated: dict[str, Any] = {"format": FORMAT, "status": self.status, "has_plan": self.has_plan}
        stated |= {name: _finite(getattr(self, name)) for name in NUMBERS}
        stated |= {
            name: getattr(self, name)
            for name in ("doing_nothing", "seconds", "method", "seed", "versions", "limits_off", "settings", "message")
        }
        if isinstance(self.message, Said):
            stated["message_parts"] = to_parts(self.message)
        stated["study_hash"] = self.study.hash
        text = json.dumps(stated, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "plan.json").write_text(text + "\n", encoding="utf-8")
        write_study(self.study, folder / "study")
        self.parcels.to_parquet(folder / "parcels.parquet", index=False)
        self.projects.to_csv(folder / "projects.csv", index=False)
        self.ledger.to_parquet(folder / "ledger.parquet", index=False)
        self.limits.to_csv(folder / "limits.csv", index=False)
        if self.study.geometry is not None and self.has_plan:
            _layer(self).to_file(folder / "plan.gpkg", layer="plan", driver="GPKG", engine="pyogrio")


def _finite(value: float | None) -> float | None:
    """JSON knows no infinity: what is not known is null."""
    return None if value is None or not np.isfinite(value) else float(value)


def _layer(plan: PlanData) -> Any:
    """The plan as a layer: one feature per parcel and option chosen, with its shape."""
    import geopandas as gpd

    shapes = pd.Series(range(len(plan.study.parcels)), index=plan.study.parcels["parcel_id"])
    geometry = plan.study.geometry
    assert geometry is not None
    return gpd.GeoDataFrame(
        plan.parcels.reset_index(drop=True),
        geometry=geometry.iloc[shapes[plan.parcels["parcel_id"]].to_numpy()].to_numpy(),
        crs=geometry.crs,
    )


def read_plan_data(folder: Path) -> dict[str, Any]:
    """The fields of a plan from its folder.

    Raises
    ------
    FileNotFoundError
        If the folder is no plan folder.
    """
    stated = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    text = {"keep_default_na": False, "na_values": {"value": [""], "bound": [""], "slack": [""], "shadow_price": [""]}}
    fields = {name: stated[name] for name in stated if name not in ("format", "study_hash")}
    fields["message"] = from_parts(fields.pop("message_parts", None), fields.get("message", ""))
    fields["study"] = read_study(folder / "study")
    fields["parcels"] = pd.read_parquet(folder / "parcels.parquet")
    fields["ledger"] = pd.read_parquet(folder / "ledger.parquet")
    fields["projects"] = pd.read_csv(
        folder / "projects.csv", dtype={"project": str, "start": str}, keep_default_na=False
    )
    names = dict.fromkeys(("limit", "account", "jurisdiction", "period", "unit"), str)
    fields["limits"] = pd.read_csv(folder / "limits.csv", dtype=names, **text)
    if fields["has_plan"]:
        options = build_options(fields["study"])
        fields["before"] = before_table(options)
        fields["nonconforming"] = nonconforming_table(options, fields["parcels"])
    return fields


def tell(ledger: Ledger, weight: Floats, started: Floats) -> dict[str, Any]:
    """The tables of a plan and its F1 and F2 from the decisions.

    Parameters
    ----------
    weight : x, shape (options,).
    started : U, shape (projects, periods).
    """
    cash, ecosystem = ledger.values([(CASH, 0), (ECOSYSTEM, 0)], weight, started, [TOTAL])[0]
    table, parcels = ledger.table(weight, started), parcels_table(ledger, weight)
    known = set(table["jurisdiction"].unique()) - _tags(ledger)
    return {
        "cash": float(cash),
        "ecosystem": float(ecosystem),
        "parcels": parcels,
        "nonconforming": nonconforming_table(ledger.options, parcels),
        "projects": projects_table(ledger, started),
        "ledger": table[table["jurisdiction"].isin(known)].reset_index(drop=True),
        "limits": limits_table(ledger, weight, started),
        "before": before_table(ledger.options),
    }


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


def projects_table(ledger: Ledger, started: Floats) -> pd.DataFrame:
    """Every project with the period of its start, blank where it is not built."""
    names = period_names(ledger.study.periods)
    began = [names[int(row.argmax())] if row.any() else "" for row in started > 0.5]
    projects = ledger.study.projects
    return pd.DataFrame(
        {
            "project": projects["project"].to_numpy(),
            "start": began,
            "capex": np.where(np.array(began, dtype=object) != "", projects["capex"].to_numpy(dtype=float), 0.0),
            **{name: projects[name].to_numpy() for name in _own_columns(projects)},
        }
    )


def limits_table(ledger: Ledger, weight: Floats, started: Floats) -> pd.DataFrame:
    """Every row of every limit with its value, its bound and its slack (below 0: broken), in the account's unit."""
    units = ledger.accounts_and_units()["unit"]
    names = period_names(ledger.study.periods)

    class Wanted(dict[tuple[str, str, str], float]):
        """Notes every entry that is asked for."""

        def __missing__(self, key: tuple[str, str, str]) -> float:
            self[key] = 0.0
            return 0.0

    cases = [
        (row, place, period)
        for row in each(ledger.study.limits)
        for place in limit_places(ledger, row.jurisdiction)
        for period in limit_periods(ledger.study, row.period)
    ]
    entries = Wanted()
    for case in cases:
        limit_sides(entries, ledger, *case)
    wanted = list(dict.fromkeys((account, names.index(period)) for account, _, period in entries))
    places = list(dict.fromkeys(place for _, place, _ in entries))
    if entries:
        value = ledger.values(wanted, weight, started, places)
        column = {item: index for index, item in enumerate(wanted)}
        for account, place, period in entries:
            entries[account, place, period] = value[places.index(place), column[account, names.index(period)]]
    rows = []
    for row, place, period in cases:
        body, bound = (float(side) for side in limit_sides(entries, ledger, row, place, period))
        room = {"<=": bound - body, ">=": body - bound, "==": -abs(body - bound)}[row.sense] + row.tolerance
        unit = units.get(row.account, "")
        rows.append((row.limit, row.account, place, period, body, bound, room, np.nan, unit))
    table = pd.DataFrame(rows, columns=LIMITS)
    own = ledger.study.limits[["limit", *_own_columns(ledger.study.limits)]]
    return table.merge(own, on="limit", how="left") if own.shape[1] > 1 else table
