"""The tables of money that a plan tells, beside those that its decisions give, and the sums that must come out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.faults import within
from zonevest.instances.say import listed, say
from zonevest.reports.audit_cash import SMALL, light
from zonevest.reports.audit_cells import Floats, Ints, texts
from zonevest.reports.audit_rules import TOLERANCE, Breach
from zonevest.reports.audit_told import TOLD, told
from zonevest.reports.audit_value import Told

if TYPE_CHECKING:
    from zonevest.reports.audit_evaluate import Evaluation, Evaluator
    from zonevest.reports.audit_figures import Comparison

SHOWN = 20


def compare_told(
    out: Comparison, tables: dict[str, pd.DataFrame], short: object, evaluator: Evaluator, found: Evaluation
) -> None:
    """Compare every figure of the tables of money, what plan.json says in short, and what must come out within each."""
    if not (tables or short) or found.decided is None:
        return
    truth, rent = told(evaluator, found.decided)
    if short is not None:
        _in_short(out, short, truth["cash_flow"], rent, found.cash - found.doing_nothing["cash"])
    for name, frame in tables.items():
        _compare(out, name, frame, truth[name])
    if "cash_flow" in tables:
        out.breaches += _cash(tables["cash_flow"], evaluator.tables.periods)
    if "capture" in tables:
        out.breaches += _uplift(tables["capture"])
    if "distribution" in tables:
        out.breaches += _actors(tables["distribution"])
    if "budgets" in tables:
        out.breaches += _budgets(tables["budgets"], evaluator.tables.periods)


def _rows(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(zip(*([str(cell) for cell in texts(frame, name)] for name in columns), strict=True))


def _near(stated: float, recomputed: float) -> bool:
    if math.isnan(recomputed) or math.isnan(stated):
        return math.isnan(recomputed) and math.isnan(stated)
    return abs(stated - recomputed) <= TOLERANCE * max(1.0, abs(recomputed))


def _compare(out: Comparison, name: str, frame: pd.DataFrame, truth: Told) -> None:
    keys, numbers, words = TOLD[name]
    file, wrong, count, worst = f"{name}.csv", 0, 0, 0.0
    theirs: dict[tuple[str, ...], int] = {}

    def differs(key: tuple[str, ...], must: str, stated: str, column: str = "") -> None:
        nonlocal wrong
        wrong += 1
        if wrong <= SHOWN:
            where = within(file, listed(each for each in key if each))
            out.wrong("figure", within(where, column) if column else where, must, stated)

    for place, key in enumerate(_rows(frame, keys)):
        if key in theirs:
            differs(key, say("a row stands once"), say("it stands again"))
        theirs.setdefault(key, place)
        if key not in truth.rows:
            differs(key, say("a row that the plan's decisions give"), say("there is none"))
    stated = frame[list(numbers)].to_numpy(dtype=np.float64)
    said = _rows(frame, words) if words else [()] * len(frame)
    for key, (values, further) in truth.rows.items():
        if key not in theirs:
            if key not in truth.optional:
                differs(key, say("the plan lists it"), say("it is not there"))
            continue
        at = theirs[key]
        for column, one, value in zip(numbers, stated[at].tolist(), values, strict=True):
            if _near(one, value):
                count += 1
                worst = max(worst, 0.0 if math.isnan(value) else abs(one - value))
            else:
                must = say("nothing") if math.isnan(value) else f"{value:.10g}"
                stands = say("nothing") if math.isnan(one) else say("{value:.10g} is stated", value=one)
                differs(key, must, stands, column)
        for column, cell, word in zip(words, said[at], further, strict=True):
            # a ratio at the very edge of a grade may fall on either side
            must = light(float(stated[at][0])) if column == "grade" and word else word
            if cell != must:
                differs(key, must or say("nothing"), cell or say("nothing"), column)
    if wrong > SHOWN:
        left = say("{count} are not (first {shown} listed)", count=wrong, shown=SHOWN)
        out.wrong("figure", file, say("every cell is as recomputed"), left)
    quantity = say("{file}, {count} figures: largest difference", file=file, count=count)
    out.figures.append((quantity, worst, 0.0, worst, wrong == 0))


def _in_short(out: Comparison, short: object, flows: Told, rent: float, gain: float) -> None:
    """What plan.json says of money: the land rent in the gain in F1, and the debt ratio with its grade by period."""
    stated = short if isinstance(short, dict) else {}
    shares = {"land_rent": rent, "land_rent_share": rent / gain if gain > SMALL else math.nan}
    for name, value in shares.items():
        if not (math.isnan(value) and stated.get(name) is None):
            out.add(f"money {name}", stated.get(name), value)
    ratios = {key[0]: values[0] for key, (values, _) in flows.rows.items() if key[1:3] == ("ratio", "debt_ratio")}
    for name in ("debt_ratio", "risk_grade"):
        theirs = stated.get(name)
        theirs = theirs if isinstance(theirs, dict) else {}
        for period in [each for each in theirs if each not in ratios]:
            out.wrong("figure", f"money {name} {period}", say("a period that has one"), str(theirs[period]))
        for period, percent in ratios.items():
            where, cell = f"money {name} {period}", theirs.get(period)
            if name == "debt_ratio":
                out.add(where, cell, percent)
            elif cell not in {light(percent - near) for near in (-TOLERANCE * percent, 0.0, TOLERANCE * percent)}:
                out.wrong("figure", where, light(percent), str(cell) if cell else say("not stated"))


def _apart(one: float, other: float, largest: float) -> bool:
    return not abs(one - other) <= TOLERANCE * max(1.0, largest)


def _cash(frame: pd.DataFrame, periods: list[str]) -> Iterator[Breach]:
    """Per period: opening cash and all sources make up all uses and closing cash, and cash is carried on."""
    value, kind, item = frame["value"], frame["kind"], frame["item"]
    before: float | None = None
    for period in periods:
        here = frame["period"] == period
        sources, uses = (value[here & (kind == each)] for each in ("source", "use"))
        where = say("period {period}", period=period)
        opening, closing, net = (
            float(value[here & (item == each)].sum()) for each in ("opening_cash", "closing_cash", "net")
        )
        left, right = opening + float(sources.sum()), float(uses.sum()) + closing + net
        if _apart(left, right, float(pd.concat([sources, uses]).abs().max()) if here.any() else 0.0):
            must = say("payments and closing cash make up the sources, {amount:.10g}", amount=left)
            yield Breach("balance:cash", within("cash_flow.csv", where), must, f"{right:.10g}")
        if before is not None and _apart(opening, before, abs(before)):
            must = say("it opens with the cash that the last period closed with, {amount:.10g}", amount=before)
            yield Breach("balance:cash", within("cash_flow.csv", where), must, f"{opening:.10g}")
        before = closing


def _budgets(frame: pd.DataFrame, periods: list[str]) -> Iterator[Breach]:
    """Per budget and period: sources make up uses, and cash is carried on; what one budget passes on another has."""
    sources = ["opening", "operating", "receipts", "raised", "passed_in"]
    uses = ["outlay", "repaid", "interest", "passed_out", "fund_transfers", "closing"]
    closed: dict[str, float] = {}
    for row in frame.to_dict("records"):
        name, left, right = str(row["budget"]), *(sum(row[each] for each in side) for side in (sources, uses))
        if math.isnan(left + right):
            continue  # said where the table was read
        where = within("budgets.csv", say("budget {budget}, period {period}", budget=name, period=row["period"]))
        if _apart(left, right, max(abs(row[each]) for each in (*sources, *uses))):
            must = say("payments and closing cash make up the sources, {amount:.10g}", amount=left)
            yield Breach("balance:budget", where, must, f"{right:.10g}")
        before = closed.get(name, row["opening"])
        if _apart(row["opening"], before, abs(before)):
            must = say("it opens with the cash that the last period closed with, {amount:.10g}", amount=before)
            yield Breach("balance:budget", where, must, f"{row['opening']:.10g}")
        closed[name] = row["closing"]
    for period in periods:
        came, went = (float(frame.loc[frame["period"] == period, side].sum()) for side in ("passed_in", "passed_out"))
        if _apart(came, went, max(abs(came), abs(went))):
            must = say("budgets receive what budgets pass on, {amount:.10g}", amount=went)
            where = within("budgets.csv", say("period {period}", period=period))
            yield Breach("balance:budget", where, must, f"{came:.10g}")


def _uplift(frame: pd.DataFrame) -> Iterator[Breach]:
    """Per source: what is created is what is captured and what is left."""
    names = ["kind", "source"]
    sums = frame.pivot_table(index=names, columns="item", values="value", aggfunc="sum", fill_value=0.0)
    sums = sums.reindex(columns=["created", "captured", "left"], fill_value=0.0)
    for key, (created, captured, left) in zip(sums.index, sums.to_numpy().tolist(), strict=True):
        if _apart(created, captured + left, max(abs(created), abs(captured), abs(left))):
            must = say(
                "what is created is captured or left to holders: {captured:.10g} + {left:.10g}",
                captured=captured, left=left,
            )  # fmt: skip
            where = within("capture.csv", listed(str(each) for each in key))
            yield Breach("balance:uplift", where, must, f"{created:.10g}")


def _sums(code: Ints, values: Floats) -> list[float]:
    """The sum of each group's values; what is no number counts nothing."""
    sums: list[float] = np.bincount(code, np.where(np.isnan(values), 0.0, values)).tolist()
    return sums


def _actors(frame: pd.DataFrame) -> Iterator[Breach]:
    """Per account of money, and over all of them: what is paid is received; and gains are the sums of the rows."""
    kind, accounts, actors = (texts(frame, name) for name in ("kind", "account", "actor"))
    receives, pays, net = (frame[name].to_numpy(dtype=np.float64) for name in ("receives", "pays", "net"))
    money = (kind == "money") | (kind == "transfer")
    code, names = pd.factorize(accounts[money])
    largest = np.zeros(len(names))
    np.maximum.at(largest, code, np.maximum(np.abs(receives[money]), np.abs(pays[money])))
    every = zip(names, _sums(code, receives[money]), _sums(code, pays[money]), largest.tolist(), strict=True)
    for account, received, paid, most in every:
        if _apart(received, paid, most):
            must = say("the actors receive what the actors pay, {amount:.10g}", amount=paid)
            yield Breach("balance:actors", within("distribution.csv", str(account)), must, f"{received:.10g}")
    parts = money | (kind == "uplift")
    code, names = pd.factorize(actors[parts])
    largest = np.zeros(len(names))
    np.fmax.at(largest, code, np.abs(net[parts]))
    by_actor = dict(zip(names, zip(_sums(code, net[parts]), largest.tolist(), strict=True), strict=True))
    for row in frame[kind == "gain"].itertuples(index=False):
        total, most = by_actor.get(row.actor, (0.0, 0.0))
        if _apart(total, float(row.net), most):
            must = say("a gain is the sum of what is received less what is paid, {amount:.10g}", amount=total)
            yield Breach("balance:actors", within("distribution.csv", str(row.account)), must, f"{row.net:.10g}")
