"""The prices of all rows of a plan's program: by a linear program around the plan, or near ones of its certificate."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from scipy import sparse

from zonevest.certificates import leaves_of
from zonevest.holding import held
from zonevest.instances.say import listed, say
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import Block, land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import PlanData
from zonevest.model.policy import policy_model, set_stage_after
from zonevest.model.rates import define_rates
from zonevest.model.works import build_works
from zonevest.reports.priced import FIXED, NEAR, ROWS, Priced
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.join import join
from zonevest.solvers.prices import shadow_prices
from zonevest.solvers.program import Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from zonevest.model.book import Told

    Floats = NDArray[np.float64]

SECONDS = 300.0
"""What either of the two small programs around a plan may take."""


class UnpricedError(Exception):
    """A plan cannot be priced: why, and what to do about it, as sentences."""

    def __init__(self, why: str, do: str = "") -> None:
        super().__init__(why)
        self.do = do or say("solve the study again")


def priced(plan: PlanData, policy: pyo.ConcreteModel | None = None) -> Priced:
    """Price every row of a plan's program.

    A plan of the price method has the prices of its certificate; any other those of the linear program in which the
    whole numbers are the plan's and land may be divided. What the plan folder does not keep of other decisions is
    found again: the best that is possible beside the plan's land and projects.

    Parameters
    ----------
    policy : the policy model that the plan was solved with, where it has rules of one's own.

    Raises
    ------
    UnpricedError
        If there is no plan, if it follows rules that are in neither the study nor `policy`, or a program is not solved
        in the time.
    """
    if not plan.has_plan:
        raise UnpricedError(say("there is no plan to be explained"))
    if policy is None:
        if rows := plan.settings.get("own_rows"):
            why = say("it follows rules of one's own, which its folder does not hold: {rows}", rows=listed(rows))
            do = say("explain it in the program that solved it: there the plan has these rules")
            raise UnpricedError(why, do)
        policy = policy_model(Ledger(build_options(plan.study)))
    ledger = policy.source
    _last_stage(policy, plan)
    compiled = compile_policy(policy)
    rates = define_rates(policy)
    wider = compile_policy(policy)
    policy.del_component("rated")
    policy.del_component("rate")
    # entries that many rows read are columns where it is solved, and written out where it is told
    solved = without_extra(land_block(ledger, shared(wider)))
    program, size = join(solved), len(solved.group)
    x = completed(plan, ledger, solved, program)
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
    told, stated = _told(policy, block), _stated(policy)
    return Priced(plan, ledger, block, told, y, own, basis, compiled, stated, rates, solved, x[size:])


def _last_stage(policy: pyo.ConcreteModel, plan: PlanData) -> None:
    """Turn the policy model to the stage that found the plan."""
    if stages := plan.settings.get("stages", []):
        set_stage_after(policy, stages)


def completed(
    plan: PlanData, ledger: Ledger, block: Block, program: Program, *, seconds: float = SECONDS, gap: float = 1e-6
) -> Floats:
    """All columns in the plan: its land and projects, and the best of the others beside them.

    Raises
    ------
    UnpricedError
        If the plan breaks rules, or the others were not found in the time.
    """
    if plan.status == "broken":  # drawn by hand
        raise UnpricedError(say("the plan breaks rules"), say("mend it first: `zonevest audit` says which it breaks"))
    x = held(ledger, block, program, plan, seconds=seconds, gap=gap)
    if x is None:
        raise UnpricedError(say("its other decisions were not found again in {seconds:g} seconds", seconds=seconds))
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


def moved(found: Priced, project: str, columns: Sequence[str]) -> dict[str, Floats]:
    """What each start of a project gains at the prices, one of its numbers a unit higher.

    Rules of one's own are left out: they do not read these numbers.

    Returns
    -------
    For each of some columns of the projects table, shape (periods,).
    """
    ledger, study, result = found.ledger, found.plan.study, {}
    states = found.states[list(ledger.works.names).index(project)]
    for column in columns:
        projects = study.projects.copy()
        projects.loc[projects["project"] == project, column] += 1.0
        # land, and what it carries, is as it was
        other = copy(ledger)
        other.study = replace(study, tables={**study.tables, "projects": projects})
        other.options = replace(ledger.options, study=other.study)
        other.works = build_works(other.study, other.clock, other.accounts)
        policy = policy_model(other)
        _last_stage(policy, found.plan)
        compiled = compile_policy(policy)
        weights = sparse.vstack([compiled.on_ledger, sparse.csr_array(compiled.value_of_ledger[None, :])])
        of_project = other.combine(compiled.entries, sparse.csr_array(weights), land=False).by_project[states]
        after = np.hstack([compiled.on_columns[:, states].T.toarray(), compiled.value_of_columns[states, None]])
        after = after + of_project.toarray()
        before = found.block.by_column[states].toarray()
        at = {name: k for k, name in enumerate(found.block.rows)}
        same = np.array([k for k, name in enumerate(compiled.rows) if name in at], dtype=np.int64)
        own = np.array([at[compiled.rows[k]] for k in same], dtype=np.int64)
        gain = after[:, -1] - before[:, -1] - (after[:, same] - before[:, own]) @ found.prices[own]
        result[column] = np.cumsum(gain[::-1])[::-1]  # a start's states are 1 from then on
    return result
