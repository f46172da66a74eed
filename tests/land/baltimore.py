"""Baltimore's capital programme, FY2014-FY2021: which requests the city's bonds can pay for.

Source: `baltimore_cip`, general obligation bonds only. Each request stands in one year, so the study chooses nothing
but which requests fit under the year's ceiling: it tests plumbing and ties. There is no score of benefit, and none is
made up: the objective is the money funded.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.land.folder import write_folder

BOND = "General Obligation Bonds"
KEY = ["fiscal_year", "cip_number"]


def read_bonds(source: Path) -> pd.DataFrame:
    """Asked for and finally allotted (USD), one row per (fiscal_year, cip_number): rows that recur are added up."""
    rows = pd.read_csv(source / "baltimore_cip" / "project_sources.csv")
    bonds = rows[rows["source_name"] == BOND]
    return bonds.groupby(KEY, as_index=False)[["agency_amt", "boe_amt"]].sum()


def ceilings(source: Path) -> pd.Series:
    """Bonds finally allotted by fiscal year, million USD; rows that take money back count."""
    return read_bonds(source).groupby("fiscal_year")["boe_amt"].sum() / 1e6


def write_baltimore(source: Path, target: Path) -> Path:
    """Write the study into the folder `target`."""
    bonds = read_bonds(source)
    asked = bonds[bonds["agency_amt"] > 0]
    titles = pd.read_csv(source / "baltimore_cip" / "projects_by_fiscal_year.csv").set_index(KEY)["project_title"]
    allotted = ceilings(source)
    years = [int(year) for year in allotted.index]
    settings = {
        "name": "baltimore",
        "title": {
            "en": "Baltimore capital programme FY2014-FY2021, general obligation bonds: requests under each year's "
            "ceiling (the ceiling is the sum finally allotted; fiscal years stand as calendar years; no benefit score "
            "in the source and none added: the money funded is maximised)",
            "zh": "巴尔的摩市2014—2021财年资本计划（一般责任债券）：各年上限内的申请（上限为最终安排总额；"
            "财年按自然年计；资料无效益评分，亦未另加：以获得资金的总额为目标）",
        },
        "currency": "USD",
        "defaults": "none",
        "periods": [{"name": f"FY{year}", "start": year, "years": 1} for year in years],
        "objective": {"method": "weighted", "accounts": {"project.capex": 1.0}},
    }
    period = "FY" + asked["fiscal_year"].astype(str)
    projects = pd.DataFrame(
        {
            "project": period + "-" + asked["cip_number"],
            "name": [titles[(year, number)] for year, number in asked[KEY].itertuples(index=False)],
            "category": "other",
            "capex": asked["agency_amt"] / 1e6,
            "build_years": 1,
            "earliest": period,
            "latest": period,
        }
    )
    limits = [
        {
            "limit": f"bonds.FY{year}",
            "account": "project.capex",
            "period": f"FY{year}",
            "sense": "<=",
            "value": float(allotted[year]),
            "name_en": f"General obligation bonds allotted in FY{year}",
            "name_zh": f"{year}财年一般责任债券安排额",
            "source": "project_sources.csv, sum of boe_amt",
        }
        for year in years
    ]
    return write_folder(target, settings, {"projects": projects, "limits": limits})
