"""The prices of all rows of a plan's program: by a linear program around the plan, or near ones of its certificate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from zonevest.certificates import leaves_of
from zonevest.instances.say import say
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import Block, land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData
from zonevest.model.policy import policy_model, set_stage_after
from zonevest.model.rates import define_rates
from zonevest.reports.priced import FIXED, NEAR, ROWS, Priced, weight_of
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.join import join
from zonevest.solvers.parts import rest_of
from zonevest.solvers.prices import shadow_prices
from zonevest.solvers.program import Program
from zonevest.solvers.supervise import solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from zonevest.model.book import Told

    Floats = NDArray[np.float64]

SECONDS = 300.0
"""What either of the two small programs around a plan may take."""


class UnpricedError(Exception):
    """A plan cannot be priced: why, as a sentence."""


def priced(plan: PlanData) -> Priced:
    """Price every row of a plan's program.

    A plan of the price method has the prices of its certificate; any other those of the linear program in which the
    whole numbers are the plan's and land may be divided. What the plan folder does not keep of other decisions is
    found again: the best that is possible beside the plan's land and projects.

    Raises
    ------
    UnpricedError
        If there is no plan, if it follows rules that the study does not hold, or a program is not solved in the time.
    """
    if not plan.has_plan:
        raise UnpricedError(say("there is no plan to be explained"))
    if plan.settings.get("own_rows"):
        raise UnpricedError(say("the plan follows rules of one's own, which its folder does not hold"))
    ledger = Ledger(build_options(plan.study))
    policy = policy_model(ledger)
    _last_stage(policy, plan)
    compiled = compile_policy(policy)
    rates = define_rates(policy)
    wider = compile_policy(policy)
    # entries that many rows read are columns where it is solved, and written out where it is told
    solved = without_extra(land_block(ledger, shared(wider)))
    program, size = join(solved), len(solved.group)
    x = _completed(plan, ledger, solved, program)
    wider.load(x[size:])
    prices, basis = _near(plan, solved, x[size:]), NEAR
    if prices is None:
        prices, basis = shadow_prices(program, x, slice(size, program.n_cols), SolveOptions(time_limit=SECONDS)), FIXED
        if prices is None:
            raise UnpricedError(say("its prices were not found in {seconds:g} seconds", seconds=SECONDS))
        prices = prices[solved.groups :]
    block = without_extra(land_block(ledger, compiled))
    price, column = (dict(zip(names, values.tolist(), strict=True)) for names, values in
                     ((solved.rows, prices), (solved.columns, x[size:])))  # fmt: skip
    y = np.array([price[name] for name in block.rows])
    # a price whose side of the row is open is rounding
    y[((y > 0.0) & np.isposinf(block.upper)) | ((y < 0.0) & np.isneginf(block.lower))] = 0.0
    own = np.array([column[name] for name in block.columns])
    return Priced(plan, ledger, block, _told(policy, block), y, own, basis, _stated(policy), rates, solved, x[size:])


def _last_stage(policy: pyo.ConcreteModel, plan: PlanData) -> None:
    """Turn the policy model to the stage that found the plan."""
    if stages := plan.settings.get("stages", []):
        set_stage_after(policy, stages)


def _completed(plan: PlanData, ledger: Ledger, block: Block, program: Program) -> Floats:
    """All columns in the plan: its land and projects, and the best of the others beside them."""
    size, periods = len(block.group), len(ledger.clock.length)
    x, fixed = np.zeros(program.n_cols), np.zeros(program.n_cols, dtype=np.bool_)
    x[:size] = weight_of(ledger, plan.parcels)
    for start in ledger.works.starts_of(plan.projects).values():
        x[size + start : size + (start // periods + 1) * periods] = 1.0
    fixed[: size + len(ledger.works.names) * periods] = True
    if fixed.all():
        return x
    rest, free = rest_of(program, x, fixed, whole=True)
    found = solve(rest, SolveOptions(gap=1e-6, time_limit=SECONDS))
    if found.x is None:
        raise UnpricedError(say("its other decisions were not found again in {seconds:g} seconds", seconds=SECONDS))
    x[free] = found.x
    return x


def _near(plan: PlanData, block: Block, columns: Floats) -> Floats | None:
    """The prices of the certificate's case that the plan is of; None where there is no certificate."""
    certificate = plan.certificate
    if not len(certificate):
        return None
    leaves = leaves_of(block, certificate[certificate["stage"] == certificate["stage"].max()])
    whole = block.column_integer
    inside = [
        leaf
        for leaf in leaves
        if not leaf.ray and (leaf.lower <= columns + 1e-6)[whole].all() and (columns - 1e-6 <= leaf.upper)[whole].all()
    ]
    return min(inside, key=lambda leaf: leaf.bound).prices if inside else None


def _told(policy: pyo.ConcreteModel, block: Block) -> pd.DataFrame:
    """What each row is called: as limits.csv tells it, else by family and index."""
    known = {told.row: (told.limit, told.place, told.period, told.unit) for told in policy.told if told.row}
    rows = [(name, *known.get(name, (*_family(name), "", ""))) for name in block.rows]
    return pd.DataFrame(rows, columns=[ROWS[0], ROWS[1], "jurisdiction", "period", "unit"])


def _stated(policy: pyo.ConcreteModel) -> tuple[Told, ...]:
    """What a plan tells of, but of the projects that it does not start."""
    return tuple(told for told in policy.told if told.when is None or pyo.value(told.when) >= 0.5)


def _family(name: str) -> tuple[str, str]:
    family, _, index = name.partition("[")
    index = index.removesuffix("]").replace("'", "").replace(",", ".")
    return f"{family}.{index}" if index else family, ""


def moved(found: Priced, project: str, columns: Sequence[str]) -> dict[str, Priced]:
    """The same plan at the same prices, one of the project's numbers a unit higher, for each of some columns."""
    prices = dict(zip(found.told["row"], found.prices.tolist(), strict=True))
    values = dict(zip(found.block.columns, found.columns.tolist(), strict=True))
    study, result = found.plan.study, {}
    for column in columns:
        projects = study.projects.copy()
        projects.loc[projects["project"] == project, column] += 1.0
        other = replace(study, tables={**study.tables, "projects": projects})
        ledger = Ledger(build_options(other))
        policy = policy_model(ledger)
        _last_stage(policy, found.plan)
        block = without_extra(land_block(ledger, compile_policy(policy)))
        y = np.array([prices.get(name, 0.0) for name in block.rows])
        x = np.array([values.get(name, 0.0) for name in block.columns])
        result[column] = replace(found, ledger=ledger, block=block, told=_told(policy, block), prices=y, columns=x)
    return result
