"""What an option of a parcel is worth, from the tables of the study alone: by the complete model and the reckoner."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from tests.model.builds import Build, complete
from tests.reckon.base import START, Row, inside, split
from tests.reckon.land import HOLD, UNASSIGNED, Land
from zonevest.instances.schema import LINES
from zonevest.instances.study import Study, period_names
from zonevest.model.options import LIFTED
from zonevest.model.policy import objective_weights
from zonevest.reports.explain import Explanation


@dataclass
class Second:
    """A study read apart from what the package solves and explains."""

    study: Study
    stage: dict[str, Any]

    @cached_property
    def build(self) -> Build:
        return complete(self.study, **self.stage)

    @cached_property
    def rows_of(self) -> dict[str, dict[str, float]]:
        """Column -> row -> coefficient."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for name, (_, _, terms) in self.build.rows.items():
            for column, value in terms.items():
                found[column][name] = value
        return found

    @cached_property
    def land(self) -> Land:
        return Land(self.study)

    @cached_property
    def parcels(self) -> dict[str, Row]:
        return {row["parcel_id"]: row for row in self.land.parcels}

    @cached_property
    def names(self) -> dict[tuple[str, str, str], str]:
        """Pyomo's name of every option."""
        names, keys = period_names(self.study.periods), []
        for row in self.land.parcels:
            keys += [(row["parcel_id"], practice, "" if s == START else names[s])
                     for practice, s in self.land.options(row)]  # fmt: skip
        model = pyo.ConcreteModel()
        model.x = pyo.Var(keys)
        return {key: model.x[key].name for key in keys}

    def by_account(self, parcel: str, practice: str, start: str) -> dict[str, float]:
        """What each account adds to λ1 F1 + λ2 F2 under an option."""
        land, row = self.land, self.parcels[parcel]
        s = land.number[start] if start else START
        before, after = land.flows(row, practice, s)
        served, life = land.y0, None
        if s != START:
            action = land.practices[practice]
            served = land.first_year[s] + int(action["lead_years"])
            sells = any(flow.once and land.accounts[flow.account]["role"] == "land_sale" for flow in after)
            life = action["lease_years"] if sells and action["lease_years"] is not None else action["life_years"]
        weights, found = objective_weights(self.study), defaultdict[str, float](float)
        last = max((flow.end for flow in after if flow.lasting), default=None)
        for what, rate, part in (("cash", land.r, land.cash_part), ("ecosystem", land.social, land.natural_part)):
            equal = land.equal(served, life, last, rate)
            for flow in (*before, *after):
                share = part(flow.account) * weights.get(what, 0.0)
                if share and land.accounts[flow.account]["recurrence"] != "stock":
                    years = flow.amounts.items()
                    found[flow.account] += share * (
                        sum(v * (1.0 + rate) ** (served - 1 - year) * equal for year, v in years)
                        if flow.once
                        else sum(v * land.delta(year, rate) for year, v in years if year <= land.end)
                    )
        return {name: value for name, value in found.items() if abs(value) > 1e-12}

    def excludes(self, parcel: str, practice: str, start: str, reason: str) -> bool:
        """Whether the tables say so: the reason by itself excludes the option."""
        land, row = self.land, self.parcels[parcel]
        if reason == "switched_off":
            return not (self.study.settings.hold if practice == HOLD else self.study.settings.unassigned)
        if practice in (HOLD, UNASSIGNED):
            zone, action = (land.today(row), {}) if practice == HOLD else ("", {})
        else:
            action = land.practices[practice]
            zone = action["zone"]
        if reason in ("locked_zone", "forbidden_zones", "locked_practice"):
            lineage = land.lineage(zone)
            return {
                "locked_zone": bool(row["locked_zone"]) and row["locked_zone"] not in lineage,
                "forbidden_zones": bool(set(split(row["forbidden_zones"])) & set(lineage)),
                "locked_practice": row["locked_practice"] not in ("", practice),
            }[reason]
        today = row["land_class"]
        new = action["to_class"] or today
        if reason.startswith("line:"):
            line = reason.removeprefix("line:")
            own = land.zones[zone]
            kept_out = own["line"] == line and own["line_rule"] in ("exact", "within") and not inside(row, line)
            demanded = land.demanded(row)
            theirs = demanded is not None and zone not in demanded and land.zones[demanded[0]]["line"] == line
            return kept_out or theirs
        if reason == "window":
            begin = [land.number[start]] if start else range(len(land.n))
            lead = int(action["lead_years"])
            return not any(s in land.window(action) and land.first_year[s] + lead <= land.last for s in begin)
        if reason == "from_class":
            named = split(action["from_classes"])
            groups = {f"class_group:{group}" for group in land.groups(today)}
            return bool(named) and today not in named and not groups & set(named)
        if reason == "conversion":
            named, overlay, changes = split(action["conversion"]), row["conversion"], new != today
            if named:
                return overlay not in named
            mild = action["mode"] in ("service", "symbiosis") and not changes
            return overlay in ("prohibited", "conditional") and action["mode"] != "restoration" and not mild
        arable = "arable" in land.groups(new)
        return {
            "redline_grade": row["redline"]
            in {"no": ("general", "core"), "general": ("core",), "core": ()}[action["redline_ok"]],
            "basic_farmland": bool(row["basic_farmland"])
            and (not action["basic_farmland_ok"] or (new != today and not arable)),
            "tenure": action["tenure"] not in ("", row["tenure"]),
            "title": bool(action["needs_title"]) and not row["title"],
            "titled": bool(action["clears_title"]) and bool(row["title"]),
            "slope": not action["min_slope_class"] <= row["slope_class"] <= action["max_slope_class"],
            "suitability": land.suitability(new, zone) < (2 if new != today else 1),
            "requires_project": bool(action["requires_project"])
            and not any(practice in split(project["enables"]) for project in land.projects.values()),
        }[reason]


def check_options(found: Explanation, second: Second, prices: dict[str, float], share: dict[tuple[str, str], float],
                  *, rows: bool = True) -> None:  # fmt: skip
    """Recompute the explanation of a parcel.

    Parameters
    ----------
    prices : of each row, by name.
    share : of each option that the plan takes.
    rows : whether the complete model says what options add to rows, or only their accounts are looked at.
    """
    options, parts, parcel = found["options"], found["parts"], found.name
    land, row, names = second.land, second.parcels[found.name], period_names(second.study.periods)
    here = {(practice, "" if s == START else names[s]) for practice, s in land.options(row)}
    possible = options[options["possible"]]
    assert set(zip(possible["practice"], possible["start"], strict=True)) == here
    assert dict(zip(zip(possible["practice"], possible["start"], strict=True), possible["share"], strict=True)) == (
        pytest.approx({key: share.get(key, 0.0) for key in here})
    )
    missing = options.loc[~options["possible"], ["practice", "start", "excluded_by", "also", "would"]]
    for practice, start, reason, also, would in missing.to_numpy():
        told = [reason, *(also.split(";") if also else [])]
        for each in told:
            assert second.excludes(parcel, practice, start, each), (parcel, practice, start, each)
        for each in LIFTED[len(LINES) :] if not start and practice else ():
            assert (each in told) == second.excludes(parcel, practice, "", each), (parcel, practice, each)
        assert np.isnan(would) == (bool(start) or not set(told) <= set(LIFTED)), (parcel, practice, told)
        assert not {(practice, s) for s in ([start] if start else ["", *names])} & here
    worths = {}
    for told in possible.itertuples():
        mine = parts[(parts["practice"] == told.practice) & (parts["start"] == told.start)]
        of_accounts = mine[mine["kind"] == "account"].set_index("name")["value"]
        expected = second.by_account(parcel, told.practice, told.start)
        near = 1e-9 * max(1.0, *map(abs, expected.values())) if expected else 1e-9
        weighed = set(objective_weights(second.study)) - {"cash", "ecosystem"}
        for name in {*of_accounts.index, *expected} - weighed:
            assert of_accounts.get(name, 0.0) == pytest.approx(expected.get(name, 0.0), rel=1e-7, abs=near)
        assert of_accounts.sum() == pytest.approx(told.value, rel=1e-9, abs=near)
        if rows:
            column = second.names[parcel, told.practice, told.start]
            amounts = second.rows_of[column]
            assert told.value == pytest.approx(second.build.objective.get(column, 0.0), rel=1e-9, abs=near)
            charged = {name: -prices.get(name, 0.0) * amount for name, amount in amounts.items() if prices.get(name)}
            of_rows = mine[mine["kind"] == "row"].set_index("row")
            size = max(1.0, *map(abs, charged.values())) if charged else 1.0
            for name in {*charged, *of_rows.index}:
                value = of_rows["value"].get(name, 0.0)
                assert value == pytest.approx(charged.get(name, 0.0), rel=1e-7, abs=1e-9 * size), name
                if name in of_rows.index:
                    assert of_rows["amount"][name] == pytest.approx(amounts.get(name, 0.0), rel=1e-7, abs=1e-9)
            assert told.worth == pytest.approx(told.value + sum(charged.values()), rel=1e-7, abs=1e-8 * size)
        worths[told.practice, told.start] = told.worth
        assert told.rows == pytest.approx(told.worth - told.value)
    chosen = sum(share.get(key, 0.0) * worth for key, worth in worths.items())
    others = [worth for key, worth in worths.items() if share.get(key, 0.0) <= 1e-9]
    assert found.figures["chosen"] == pytest.approx(chosen)
    if others:
        assert found.figures["margin"] == pytest.approx(chosen - max(others))
        assert found["why"]["difference"].sum() == pytest.approx(chosen - max(others), abs=1e-8 * max(1, abs(chosen)))
    assert np.isfinite(list(worths.values())).all()
