"""The certificate of the price method as a table of the plan folder, and its check (FORMULATION.md section 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.say import say
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import Block, land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.plan import CERTIFICATE, PlanData
from zonevest.model.policy import ROW_FAMILIES, policy_model, set_stage
from zonevest.reports.audit import AuditReport
from zonevest.reports.audit_rules import Breach, table
from zonevest.solvers.certificate import Leaf, proven

if TYPE_CHECKING:
    from collections.abc import Sequence


NEAR = 1e-6
"""Bounds agree when they differ by no more than this part."""


def certificate_table(block: Block, leaves: Sequence[Leaf]) -> pd.DataFrame:
    """Leaves as rows: leaf, what (bound, ray, price, lower, upper), name of row or column, value.

    Prices of 0 and bounds of columns that are the study's own are left out.
    """
    parts = []
    for number, leaf in enumerate(leaves):
        priced = np.flatnonzero(leaf.prices)
        low, high = np.flatnonzero(leaf.lower != block.column_lower), np.flatnonzero(leaf.upper != block.column_upper)
        what = ["bound", "ray", *["price"] * len(priced), *["lower"] * len(low), *["upper"] * len(high)]
        names = ["", "", *(block.rows[k] for k in priced), *(block.columns[k] for k in (*low, *high))]
        value = [leaf.bound, float(leaf.ray), *leaf.prices[priced], *leaf.lower[low], *leaf.upper[high]]
        parts.append(pd.DataFrame({"leaf": number, "what": what, "name": names, "value": value}))
    return pd.concat(parts, ignore_index=True)[CERTIFICATE] if parts else pd.DataFrame(columns=CERTIFICATE)


def leaves_of(block: Block, certificate: pd.DataFrame) -> list[Leaf]:
    """The leaves of a table.

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


def block_of(plan: PlanData) -> Block:
    """The block of a plan's study, as the price method solved it: of the last stage where there are several."""
    ledger = Ledger(build_options(plan.study))
    policy = policy_model(ledger)
    stages: list[dict[str, Any]] = plan.settings.get("stages", [])
    if stages:
        tolerance = plan.study.settings.objective.tolerance
        earlier = {each["term"]: each["value"] - tolerance * abs(each["value"]) for each in stages}
        set_stage(policy, len(stages), earlier)
    return without_extra(land_block(ledger, shared(compile_policy(policy))))


def own_rows(block: Block) -> list[str]:
    """Rows of a block that no family of the model has: a user's own rules."""
    names = [name.partition("[")[0] for name in block.rows]
    return sorted({name for name in names if name not in (*ROW_FAMILIES, "ledger")})


def with_certificate(found: AuditReport, plan: PlanData, block: Block | None = None) -> AuditReport:
    """The audit's findings with what the certificate proves: its leaves cover every case, and give the bound again.

    Parameters
    ----------
    block : of the program that was solved; by default it is made anew from the plan's study, which does not know a
        user's own rules: where there were some, the certificate is not checked again.
    """
    if not len(plan.certificate) or (block is None and plan.settings.get("own_rows")):
        return found
    where, breaches = "certificate.parquet", []
    stated = -np.inf if plan.bound is None else plan.bound
    try:
        block = block_of(plan) if block is None else block
        bound = proven(block, leaves_of(block, plan.certificate))
    except KeyError as error:
        must = say("its prices are of the rows and columns of the study's program")
        breaches.append(Breach("certificate", where, must, say("{name} is none", name=str(error.args[0]))))
    except ValueError:
        must = say("its leaves together cover all plans")
        breaches.append(Breach("certificate", where, must, say("they do not")))
    else:
        near = NEAR * max(1.0, abs(bound)) if np.isfinite(bound) else 0.0
        ok = bound == stated or bool(abs(bound - stated) <= near) or bool(bound < stated)
        figure = {
            "quantity": say("bound by prices"), "stated": stated, "recomputed": bound,
            "difference": 0.0 if bound == stated else stated - bound, "ok": ok,
        }  # fmt: skip
        found.figures = pd.concat([found.figures, pd.DataFrame([figure])], ignore_index=True)
        if not ok:
            must = say("no plan is worth more than the bound {bound}", bound=f"{stated:,.6g}")
            breaches.append(Breach("certificate", where, must, say("its prices prove {bound}", bound=f"{bound:,.6g}")))
    if breaches:
        found.breaches = pd.concat([found.breaches, table(breaches)], ignore_index=True)
    return found
