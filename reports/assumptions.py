"""The annex: every default that the plan uses with its source, what F1 and F2 rest on, and how the plan was found."""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.defaults import CN, group
from zonevest.instances.schema import DEFAULT_TABLES, FLOW_TABLES
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.contributions import LAND_TABLES, SURE
from zonevest.reports.display import DASH
from zonevest.reports.once import once
from zonevest.reports.sections_head import status_of
from zonevest.reports.tables import HOLD, limits

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.reports.facts import Facts

CODES = {
    "published": "V",
    "recalled": "K",
    "modelling default": "D",
    "stated in the paper": "S",
    "computed": "C",
    "": "N",
}
"""Codes of what a row says of its confidence; other words are `O`, as the study puts it."""
RECALLED = "K"
MORE_TABLES = ("quotas", "price_steps", "set_asides", "project_flows", "synergies")
"""Tables without defaults whose rows have a source too."""
ANNEX = ["table", "what", "value", "unit", "stated_in", "confidence", "certainty", "origin", "cash", "ecosystem"]
SHARES = ["measure", "over", "certainty", "rows", "amount", "share"]
METHOD = ["item", "code", "code_kind", "value", "unit"]


def code_of(confidence: pd.Series) -> pd.Series:
    """The code of each confidence."""
    return confidence.fillna("").astype(str).map(CODES).fillna("O")


def annex(facts: Facts) -> pd.DataFrame:
    """Every row of the default tables that the plan uses, and of other tables that state a source.

    Used are flows that chosen options carry (and held land), land actions that are taken, limits that bind or give,
    instruments that are raised or owed, tools that capture, accounts that hold something and their shares, zones and
    classes in which land ends, and the suitability by which a changed class lies in its zone.

    Returns
    -------
    DataFrame
        ``table, what`` (the key), ``value, unit, stated_in, confidence`` (its word), ``certainty`` (V published, K
        recalled, D modelling default, S stated in the paper, C computed, N nothing said, O other), ``origin``
        (default: as the package's row; study: the study's own), ``cash, ecosystem`` (what flows add to the gains in F1
        and F2, million present value).
    """
    masks, parts = _used(facts), []
    flows = facts.contributions
    for name in (*DEFAULT_TABLES, *MORE_TABLES):
        table = facts.study.tables[name]
        if table.empty:
            continue
        keep = masks.get(name, np.ones(len(table), dtype=bool))
        more: dict[str, Any] = {"cash": np.nan, "ecosystem": np.nan}
        if name in LAND_TABLES:
            own = flows[flows["table"] == name].set_index("row").reindex(range(len(table)))
            keep = own["used"].fillna(False).to_numpy(dtype=bool)
            more = {what: (own[what] - own[f"{what}_nothing"]).to_numpy()[keep] for what in ("cash", "ecosystem")}
        rows = table[keep]
        if len(rows):
            keys = rows[list(_key(name))].astype(str).to_numpy(dtype=object)
            parts.append(
                pd.DataFrame(
                    {
                        "table": name,
                        "what": ["/".join(filter(None, key)) for key in keys.tolist()],
                        "value": rows[_VALUE[name]].to_numpy(dtype=float) if name in _VALUE else np.nan,
                        "unit": rows["unit"].fillna("").to_numpy() if "unit" in rows else "",
                        "stated_in": rows["source"].fillna("").to_numpy(),
                        "confidence": rows["confidence"].fillna("").to_numpy(),
                        "origin": np.where(_is_default(name, rows), "default", "study"),
                        **more,
                    }
                )
            )
    if not parts:
        return pd.DataFrame({name: [] for name in ANNEX})
    every = pd.concat(parts, ignore_index=True)
    return every.assign(certainty=code_of(every["confidence"]))[ANNEX]


_VALUE = {
    **dict.fromkeys((*LAND_TABLES, "limits", "project_flows", "synergies"), "value"), "class_zones": "suitability",
    "capture": "rate", "instruments": "rate", "shares": "share", "set_asides": "share", "price_steps": "price",
    "accounts": "growth", "practices": "life_years",
}  # fmt: skip
"""The number of a row that is told, by table."""


def _key(name: str) -> tuple[str, ...]:
    """The columns that say which row it is."""
    if name.endswith("_flows"):
        return (*group(name), "where") if name in LAND_TABLES else group(name)
    return {"shares": ("account", "role", "actor", "project"), "price_steps": ("account", "area_account", "up_to")}.get(
        name, group(name)
    )


def _used(facts: Facts) -> dict[str, Any]:
    """Which rows of tables without flows are used: table -> shape (rows,)."""
    study, plan, land = facts.study, facts.plan, facts.land
    accounts, booked = facts.ledger.accounts, facts.books.plan.rows
    ledger = plan.ledger[plan.ledger["value"] != 0]
    held = set(ledger["account"]) | set(booked["account"])
    tools = set(accounts_with(study, booked.loc[booked["captured_from"] != "", "account"]))
    known = limits(plan)
    binding = set(known.loc[known["state"] != "holds", "limit"])
    raised = set(plan.financing["instrument"]) if len(plan.financing) else set()
    changed = land[land["practice"] != HOLD]
    pairs = set(zip(changed["class_after"], changed["zone"], strict=True))
    given = zip(study.class_zones["land_class"], study.class_zones["zone"], strict=True)
    owed = study.instruments["outstanding"].to_numpy(dtype=float) > 0
    actors = set(study.shares.loc[study.shares["account"].isin(set(booked["account"])), "actor"])
    return {
        "zones": study.zones["zone"].isin(land["zone"]).to_numpy(),
        "land_classes": study.land_classes["land_class"].isin({*land["class_after"], *land["class_before"]}).to_numpy(),
        "class_zones": np.array([pair in pairs for pair in given], dtype=bool),
        "actors": study.actors["actor"].isin(actors | set(accounts.purse)).to_numpy(),
        "capture": study.capture["capture_tool"].isin(tools).to_numpy(),
        "accounts": study.accounts["account"].isin(held).to_numpy(),
        "practices": study.practices["practice"].isin(land["practice"]).to_numpy(),
        "instruments": study.instruments["instrument"].isin(raised).to_numpy() | owed,
        "shares": study.shares["account"].isin(set(booked["account"])).to_numpy(),
        "limits": study.limits["limit"].isin(binding).to_numpy(),
        "project_flows": study.project_flows["project"].isin(_built(facts)).to_numpy(),
        "synergies": study.synergies[["project", "with"]].isin(_built(facts)).all(axis=1).to_numpy(),
    }  # fmt: skip


def accounts_with(study: Any, names: pd.Series) -> pd.Series:
    """The tools that post on some accounts."""
    return study.accounts.loc[study.accounts["account"].isin(set(names)), "capture_tool"]


def _built(facts: Facts) -> list[str]:
    """The chosen projects."""
    projects = facts.plan.projects
    return list(projects.loc[projects["start"].fillna("") != "", "project"])


@lru_cache(maxsize=32)
def _defaults(name: str) -> frozenset[tuple[str, ...]]:
    """Key, value and source of every default row of a table."""
    if name not in DEFAULT_TABLES:
        return frozenset()
    path = files("zonevest.instances").joinpath("defaults", CN, f"{name}.csv")
    table = pd.read_csv(io.StringIO(path.read_text(encoding="utf-8")), dtype=str, keep_default_na=False)
    return frozenset(_marks(name, table))


def _marks(name: str, rows: pd.DataFrame) -> list[tuple[str, ...]]:
    """What makes a row the same as another: key, value, source and confidence."""
    columns = [rows[key].fillna("").astype(str) if key in rows else [""] * len(rows) for key in _key(name)]
    if name in _VALUE and _VALUE[name] in rows:
        numbers = pd.to_numeric(rows[_VALUE[name]], errors="coerce")
        columns.append([f"{value:.12g}" for value in numbers.fillna(0.0)])
    columns += [rows[what].fillna("").astype(str) for what in ("source", "confidence")]
    return list(zip(*columns, strict=True))


def _is_default(name: str, rows: pd.DataFrame) -> Any:
    """Whether each row is as the package's default tables have it."""
    known = _defaults(name)
    return np.array([mark in known for mark in _marks(name, rows)], dtype=bool)


@once
def confidence_shares(facts: Facts) -> pd.DataFrame:
    """How much of F1 and F2 rests on what: every row counts with the absolute size of what it adds.

    Returns
    -------
    DataFrame
        ``measure`` (F1, F2), ``over`` (``gain``: over doing nothing; ``total``: all that the plan books), ``certainty``
        (the code), ``rows`` (that add something), ``amount`` (Σ of absolute sizes, million present value) and
        ``share`` of it. The share of code K is what rests on recalled numbers.
    """
    flows = facts.contributions.assign(certainty=lambda table: code_of(table["confidence"]))
    parts = []
    order = {code: rank for rank, code in enumerate([*(CODES[word] for word in SURE), "O", "N"])}
    for measure, name in (("F1", "cash"), ("F2", "ecosystem")):
        for basis in ("gain", "total"):
            size = (flows[name] - (flows[f"{name}_nothing"] if basis == "gain" else 0.0)).abs()
            size = size[size > 1e-12]
            by_code = size.groupby(flows.loc[size.index, "certainty"]).agg(["size", "sum"])
            by_code = by_code.loc[sorted(by_code.index, key=order.__getitem__)]
            table = pd.DataFrame(
                {"certainty": by_code.index, "rows": by_code["size"].to_numpy(), "amount": by_code["sum"].to_numpy()}
            )
            whole = float(table["amount"].sum())
            parts.append(table.assign(measure=measure, over=basis, share=table["amount"] / (whole or np.nan)))
    return pd.concat(parts, ignore_index=True)[SHARES]


def recalled_share(facts: Facts) -> dict[str, float]:
    """The share of the gains in F1 and F2 that rests on recalled numbers; 0 where nothing is recalled."""
    table = confidence_shares(facts)
    mine = table[(table["over"] == "gain") & (table["certainty"] == RECALLED)].set_index("measure")["share"]
    return {measure: float(mine.get(measure, 0.0)) for measure in ("F1", "F2")}


def method(facts: Facts) -> pd.DataFrame:
    """How the plan was found and how good it is.

    Returns
    -------
    DataFrame
        ``item``; its ``value`` in a ``unit``, or a ``code`` of a ``code_kind`` (blank: a text).
    """
    plan, study = facts.plan, facts.study
    rates, objective, present = study.settings.rates, study.settings.objective, "million, present value"
    numbers: list[tuple[str, float | None, str]] = [
        ("objective", plan.objective, ""), ("bound", plan.bound, ""), ("gap", plan.gap, "share"),
        ("gap_total", plan.gap_total, "share"), ("gap_asked", plan.settings.get("gap"), "share"),
        ("cash", plan.cash, present), ("ecosystem", plan.ecosystem, present),
        ("nothing_cash", plan.doing_nothing.get("cash"), present),
        ("nothing_ecosystem", plan.doing_nothing.get("ecosystem"), present),
        ("seed", plan.seed, ""), ("seconds", sum(plan.seconds.values()) if plan.seconds else None, "s"),
        *((f"floor_{name}", value, "") for name, value in objective.floor.items()),
        ("rate_finance", rates.finance, "share"), ("rate_social", rates.social, "share"),
        ("tail_years", rates.tail_years, "years"), ("parcels", len(study.parcels), "count"),
        ("projects", len(study.projects), "count"), ("periods", len(study.periods), "count"),
        *((f"recalled_{name.lower()}", value, "share") for name, value in recalled_share(facts).items()),
    ]  # fmt: skip
    if objective.method == "weighted":
        numbers += [("weight_cash", objective.cash, ""), ("weight_ecosystem", objective.ecosystem, "")]
    words = [
        ("status", status_of(plan) + "_plain" * (plan.status == "optimal"), "word:status_"),
        ("solver_method", plan.method, "word:method_"),
        ("goal", objective.method, "word:goal_by_"), ("study_hash", study.hash, ""),
        ("first_year", str(study.first_year), ""), ("last_year", str(study.last_year), ""),
        *(("version", f"{name} {number}", "") for name, number in plan.versions.items()),
        *(("limits_off", name, "word:off_") for name in plan.limits_off),
    ]  # fmt: skip
    rows = [(item, code, kind, np.nan, DASH) for item, code, kind in words]
    told = [(item, float(value), unit) for item, value, unit in numbers if value is not None]
    rows[1:1] = [(item, "", "", 100.0 * v, "percent") if unit == "share" else (item, "", "", v, unit or DASH)
                 for item, v, unit in told]  # fmt: skip
    return pd.DataFrame(rows, columns=METHOD)


def confidence(study: Study) -> pd.DataFrame:
    """How sure the study's numbers are: rows of the flow tables by ``table, confidence, certainty`` (see `annex`)."""
    found = {name: study.tables[name]["confidence"].fillna("").astype(str) for name in FLOW_TABLES}
    counts = {name: words.groupby(words).size() for name, words in found.items() if len(words)}
    rows = [(name, word, count) for name, each in counts.items() for word, count in each.items()]
    table = pd.DataFrame(rows, columns=["table", "confidence", "rows"])
    return table.assign(certainty=code_of(table["confidence"]))[["table", "confidence", "certainty", "rows"]]


def sources(study: Study) -> pd.DataFrame:
    """Where the numbers come from: ``stated_in, table, rows`` of flows, limits and accounts, most used first."""
    tables = {name: study.tables[name] for name in (*FLOW_TABLES, "limits", "accounts")}
    given = [table["source"].fillna("").astype(str).rename("stated_in").to_frame().assign(table=name)
             for name, table in tables.items()]  # fmt: skip
    every = pd.concat(given, ignore_index=True)
    sums = every[every["stated_in"] != ""].groupby(["stated_in", "table"], sort=False).size().rename("rows")
    return sums.reset_index().sort_values("rows", ascending=False, kind="stable", ignore_index=True)


_PV = "million, present value"
SHEETS = (
    Sheet(
        "method", "assumptions", method,
        (Column("item", "word:how_"), Column("code", "@code_kind"), Column("code_kind", "hidden"),
         Column("value", unit="@unit"),
         Column("unit", "unit")),
    ),
    Sheet(
        "confidence_shares", "assumptions", confidence_shares,
        (Column("measure", "word:measure_"), Column("over", "word:basis_"), Column("certainty", "word:confidence_"),
         Column("rows", "count"), Column("amount", unit=_PV), Column("share", "share")),
    ),
    Sheet(
        "annex", "assumptions", annex,
        (Column("table", "word:in_table_"), Column("what", "row_key"), Column("value", unit="@unit"),
         Column("unit", "unit"), Column("stated_in", "text"),
         Column("confidence", "word:stated_"), Column("certainty", "word:confidence_"),
         Column("origin", "word:origin_"), Column("cash", unit=_PV), Column("ecosystem", unit=_PV)),
    ),
    Sheet(
        "confidence", "assumptions", lambda facts: confidence(facts.study),
        (Column("table", "word:in_table_"), Column("confidence", "word:stated_"),
         Column("certainty", "word:confidence_"), Column("rows", "count", total=True)),
        always=True,
    ),
    Sheet(
        "sources", "assumptions", lambda facts: sources(facts.study),
        (Column("stated_in", "text"), Column("table", "word:in_table_"), Column("rows", "count", total=True)),
        always=True,
    ),
)  # fmt: skip
