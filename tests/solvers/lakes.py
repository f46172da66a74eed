"""Small studies in which projects raise the value of land that practices use: where (12) meets whole numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np

from tests.model.complete_town import account, flow, parcel, town
from zonevest.instances.study import Study
from zonevest.model.compiled import compile_policy
from zonevest.model.land import Block, land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.join import join
from zonevest.solvers.program import Floats, Program


def lakes(rnd: Random) -> Study:
    """Two or three parcels, by a lake, a road, both or neither, and a project or two that raise their value."""
    parcels = [
        parcel(f"P{i}", area_ha=rnd.randint(1, 8) * 2.5, tags=rnd.choice(["lake", "lake", "lake;road", "road", ""]))
        for i in range(rnd.choice([2, 3]))
    ]
    tags = {tag for row in parcels for tag in row["tags"].split(";") if tag}
    projects: list[dict[str, Any]] = [
        {
            "project": f"j{i}",
            "capex": rnd.randint(1, 40) / 2,
            "build_years": rnd.choice([1, 1, 2]),
            "annual_revenue": rnd.randint(0, 4) / 4,
            "catchment": rnd.choice(sorted(tags)),
            "uplift_per_ha": rnd.randint(1, 8) / 2,
            "uplift_account": "rise",
            "uplift_of": rnd.choice(["shop", "camp", "shop;camp"]),
            "uplift_cap": rnd.choice([None, 1.0, 2.5]),
        }
        for i in range(rnd.choice([1, 2]) if tags else 0)
    ]
    tables: dict[str, Any] = {
        "parcels": parcels,
        "accounts": [
            account("rise", "uplift", "one_off"),
            account("levy", "revenue", "one_off", capture_tool="levy"),
            account("tolls"),
            account("works", "cost", "one_off"),
        ],
        "capture": [{"capture_tool": "levy", "uplift_account": "rise", "rate": rnd.choice([0.5, 1.0])}],
        "practices": [{"practice": name, "zone": "Z", "mode": "service"} for name in ("shop", "camp")],
        "practice_flows": [
            flow("works", rnd.randint(0, 8) / 8),
            flow("tolls", rnd.randint(0, 4) / 64, "per_ha_year", "camp"),
            flow("works", rnd.randint(0, 4) / 8, practice="camp"),
        ],
        "projects": projects,
    }
    if rnd.random() < 0.5:
        row = {"limit": "most", "account": "area.practice.shop", "sense": "<=", "value": rnd.randint(4, 40) / 2}
        tables["limits"] = [{**row, "period": "last"}]
    return town({"divisible": rnd.random() < 0.2}, rates={"tail_years": 6}, **tables)


def built(study: Study) -> tuple[Block, Program]:
    ledger = Ledger(build_options(study))
    block = land_block(ledger, compile_policy(policy_model(ledger)))
    return block, join(block)


def whole(block: Block, program: Program) -> Iterator[Floats]:
    """Every choice of one option per parcel, with every state of the projects: points with the other columns at 0."""
    of_group = [np.flatnonzero(block.group == g) for g in range(block.groups)]
    integer = np.flatnonzero(program.integer & (np.arange(program.n_cols) >= len(block.group)))
    for options in itertools.product(*of_group):
        for states in itertools.product((0.0, 1.0), repeat=len(integer)):
            x = np.zeros(program.n_cols)
            x[list(options)] = 1.0
            x[integer] = states
            if ((x >= program.col_lower) & (x <= program.col_upper))[integer].all():
                yield x
