"""The certificate of the price method as a table of the plan folder, and its check (FORMULATION.md section 10)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.say import say
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import Block, land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import CERTIFICATE, PlanData
from zonevest.model.policy import ROW_FAMILIES, policy_model, set_stage_after
from zonevest.reports.audit import AuditReport
from zonevest.reports.audit_rules import Breach, table
from zonevest.solvers.certificate import Leaf, proven

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


WHERE = "certificate.parquet"
NEAR = 1e-6
"""Bounds agree when they differ by no more than this part."""


def certificate_table(block: Block, leaves: Sequence[Leaf], stage: int = 1) -> pd.DataFrame:
    """Leaves as rows: stage, leaf, what (bound, ray, price, lower, upper), name of row or column, value.

    Prices of 0 and bounds of columns that are the study's own are left out.

    Parameters
    ----------
    stage : of the objective, the first is 1.
    """
    parts = []
    for number, leaf in enumerate(leaves):
        priced = np.flatnonzero(leaf.prices)
        low = np.flatnonzero(leaf.lower != block.column_lower)
        high = np.flatnonzero(leaf.upper != block.column_upper)
        what = ["bound", "ray", *["price"] * len(priced), *["lower"] * len(low), *["upper"] * len(high)]
        names = ["", "", *(block.rows[k] for k in priced), *(block.columns[k] for k in (*low, *high))]
        value = [leaf.bound, float(leaf.ray), *leaf.prices[priced], *leaf.lower[low], *leaf.upper[high]]
        parts.append(pd.DataFrame({"stage": stage, "leaf": number, "what": what, "name": names, "value": value}))
    return pd.concat(parts, ignore_index=True)[CERTIFICATE] if parts else pd.DataFrame(columns=CERTIFICATE)


def leaves_of(block: Block, certificate: pd.DataFrame) -> list[Leaf]:
    """The leaves of one stage of a table.

    Raises
    ------
    KeyError
        If it names a row or column that the block does not have.
    """
    row = {name: k for k, name in enumerate(block.rows)}
    column = {name: k for k, name in enumerate(block.columns)}
    leaves = []
    for _, part in certificate.groupby("leaf", sort=True):
        of = dict(list(part.groupby("what")))
        prices, lower, upper = np.zeros(len(block.rows)), block.column_lower.copy(), block.column_upper.copy()
        for what, array, place in (("price", prices, row), ("lower", lower, column), ("upper", upper, column)):
            if what in of:
                array[[place[name] for name in of[what]["name"]]] = of[what]["value"]
        leaves.append(Leaf(lower, upper, prices, float(of["bound"]["value"].iloc[0]), bool(of["ray"]["value"].iloc[0])))
    return leaves


def blocks_of(plan: PlanData) -> Iterator[Block]:
    """The programs of a plan's study, stage by stage, as the price method solved them."""
    ledger = Ledger(build_options(plan.study))
    policy = policy_model(ledger)
    stages: list[dict[str, Any]] = plan.settings.get("stages", [])
    for stage in range(len(stages) + 1):
        if stages:
            set_stage_after(policy, stages[:stage])
        yield without_extra(land_block(ledger, shared(compile_policy(policy))))


def own_rows(block: Block) -> list[str]:
    """Rows of a block that no family of the model has: a user's own rules."""
    names = [name.partition("[")[0] for name in block.rows]
    return sorted({name for name in names if name not in (*ROW_FAMILIES, "ledger")})


def with_certificate(found: AuditReport, plan: PlanData, blocks: Iterable[Block] | None = None) -> AuditReport:
    """The audit's findings with what the certificate proves, stage by stage: its leaves cover all, and give the bound.

    Where there is no plan, they prove that there is none. A bound of a plan by prices rests on them: without them it
    is not proven.

    Parameters
    ----------
    blocks : the programs that were solved, stage by stage; by default they are made anew from the plan's study, which
        does not know a user's own rules: where there were some, the certificate is not checked again.
    """
    needed = len(plan.certificate) > 0 or (plan.has_plan and plan.method == "prices")
    if not needed:
        return found
    if blocks is None and plan.settings.get("own_rows"):
        own = ", ".join(plan.settings["own_rows"])
        why = say(
            "not checked again: the bound by prices, which rests on rules that the folder does not hold ({rules})",
            rules=own,
        )
        return replace(found, left_out=why)
    if not plan.has_plan:
        if plan.status != "infeasible":
            return found
        no_plan = found.breaches["rule"] == "plan"  # there is none: that is to be shown now
        found = replace(found, breaches=found.breaches[~no_plan].reset_index(drop=True), message="", no_plan=True)
    bounds = [each["bound"] for each in plan.settings.get("stages", [])]
    bounds.append(plan.bound if plan.has_plan else -np.inf)
    breaches, figures = [], []
    try:
        stages = dict(list(plan.certificate.groupby("stage")))
        for stage, (block, bound) in enumerate(
            zip(blocks_of(plan) if blocks is None else blocks, bounds, strict=True), start=1
        ):
            if bound is None:  # nothing is stated, nothing is to be proven
                continue
            leaves = leaves_of(block, stages[stage]) if stage in stages else []
            figures.append(_figure(proven(block, leaves), bound, stage if len(bounds) > 1 else 0))
    except KeyError as error:
        must = say("its prices are of the rows and columns of the study's program")
        breaches.append(Breach("certificate", WHERE, must, say("{name} is none", name=str(error.args[0]))))
    except ValueError:
        must = say("its leaves together cover all plans")
        breaches.append(Breach("certificate", WHERE, must, say("they do not")))
    breaches += [_breach(figure["stated"], figure["recomputed"]) for figure in figures if not figure["ok"]]
    if figures:
        found.figures = pd.concat([found.figures, pd.DataFrame(figures)], ignore_index=True)
    if breaches:
        found.breaches = pd.concat([found.breaches, table(breaches)], ignore_index=True)
    return found


def _figure(proof: float, stated: float, stage: int) -> dict[str, Any]:
    """A bound that is stated beside what its prices prove."""
    near = NEAR * max(1.0, abs(proof)) if np.isfinite(proof) else 0.0
    return {
        "quantity": say("bound by prices, stage {stage}", stage=stage) if stage else say("bound by prices"),
        "stated": stated,
        "recomputed": proof,
        "difference": 0.0 if proof == stated else stated - proof,
        "ok": bool(proof <= stated + near),
    }


def _breach(stated: float, proof: float) -> Breach:
    found = say("its prices prove {bound}", bound=f"{proof:,.6g}")
    if np.isneginf(stated):
        must, found = say("its prices prove that there is no plan"), say("they do not")
    else:
        must = say("no plan is worth more than the bound {bound}", bound=f"{stated:,.6g}")
    return Breach("certificate", WHERE, must, found)
