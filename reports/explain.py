"""Why a plan is as it is: the options of a parcel, a project, and who pays for a limit, at the prices of its rows.

All values are in units of the objective (million, present value, where it weighs cash by 1), above nothing: of an
option or a start its *value* is what it adds to the objective by itself, *rows* what it adds to rows times their
prices (a ceiling that is short takes off, a floor that is short adds), *worth* the sum of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names
from zonevest.reports.explain_missing import missing_options
from zonevest.reports.explain_text import text_of
from zonevest.reports.priced import SMALL

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from zonevest.instances.study import Study
    from zonevest.reports.priced import Priced

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

PARCEL, PROJECT, LIMIT, PRICES = "parcel", "project", "limit", "prices"
ACCOUNT, ROW = "account", "row"
"""Kinds of parts: what an account adds to the objective, and what a row with a price gives or takes."""
PART: Final = ["kind", "name", "jurisdiction", "period", "row", "price", "amount", "value"]
OPTIONS: Final = [
    "practice", "start", "possible", "excluded_by", "also", "share", "value", "rows", "worth", "margin", "would_start",
    "would",
]  # fmt: skip
WHY: Final = [*PART[:5], "chosen", "next", "difference"]


@dataclass(frozen=True)
class Explanation:
    """Why something is as it is: words, and the tables that they are said from.

    Attributes
    ----------
    kind, name : parcel, project, limit or prices, and which.
    study : the study.
    basis : of the prices, ``fixed`` or ``near`` (see `priced`).
    figures : single numbers and names.
    tables : by name; ``explanation["options"]`` is one of them.
    """

    kind: str
    name: str
    study: Study
    basis: str
    figures: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One of its tables."""
        return self.tables[name]

    def to_dict(self) -> dict[str, Any]:
        """All of it for machines; what is not known, or has no end, is None."""
        tables = {name: table.astype(object).where(table.notna() & ~table.isin([np.inf, -np.inf]), None)
                  .to_dict("records") for name, table in self.tables.items()}  # fmt: skip
        return {"kind": self.kind, "name": self.name, "prices": self.basis, **self.figures, **tables}

    def to_text(self, lang: str = "en") -> str:
        """In words, ``en`` or ``zh``."""
        return text_of(self, lang)


def explain_prices(priced: Priced, table: pd.DataFrame) -> Explanation:
    """What one more of every number that bounds the plan is worth, and over which range.

    Parameters
    ----------
    table : of `zonevest.api.Plan.shadow_prices`, which is ``ranges`` here.
    """
    counts = {"binding": int(table["binding"].sum()), "resolved": int(table["resolved"].sum())}
    return Explanation(PRICES, PRICES, priced.ledger.study, priced.basis, counts, {"ranges": table})


def explain_parcel(priced: Priced, parcel: str) -> Explanation:
    """Every option that a parcel has, what each is worth at the prices, and what excludes the others.

    Returns
    -------
    Explanation
        ``options``: ``practice, start, possible``, ``excluded_by`` (a line or rule of `zonevest.model.options.REASONS`
        where it is not), ``share`` (taken in the plan), ``value, rows, worth`` (NaN where it is not possible) and
        ``margin``: worth above the best other option; the best first; of what is not possible ``also``,
        ``would_start`` and ``would`` (see `zonevest.reports.explain_missing`). ``parts``: of each option by account
        and row,
        with ``price`` and ``amount`` (what the option adds to the row; of an account they are blank). ``why``: the
        same of what is chosen beside the best other option. ``figures``: ``chosen`` (worth of what is chosen, by
        shares), ``next`` (of the
        best other one, ``next_practice, next_start``), ``margin``.

    Raises
    ------
    KeyError
        If there is no such parcel.
    """
    ledger, options = priced.ledger, priced.ledger.options
    at = int(pd.Index(options.study.parcels["parcel_id"]).get_indexer([parcel])[0])
    if at < 0:
        raise KeyError(parcel)
    mine = np.arange(options.start[at], options.start[at + 1])
    kind, periods = options.kind[mine], np.array([*period_names(ledger.study.periods), ""], dtype=object)
    named = pd.DataFrame(
        {
            "practice": np.array(options.practices, dtype=object)[options.kind_practice[kind]],
            "start": periods[options.kind_start[kind]],
        }
    )
    parts = parts_of(priced, named, priced.amounts(mine), *priced.account_values(mine))
    share, amounts = priced.weight[mine], priced.amounts(mine)
    value, worth = amounts[:, [-1]].toarray().ravel(), priced.option_worth[mine]
    best = np.sort(worth)[::-1]
    other = np.where(worth == best[0], best[1], best[0]) if len(best) > 1 else np.full(len(best), np.nan)
    found = named.assign(
        possible=True, excluded_by="", also="", share=share, value=value, rows=worth - value, worth=worth,
        margin=worth - other, would_start="", would=np.nan,
    )  # fmt: skip
    found = found.sort_values("worth", ascending=False, kind="stable", ignore_index=True)
    taken = share > SMALL
    chosen = float(share @ worth)
    rest = np.flatnonzero(~taken)
    second = int(rest[worth[rest].argmax()]) if len(rest) else -1
    figures = {
        "chosen": chosen,
        "next": float(worth[second]) if len(rest) else None,
        "next_practice": str(named["practice"].iloc[second]) if len(rest) else None,
        "next_start": str(named["start"].iloc[second]) if len(rest) else None,
        "margin": chosen - float(worth[second]) if len(rest) else None,
        "area_ha": float(options.study.parcels["area_ha"].iloc[at]),
        "jurisdiction": str(options.study.parcels["jurisdiction"].iloc[at]),
    }
    none = dict.fromkeys(("value", "rows", "worth", "margin"), np.nan)
    missing = missing_options(priced, at, named).assign(possible=False, share=0.0, **none)
    tables = {
        "options": pd.concat([found, missing], ignore_index=True)[OPTIONS],
        "parts": parts,
        "why": _why(parts, named, share, second),
    }
    return Explanation(PARCEL, parcel, ledger.study, priced.basis, figures, tables)


def parts_of(
    priced: Priced, named: pd.DataFrame, amounts: sparse.csr_array, accounts: list[str], values: Floats
) -> pd.DataFrame:
    """What undertakings add, one by one (rows of `named`), by account and by row that has a price."""
    who, account = np.nonzero(values)
    first = named.iloc[who].reset_index(drop=True).assign(
        kind=ACCOUNT, name=np.array([*accounts, ""], dtype=object)[account], jurisdiction="", period="", row="",
        price=np.nan, amount=np.nan, value=values[who, account],
    )  # fmt: skip
    told = priced.told
    some = np.flatnonzero(np.abs(priced.prices) > 0.0)
    found = amounts[:, some].tocoo()
    who, at = found.coords[0], some[found.coords[1]]
    rows = told.iloc[at].reset_index(drop=True)
    second = named.iloc[who].reset_index(drop=True).assign(
        kind=ROW, name=rows["limit"], jurisdiction=rows["jurisdiction"], period=rows["period"], row=rows["row"],
        price=priced.prices[at], amount=found.data, value=-priced.prices[at] * found.data,
    )  # fmt: skip
    both = pd.concat([first, second[second["value"] != 0.0]], ignore_index=True)
    return both[[*named.columns, *PART]]


def _why(parts: pd.DataFrame, named: pd.DataFrame, share: Floats, second: int) -> pd.DataFrame:
    """What is chosen beside the best other option, by part; what differs most first."""
    keys = list(named.columns)
    weights = named.assign(chosen=share, next=(np.arange(len(named)) == second).astype(float))
    told = parts.merge(weights, on=keys, how="left")
    told["chosen"], told["next"] = told["chosen"] * told["value"], told["next"] * told["value"]
    table = told.groupby(PART[:5], sort=False)[["chosen", "next"]].sum().reset_index()
    table["difference"] = table["chosen"] - table["next"]
    table = table[(table["chosen"] != 0.0) | (table["next"] != 0.0)]
    order = np.argsort(-table["difference"].abs().to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)[WHY]
