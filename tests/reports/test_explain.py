"""Explanations, recomputed from the tables of the study by code that shares nothing with them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

import zonevest as zv
from tests.model import budget_rows
from tests.model.builds import Build, complete
from tests.model.complete_bay import bay
from tests.model.complete_shore import shore
from tests.model.complete_valley import valley
from tests.reports.second_way import Second, check_options
from zonevest.instances.study import Study
from zonevest.model.policy import ROW_FAMILIES
from zonevest.pricing import moved, priced
from zonevest.reports.display import Display
from zonevest.reports.explain import Explanation, explain_parcel
from zonevest.reports.explain_limit import explain_limit
from zonevest.reports.explain_missing import lifted_ledger, worth_of
from zonevest.reports.explain_project import TURNED, explain_project
from zonevest.reports.labels import LABELS, Words
from zonevest.reports.priced import Priced, weight_of

MANY = int(os.environ.get("ZONEVEST_EXPLAIN_PARCELS", "1000"))
STUDIES: dict[str, Callable[[], Study]] = {
    "village": lambda: zv.read_study("village"),
    "bay": bay,
    "valley": valley,
    "valley, divided": lambda: valley({"divisible": True}),
    "shore": lambda: shore(**budget_rows.STEPS, **budget_rows.PAIRS),
    "budgets": budget_rows.of_budgets,
    "lexicographic": lambda: valley(
        {"objective": {"method": "lexicographic", "order": ["ecosystem", "cash"], "tolerance": 0.1}}
    ),
    "accounts": lambda: valley(
        {"objective": {"method": "weighted", "cash": 1.0, "accounts": {"rent": 1.0, "area.converted": -0.1}}}
    ),
}


@cache
def of(name: str) -> Priced:
    plan = zv.solve(STUDIES[name](), gap=0.0)
    assert plan.has_plan
    return priced(plan)


@cache
def second_by_name(name: str) -> Second:
    """Reckoned once for all tests: each reads it."""
    return second_of(of(name))


@cache
def told_of(name: str, limit: str) -> Explanation:
    """Of a limit, explained once for all tests."""
    return explain_limit(of(name), limit)


def second_of(found: Priced) -> Second:
    stages = found.plan.settings.get("stages", [])
    tolerance = found.plan.study.settings.objective.tolerance
    earlier = {each["term"]: each["value"] - tolerance * abs(each["value"]) for each in stages}
    return Second(found.plan.study, {"stage": len(stages), "earlier": earlier})


def check_parcels(found: Priced, second: Second, parcels: list[str], **more: Any) -> None:
    prices = {name: price for name, price in zip(found.told["row"], found.prices.tolist(), strict=True) if price}
    taken = dict(list(found.plan.parcels.groupby("parcel_id")))
    for name in parcels:
        table = taken[name]
        share = dict(zip(zip(table["practice"], table["start"], strict=True), table["share"].tolist(), strict=True))
        check_options(explain_parcel(found, name), second, prices, share, **more)


@pytest.mark.parametrize("name", STUDIES)
def test_parcels_are_explained_by_the_tables_alone(name: str) -> None:
    found = of(name)
    check_parcels(found, second_by_name(name), list(found.plan.study.parcels["parcel_id"]))


@pytest.mark.parametrize("name", ["village", "bay", "valley", "shore", "accounts"])
def test_what_a_line_keeps_out_is_worth_what_the_tables_say(name: str) -> None:
    found = of(name)
    second, free = second_by_name(name), replace(found, prices=np.zeros(len(found.prices)))
    options, ids = found.ledger.options, found.plan.study.parcels["parcel_id"].tolist()
    periods, seen = [*(period.name for period in found.plan.study.periods), ""], 0
    for at, parcel in enumerate(ids):
        alone = lifted_ledger(found, at)
        kinds, worth = alone.options, worth_of(found, at, alone)
        named = [(kinds.practices[p], periods[s]) for p, s in zip(kinds.kind_practice, kinds.kind_start, strict=True)]
        # those that there are, among the others
        mine = slice(options.start[at], options.start[at + 1])
        kind = options.kind[mine]
        there = [(options.practices[options.kind_practice[k]], periods[options.kind_start[k]]) for k in kind]
        assert [worth[named.index(key)] for key in there] == pytest.approx(found.option_worth[mine].tolist(), abs=1e-8)
        if name != "accounts":  # an account that is weighed is none of F1 and F2
            value = dict(zip(named, worth_of(free, at, alone).tolist(), strict=True))
            for practice, start in set(named) - set(there):
                seen += 1
                expected = sum(second.by_account(parcel, practice, start).values())
                assert value[practice, start] == pytest.approx(expected, rel=1e-7, abs=1e-9), (parcel, practice, start)
    assert seen or name in ("accounts", "valley", "shore", "bay")


@pytest.mark.parametrize("name", STUDIES)
def test_every_row_and_decision_has_words(name: str) -> None:
    found = of(name)
    for lang in ("en", "zh"):
        display = Display(found.plan.study, Words(lang))
        for row in found.block.rows:
            assert display.row(row).split("[")[0] != row.split("[")[0]
        for column in found.block.columns[found.states.size :]:
            assert display.column(column).split("[")[0] != column.split("[")[0]


def test_every_family_of_rows_has_words() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rows.md").read_text(encoding="utf-8").split("{ #refused }")[0]
    listed = set(re.findall(r"^\| [^|]*(?:\|[^|]*)*?\| `([a-z_]+)(?:\[|` )", page, flags=re.MULTILINE))
    assert len(listed) > 40
    families = {*ROW_FAMILIES, *listed} - {"assign", "objective"}
    assert sorted(name for name in families if f"row_{name}" not in LABELS) == []


@pytest.mark.parametrize("name", STUDIES)
def test_every_limit_is_told_in_both_languages(name: str) -> None:
    found = of(name)
    for limit in found.told["limit"].unique():
        told = told_of(name, limit)
        assert told.to_text("en") != told.to_text("zh")
        json.dumps(told.to_dict())


@pytest.mark.parametrize("name", ["valley", "bay"])
def test_what_actors_forgo_for_a_limit_is_what_the_other_plan_distributes(name: str) -> None:
    found = of(name)
    for limit in found.told.loc[np.abs(found.prices) > 1e-6, "limit"].unique()[:6]:
        told = told_of(name, limit)
        moved, turned = told["giving"], told["giving_projects"]
        if not len(moved) and not len(turned):
            assert not len(told["actors"])
            continue
        parcels = found.plan.parcels[~found.plan.parcels["parcel_id"].isin(moved["parcel_id"])]
        instead = moved[["parcel_id", "instead", "instead_start"]].assign(share=1.0)
        instead.columns = ["parcel_id", "practice", "start", "share"]
        weight = weight_of(found.ledger, pd.concat([parcels, instead], ignore_index=True))
        names = list(found.ledger.works.names)
        begun = found.plan.projects.set_index("project")["start"].to_dict()
        begun |= dict(zip(turned["project"], turned["instead"], strict=True))
        periods = [period.name for period in found.plan.study.periods]
        after = np.array(
            [[bool(begun[j]) and periods.index(begun[j]) <= t for t in range(len(periods))] for j in names]
        )
        before = found.columns[: found.states.size].reshape(found.states.shape)
        actors = told["actors"].set_index("actor")["forgone"]
        every = [f"gain.actor.{actor}" for actor in actors.index]
        wanted = [(account, 0) for account in every]
        ledger = found.ledger
        values = [
            ledger.values(wanted, x, np.asarray(u, dtype=float).reshape(found.states.shape), ["total"])[0]
            for x, u in ((found.weight, before), (weight, after))
        ]
        assert actors.to_numpy() == pytest.approx(values[1] - values[0], abs=1e-7)


@pytest.mark.parametrize("name", STUDIES)
def test_all_parts_add_up_to_the_objective(name: str) -> None:
    found = of(name)
    assert found.plan.objective is not None
    assert found.balance["value"].sum() == pytest.approx(found.plan.objective, rel=1e-7)


@pytest.mark.parametrize("name", STUDIES)
def test_who_pays_for_a_limit_adds_up_to_it(name: str) -> None:
    found = of(name)
    second, names = second_by_name(name), found.told["row"].tolist()
    weight = dict(zip([second.names[key] for key in found.ledger.options.names()], found.weight, strict=True))
    values = weight | dict(zip(found.block.columns, found.columns, strict=True))
    price = dict(zip(names, found.prices.tolist(), strict=True))
    for limit in found.told["limit"].unique():
        told = told_of(name, limit)
        payers, rows = told["payers"], told["rows"]
        for row in rows.itertuples():
            terms = second.build.rows.get(row.row, (0, 0, {}))[2]
            mine = payers[payers["row"] == row.row]
            assert mine["amount"].sum() == pytest.approx(sum(v * values[c] for c, v in terms.items()), abs=1e-7)
            assert row.amount == pytest.approx(mine["amount"].sum(), abs=1e-7)
            assert row.price == price[row.row]
            by_parcel = mine[mine["kind"] == "parcel"].groupby("name")["amount"].sum()
            for parcel, amount in by_parcel.items():
                own = [key for key in found.ledger.options.names() if key[0] == parcel]
                terms_of = sum(terms.get(second.names[key], 0.0) * weight[second.names[key]] for key in own)
                assert amount == pytest.approx(terms_of, abs=1e-7)
        assert payers["value"].sum() == pytest.approx(rows["slack"].sum() - rows["worth"].sum(), abs=1e-7)
        # who would do something else without the limit: looked for parcel by parcel
        free = {name: 0.0 if name in set(rows["row"]) else price[name] for name in names}
        giving = told["giving"].set_index("parcel_id")["forgone"]
        for parcel in second.parcels:
            own = [second.names[key] for key in found.ledger.options.names() if key[0] == parcel]
            worth = {c: second.build.objective.get(c, 0.0) - sum(free.get(r, 0.0) * v for r, v in
                     second.rows_of[c].items()) for c in own}  # fmt: skip
            gain = max(worth.values()) - sum(weight[c] * worth[c] for c in own)
            assert parcel not in giving.index or giving[parcel] == pytest.approx(gain, rel=1e-6)


def starts_of(build: Build, project: str, names: list[str], price: dict[str, float]) -> list[float]:
    """What a start in each period is worth: its states are 1 from then on."""
    columns = {name: f"U[{project},{name}]" for name in names} | {
        n: f"U[{project},'{n}']" for n in names if n.isdigit()
    }
    worth = [
        build.objective.get(columns[name], 0.0)
        - sum(price.get(row, 0.0) * terms.get(columns[name], 0.0) for row, (_, _, terms) in build.rows.items())
        for name in names
    ]
    return [sum(worth[s:]) for s in range(len(names))]


@pytest.mark.parametrize("name", ["valley", "shore", "budgets"])
def test_a_project_is_worth_nothing_at_its_break_even(name: str) -> None:
    found = of(name)
    second, study = second_by_name(name), found.plan.study
    names = [period.name for period in study.periods]
    price = dict(zip(found.told["row"], found.prices.tolist(), strict=True))
    for project in study.projects["project"]:
        told = explain_project(found, project, moved(found, project, TURNED))
        starts, parts = told["starts"], told["parts"]
        assert starts["worth"].to_numpy() == pytest.approx(starts_of(second.build, project, names, price), abs=1e-7)
        sums = parts.groupby("start")["value"].sum().reindex(names).fillna(0.0)
        assert sums.to_numpy() == pytest.approx(starts["worth"].to_numpy(), abs=1e-7)
        at = names.index(told.figures["told"]) if told.figures["told"] else 0
        for column in TURNED:
            even = starts[f"{column}_break_even"].iloc[at]
            if np.isfinite(even) and even >= 0.0:
                projects = study.projects.copy()
                projects.loc[projects["project"] == project, column] = even
                other = complete(replace(study, tables={**study.tables, "projects": projects}), **second.stage)
                assert starts_of(other, project, names, price)[at] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", ["village", "valley", "shore"])
def test_it_is_told_in_both_languages(name: str) -> None:
    plan = of(name).plan
    assert isinstance(plan, zv.Plan)
    asked: list[dict[str, str]] = [{"parcel": plan.study.parcels["parcel_id"].iloc[0]}]
    asked += [{"project": plan.study.projects["project"].iloc[0]}, {"limit": plan.limits["limit"].iloc[0]}]
    for which in asked:
        told = plan.explain(**which)
        assert told.to_text("en") != told.to_text("zh")
        assert json.loads(json.dumps(told.to_dict()))["name"] in which.values()
    for which in ({"parcel": "?"}, {"project": "?"}, {"limit": "?"}):
        with pytest.raises(KeyError):
            plan.explain(**which)
    with pytest.raises(ValueError, match="one of"):
        plan.explain()


def test_prices_of_the_price_method_are_said_to_be_near() -> None:
    plan = zv.solve(STUDIES["valley, divided"](), method="prices", gap=0.0)
    found = priced(plan)
    assert found.basis == "near"
    assert found.balance["value"].sum() == pytest.approx(plan.objective)
    check_parcels(found, second_of(found), list(plan.study.parcels["parcel_id"]))


@pytest.mark.skipif("ZONEVEST_EXPLAIN_PLAN" not in os.environ, reason="no plan named by ZONEVEST_EXPLAIN_PLAN")
def test_parcels_of_a_large_plan_are_explained_by_the_tables_alone() -> None:
    plan = zv.read_plan(Path(os.environ["ZONEVEST_EXPLAIN_PLAN"]))
    found, ids = priced(plan), list(plan.study.parcels["parcel_id"])
    check_parcels(found, second_of(found), Random(8).sample(ids, min(MANY, len(ids))))
    assert plan.objective is not None
    assert found.balance["value"].sum() == pytest.approx(plan.objective, rel=1e-9)
    assert np.isfinite(found.prices).all()
