"""The four effects of a plan, each with its indicators: control, appreciation, financing, equity. Numbers only.

Resources are to be under control, assets to gain in value, capital to be financed soundly, funds to be shared fairly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.instances.schema import RESOURCES
from zonevest.model.areas import TOTAL
from zonevest.model.assets import ASSET
from zonevest.model.flows import OUTSIDE
from zonevest.reports.balance_sheet import fund_ledger
from zonevest.reports.cash_flow import A_YEAR, MILLION, PERCENT, SMALL, START, TIMES
from zonevest.reports.cash_tables import cover_all, land_dependence
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.indicators import statutory_indicators
from zonevest.reports.natural import STATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats = NDArray[np.float64]

HIGHER, LOWER = "higher", "lower"
COLUMNS = ["effect", "indicator", "unit", "direction", "base", "near", "target", "nothing", "source"]
STATUTORY, SCORECARD = "statutory", "scorecard"
INDICATORS = [
    "group", "topic", "indicator", "binding", "unit", "direction", "base_year", "base", "near_year", "near",
    "target_year", "target", "nothing", "sense", "near_asked", "target_asked", "met", "limit", "stated_in",
]  # fmt: skip
GROUP, BUILT, CARBON = "area.class_group.", "area.class_group.construction", "carbon_sink"
REVENUE, COST = "money.revenue", "money.cost"
ACCOUNTS: Final = (
    *(GROUP + name for name in ("arable", "forest", "wetland", "construction")),
    *("population", "area.rezoned", CARBON, REVENUE, COST),
    *(f"{ASSET}{name}{tail}" for name in RESOURCES for tail in ("", ".state")),
)
"""Accounts of the ledger that are looked at."""
BACKING, OWED = {"cash", "projects", "land_actions"}, {"debt", "outside_equity"}
LOSES = 1e-6
"""An actor loses who gains less than nothing by this much, million."""
NAN = float("nan")


def scorecard(facts: Facts) -> pd.DataFrame:
    """What the plan does to control, appreciation, financing and equity.

    Returns
    -------
    DataFrame
        ``effect`` (control, appreciation, financing, equity), ``indicator``, ``unit``, ``direction`` (higher, lower:
        which is better); ``base`` (the state before the first period), ``near`` (the near term: `Facts.near`),
        ``target`` (the last period), ``nothing`` (doing nothing in the last period); ``source``: the table it is from.
        NaN where there is no such number: of doing nothing it is that which depends on how it would be financed.
        Indicators of which a study knows nothing are left out.
    """
    if not facts.plan.has_plan:
        return pd.DataFrame(columns=COLUMNS)
    card = _Card(facts)
    for card.effect, tell in EFFECTS.items():
        tell(card)
    return pd.DataFrame(card.rows, columns=COLUMNS)


def indicators(facts: Facts) -> pd.DataFrame:
    """Everything that a plan is measured by.

    Returns
    -------
    DataFrame
        ``group`` (statutory: see `statutory_indicators`; scorecard: see `scorecard`), ``topic`` (of a scorecard: the
        effect), and the columns of both, NaN where a group has none: ``base`` is the state before the first period,
        ``target`` that at the end of the last.
    """
    if not facts.plan.has_plan:
        return pd.DataFrame(columns=INDICATORS)
    asked = statutory_indicators(facts).rename(columns={"target_value": "target"})
    card = scorecard(facts).rename(columns={"effect": "topic", "source": "stated_in"})
    both = pd.concat([asked.assign(group=STATUTORY), card.assign(group=SCORECARD)], ignore_index=True)
    return both.reindex(columns=INDICATORS)


@dataclass
class _Card:
    """Indicators as they are found, and what they are made from."""

    facts: Facts
    effect: str = ""
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(
        self,
        name: str,
        unit: str,
        better: str,
        values: Floats,
        source: str,
        before: float = NAN,
        nothing: float = NAN,
    ) -> None:
        """An indicator of the effect at hand by period; none where it is unknown in all of them."""
        near, target = float(values[self.facts.near]), float(values[-1])
        if np.isnan(near) and np.isnan(target):
            return
        if not self.facts.study.has_doing_nothing:
            nothing = NAN
        self.rows.append((self.effect, name, unit, better, before, near, target, nothing, source))

    @cached_property
    def _booked(self) -> dict[str, Floats]:
        """The ledger of the total, account -> by period."""
        table = self.facts.plan.ledger
        table = table[(table["jurisdiction"] == TOTAL) & table["account"].isin(ACCOUNTS)]
        table = table.pivot_table(index="account", columns="period", values="value")
        table = table.reindex(columns=self.facts.periods).fillna(0.0)
        return dict(zip(table.index, table.to_numpy(dtype=float), strict=True))

    def ledger(self, account: str) -> Floats:
        """L of one of `ACCOUNTS` in each period."""
        return self._booked.get(account, np.zeros(len(self.facts.periods)))

    @cached_property
    def _held(self) -> dict[str, tuple[float, float]]:
        """Doing nothing: L before the first period and in the last, of `ACCOUNTS` as far as the study has them."""
        told = self.facts.accounts
        told = told[(told["period"] == self.facts.periods[-1]) & told["account"].isin(ACCOUNTS)]
        last = dict(zip(told["account"], told["nothing"].astype(float), strict=True))
        # without a social rate nothing that lasts has a finite worth
        valued = self.facts.ledger.clock.social > 0
        known = [name for name in ACCOUNTS if name != CARBON or name in self.facts.ledger.accounts.names]
        known = [name for name in known if valued or not name.startswith(ASSET)]
        return {name: (self.facts.before.get(name, 0.0), last.get(name, 0.0)) for name in known}

    def held(self, account: str) -> tuple[float, float]:
        """L of one of `ACCOUNTS` before the first period and, doing nothing, in the last."""
        return self._held.get(account, (NAN, NAN))

    @cached_property
    def natural(self) -> dict[str, Floats]:
        """Natural resources before the first period and at the end of each: flow of all, asset and least kept.

        The last two are of what is state-owned; least_kept is the least value of any resource as per cent of before.
        """
        table, order = self.facts.natural, [START, *self.facts.periods]
        mine = (
            table[table["tenure"] == STATE]
            .pivot_table(index="period", columns="resource", values="asset")
            .reindex(order)
        )
        first = mine.iloc[0]
        kept = 100.0 * (mine / first.where(first > SMALL)).min(axis=1)
        flow = table.groupby("period")["flow"].sum(min_count=1).reindex(order)
        parts = {"flow": flow, "asset": mine.sum(axis=1, min_count=1), "least_kept": kept}
        return {name: part.to_numpy(dtype=float) for name, part in parts.items()}

    def cash(self, item: str) -> tuple[float, Floats]:
        """An item of the cash flow before the first period and in each; NaN where it is not told."""
        table = self.facts.cash
        told = table[(table["item"] == item) & (table["instrument"] == "")].set_index("period")["value"]
        told = told[~told.index.duplicated()]
        return float(told.get(START, NAN)), told.reindex(self.facts.periods).to_numpy(dtype=float)

    def at_last(self, value: float) -> Floats:
        """What is told of all periods together, by period: in the last."""
        values = np.full(len(self.facts.periods), np.nan)
        values[-1] = value
        return values


def _control(card: _Card) -> None:
    """Whether land is kept, plans are kept to, and resources keep their value."""
    facts = card.facts
    for name in ("arable", "forest", "wetland"):
        account = GROUP + name
        before, nothing = card.held(account)
        if before > SMALL or card.ledger(account).any():
            card.add(name, "ha", HIGHER, card.ledger(account), "accounts", before, nothing)
    table = facts.people
    heads = table[table["jurisdiction"] == TOTAL].set_index("period")["per_head"]
    there = heads.reindex([START, *facts.periods]).to_numpy(dtype=float)
    idle = 1e4 * _ratio(card.held(BUILT)[1], card.held("population")[1])
    card.add("built_per_head", "m2/head", LOWER, there[1:], "people", float(there[0]), float(idle))
    card.add("rezoned", "ha", LOWER, np.cumsum(card.ledger("area.rezoned")), "accounts", 0.0, 0.0)
    card.add("limits_broken", "count", LOWER, _broken(facts), "limits")
    kept = card.natural["least_kept"]
    card.add("least_kept", PERCENT, HIGHER, kept[1:], "natural_assets", float(kept[0]), _least_idle(card))


def _broken(facts: Facts) -> Floats:
    """How many rows of limits are broken by the end of each period; those of all periods count in the last."""
    limits, last = facts.plan.limits, len(facts.periods) - 1
    room = np.maximum(limits["bound"].astype(float).abs(), 1.0) * 1e-6
    broken = limits[(limits["slack"].astype(float) < -room).to_numpy()]
    at = broken["period"].map({name: t for t, name in enumerate(facts.periods)}).fillna(last).astype(int)
    return np.cumsum(np.bincount(at, minlength=last + 1).astype(float))


def _least_idle(card: _Card) -> float:
    """The least that a state-owned resource is worth of what it was, doing nothing in the last period; per cent."""
    pairs = [card.held(f"{ASSET}{name}.state") for name in RESOURCES]
    return min((100.0 * after / before for before, after in pairs if before > SMALL), default=NAN)


def _appreciation(card: _Card) -> None:
    """What nature and land are worth, and what is made of it."""
    facts, natural = card.facts, card.natural
    idle = [card.held(ASSET + name)[1] for name in RESOURCES]
    flow = facts.ledger.clock.social * float(np.sum(idle))
    card.add("natural_flow", A_YEAR, HIGHER, natural["flow"][1:], "natural_assets", float(natural["flow"][0]), flow)
    mine = float(np.sum([card.held(f"{ASSET}{name}.state")[1] for name in RESOURCES]))
    worth = natural["asset"]
    card.add("state_resources", MILLION, HIGHER, worth[1:], "natural_assets", float(worth[0]), mine)
    if CARBON in facts.ledger.accounts.names:
        card.add(CARBON, "tCO2/year", HIGHER, card.ledger(CARBON), "accounts", *card.held(CARBON))
    created, captured = (np.cumsum(each) for each in _uplift(facts))
    if created.any():
        card.add("uplift", MILLION, HIGHER, created, "capture", 0.0, 0.0)
        card.add("uplift_captured", PERCENT, HIGHER, 100.0 * _ratio(captured, created), "capture")
    years = facts.ledger.clock.length.astype(float)
    earned = _ratio(facts.flows.sum(facts.flows.annual, facts.flows.revenue) / years, card.ledger(BUILT))
    before, nothing = (
        float(_ratio(money, area)) for money, area in zip(card.held(REVENUE), card.held(BUILT), strict=True)
    )
    card.add("revenue_per_ha", "million/ha/year", HIGHER, earned, "accounts", before, nothing)


def _ratio(part: Any, whole: Any) -> Floats:
    """A part of a whole, NaN where there is no whole."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    there = whole > SMALL
    return np.where(there, part / np.where(there, whole, 1.0), np.nan)


def _uplift(facts: Facts) -> tuple[Floats, Floats]:
    """Rise of land value in each period, and what is captured in it (of earlier rises too)."""
    booked, accounts = facts.books.plan, facts.ledger.accounts
    at = accounts.names.get_indexer(booked.rows["account"])
    taken = (booked.rows["captured_from"] != "").to_numpy()
    rise = (accounts.family[at] == "uplift") & ~taken
    return np.asarray(booked.totals[rise].sum(axis=0)), np.asarray(booked.totals[taken].sum(axis=0))


def _financing(card: _Card) -> None:
    """Whether recurring cash carries the city, and what it leans on."""
    facts = card.facts
    before, nothing = _net_before(card)
    if facts.finance is None:
        net = facts.flows.sum(facts.flows.annual) / facts.ledger.clock.length
        card.add("recurring_net", A_YEAR, HIGHER, net, "cash_by_nature", before, nothing)
    else:
        net = card.cash("balance_after_interest")[1]
        card.add("recurring_net", A_YEAR, HIGHER, net, "debt_and_cover", before, nothing)
        ratios = (("debt_ratio", PERCENT, LOWER), ("debt_ratio_all", PERCENT, LOWER), ("cover", TIMES, HIGHER))
        for name, unit, better in ratios:
            first, values = card.cash(name)
            card.add(name, unit, better, values, "debt_and_cover", first)
        card.add("cover_all", TIMES, HIGHER, cover_all(facts).to_numpy(dtype=float), "debt_and_cover")
    dependence = 100.0 * land_dependence(facts).to_numpy(dtype=float)
    card.add("land_dependence", PERCENT, LOWER, dependence, "sources_and_uses")
    told = facts.circulation
    third = told[(told["kind"] == "share") & (told["circulation"] == "third")].set_index("period")["value"]
    values = third.reindex(facts.periods).to_numpy(dtype=float)
    card.add("third_circulation", PERCENT, HIGHER, values, "circulation_shares")
    _leverage(card)


def _net_before(card: _Card) -> tuple[float, float]:
    """Recurring net cash after interest before the first period, and doing nothing in the last with old debt only."""
    before, nothing = (r - c for r, c in zip(card.held(REVENUE), card.held(COST), strict=True))
    finance = card.facts.finance
    if finance is not None:
        purse = finance.purse
        rest = purse.own + purse.transfers - purse.fixed
        stated = {key: getattr(purse.finance, key) for key in ("own_revenue", "transfers", "fixed_cost")}
        # totals of the base year hold what the ledger books for today's land
        before = stated["own_revenue"] if stated["own_revenue"] is not None else card.held(REVENUE)[0]
        before += stated["transfers"] or 0.0
        before -= stated["fixed_cost"] if stated["fixed_cost"] is not None else card.held(COST)[0]
        before -= sum(each.legacy * each.rate for each in purse.instruments.values())
        old = finance.flow("interest", list(purse.instruments), new=False)
        nothing += float(rest[-1] - old[-1] / finance.years[-1])
    return float(before), float(nothing)


def _leverage(card: _Card) -> None:
    """How far what is owed is backed by what it has built, and what others put in."""
    facts = card.facts
    table = facts.balance
    table = table[table["side"].isin(["asset", "liability"]) & table["item"].isin(BACKING | OWED)]
    sums = table.assign(owed=table["item"].isin(OWED)).groupby(["owed", "period"])["value"].sum()
    sides = [sums.get(owed, pd.Series(dtype=float)).reindex([START, *facts.periods]) for owed in (False, True)]
    backed, owed = (side.fillna(0.0).to_numpy(dtype=float) for side in sides)
    share = 100.0 * _ratio(backed, owed)
    card.add("backed_debt", PERCENT, HIGHER, share[1:], "balance_sheet", float(share[0]))
    if facts.finance is not None:
        known = facts.finance.purse.instruments.items()
        given = [facts.finance.raised[f] for f, each in known if each.kind == "equity"]
        if given:
            share = 100.0 * _ratio(np.cumsum(sum(given)), np.cumsum(facts.flows.outlay()))
            card.add("outside_share", PERCENT, HIGHER, share, "debt_by_instrument")


def _equity(card: _Card) -> None:
    """Whether what is earned goes back into resources, and nobody is left behind."""
    facts = card.facts
    told = facts.circulation
    back = told[told["item"] == "reinvestment"].set_index("period")["value"].reindex(facts.periods)
    card.add("reinvestment", PERCENT, HIGHER, back.to_numpy(dtype=float), "circulation_loop")
    fund = fund_ledger(facts)
    if fund is not None:
        card.add("compensation_fund", MILLION, HIGHER, fund["closing"][1:], "compensation_fund", 0.0)
    shared = facts.money["distribution"]
    places = shared[(shared["kind"] == "jurisdiction") & (shared["people"] > 0)]
    if len(places):
        least, mean = float(places["per_head"].min()), float(1e6 * places["net"].sum() / places["people"].sum())
        card.add("least_gain_per_head", "currency/head", HIGHER, card.at_last(least), "distribution", NAN, 0.0)
        if mean > SMALL:
            card.add("least_gain_of_mean", PERCENT, HIGHER, card.at_last(100.0 * least / mean), "distribution")
    private = set(facts.study.actors.loc[facts.study.actors["public"] == 0, "actor"]) - {OUTSIDE}
    gains = shared[(shared["kind"] == "gain") & shared["actor"].isin(private)]
    if len(gains):
        lost = float((gains["net"] < -LOSES).sum())
        card.add("actors_who_lose", "count", LOWER, card.at_last(lost), "distribution", NAN, 0.0)


EFFECTS: Final = {"control": _control, "appreciation": _appreciation, "financing": _financing, "equity": _equity}
"""The effects, in the order of the chain resource, asset, capital, fund."""

SHEETS = (
    Sheet(
        "scorecard",
        "overview",
        scorecard,
        (
            Column("effect", "word:effect_"),
            Column("indicator", "word:score_"),
            Column("unit", "unit"),
            Column("direction", "word:better_"),
            *(Column(name, unit="@unit") for name in ("base", "near", "target", "nothing")),
            Column("source", "word:table_"),
        ),
    ),
)
