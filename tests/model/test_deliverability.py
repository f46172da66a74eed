"""Deliverability: what a project brings comes about in part, what it costs in full; by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.model.builds import fast
from tests.model.complete_shore import TABLES, shore
from tests.model.plain import plain, reads, row
from tests.model.shore_rows import short
from zonevest.model.booked import books
from zonevest.model.plan import PlanData

FAMILIES = {
    "toll": ("revenue", "annual"),
    "grant": ("revenue", "one_off"),
    "repair": ("cost", "annual"),
    "nature": ("ecosystem", "annual"),
    "tonnes": ("carbon", "annual"),
    "places": ("social", "annual"),
    "rise": ("uplift", "one_off"),
    "tax": ("revenue", "one_off"),
    "ha": ("quota", "one_off"),
    "things": ("custom", "annual"),
}
"""Accounts on which the project books 10, once or a year; tax is a half of rise, a year later."""
WHOLE = ("repair", "ha", "things")


def test_what_a_project_brings_counts_in_part() -> None:
    limits = [reads(name, name=name) for name in FAMILIES]
    limits += [reads(f"project.{name}", name=name) for name in ("capex", "revenue", "cost", "ecosystem", "jobs")]
    study = plain(
        accounts=[
            {"account": name, "family": family, "recurrence": recurrence, "cash": family in ("revenue", "cost")}
            | {"capture_tool": "levy" if name == "tax" else ""}
            for name, (family, recurrence) in FAMILIES.items()
        ],
        capture=[{"capture_tool": "levy", "uplift_account": "rise", "rate": 0.5, "delay_years": 1}],
        projects=[
            {"project": "j", "capex": 20.0, "annual_revenue": 10.0, "annual_cost": 4.0, "annual_ecosystem": -2.0}
            | {"jobs": 5.0, "latest": "a", "deliverability": 0.8}
        ],
        project_flows=[
            {"project": "j", "account": name, "basis": "per_year" if recurrence == "annual" else "once", "value": 10.0}
            for name, (_, recurrence) in FAMILIES.items()
            if name != "tax"
        ],
        limits=limits,
    )
    build = fast(study)
    for name in FAMILIES:
        booked = 5.0 if name == "tax" else 10.0
        found = row(build, f"limit[{name},total,a]")[0]
        assert found == pytest.approx({"U[j,a]": booked * (1.0 if name in WHOLE else 0.8)}), name
    # open in 2027, half of the first period
    for name, booked in {"capex": 20.0, "revenue": 4.0, "cost": 2.0, "ecosystem": -1.0, "jobs": 2.0}.items():
        assert row(build, f"limit[{name},total,a]")[0] == pytest.approx({"U[j,a]": booked}), name
    # toll 8 and repair 10 in five years, 8 - 4 of its own in four; what is paid once counts 0 at a rate of 0
    assert build.objective["U[j,a]"] == pytest.approx(5 * (8 - 10) + 4 * (8 - 4))


def test_uplift_of_a_catchment_and_what_is_taken_of_it_follow() -> None:
    quay, reeds = TABLES["projects"]
    build = fast(shore(projects=[{**quay, "deliverability": 0.8}, reeds]))

    def found(name: str) -> dict[str, float]:
        atom = "N/lake/tenure=collective"
        return short(row(build, name.replace("eB", atom))[0])

    # a hectare rises by 0.4, not 0.5; its fee is an eighth of that, half of it the purse's; 3 of revenue are 2.4
    assert found("cap[eB,b]") == pytest.approx({"uplifted[quay,a,eB,b]": 0.4, "x[B,shop,a]": -8, "x[B,shop,b]": -8})
    assert found("cover_min[quay,a]") == pytest.approx(
        {"U[quay,a]": 1.4, "uplifted[quay,a,eA,b]": 0.05, "uplifted[quay,a,eB,b]": 0.05, "give[cover_min,quay,a]": 1}
        | {"draw[bond,quay,a,a]": -2.28, "draw[bond,quay,a,b]": -2.28}
    )
    fund = found("fund[b]")
    assert fund["uplifted[quay,a,eB,b]"] == pytest.approx(-0.05)


def test_what_is_told_of_undertakings_follows() -> None:
    quay, reeds = TABLES["projects"]
    study = shore(projects=[{**quay, "deliverability": 0.8}, reeds])
    plan = PlanData(
        study,
        "feasible",
        parcels=pd.DataFrame(
            [("A", "shop", "a", 1.0), ("B", "hold", "", 1.0), ("C", "hold", "", 1.0)],
            columns=["parcel_id", "practice", "start", "share"],
        ),
        projects=pd.DataFrame({"project": ["quay", "reeds"], "start": ["a", ""]}),
        uplift=pd.DataFrame(
            [("quay", "a", "N", "lake", "", "b", 10.0)],
            columns=["project", "start", "jurisdiction", "catchments", "where", "period", "area_ha"],
        ),
    )
    booked = books(plan).plan
    # b has 2027 and 2028; the quay is open in 2028, when ten hectares rise by 0.4; a quarter of it is the fee
    of_quay = {
        row.account: booked.totals[at].tolist()
        for at, row in enumerate(booked.rows.itertuples())
        if row.source == "quay"
    }
    assert of_quay == {
        "project.capex": pytest.approx([4, 4]),
        "project.revenue": pytest.approx([0, 2.4]),
        "project.cost": pytest.approx([0, 1]),
        "value": pytest.approx([0, 4]),
        "fees": pytest.approx([0, 1]),
    }
