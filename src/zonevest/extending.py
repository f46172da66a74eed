"""A longer horizon: further periods that are like the last one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.instances.finance import VALUES
from zonevest.instances.settings import to_toml
from zonevest.instances.study import Period
from zonevest.model.builtin import built_in_accounts

if TYPE_CHECKING:
    from zonevest.instances.study import Study

BY_PERIOD = ("quota_grants", "price_steps")
"""Tables whose rows of the last period are repeated as they are; limits get names of their own."""


def extend(study: Study, years: Sequence[int]) -> Study:
    """The study with further periods, each of so many years: what is said of its last period is said of them too.

    Rows that name the last period, and values of study.toml by period, are repeated. Grants of a quota, and limits on
    one-off accounts with an absolute bound, are in proportion to the years. What holds over the whole horizon (periods
    `total` and `last`, windows of projects) stays as it is.

    Parameters
    ----------
    years : of each further period, at least 1.

    Raises
    ------
    ValueError
        If there is no further period, or one of no year.
    """
    if not years or any(int(each) != each or each < 1 for each in years):
        raise ValueError(f"further periods have one year or more each, not {list(years)}")
    last, begin = study.periods[-1], study.last_year + 1
    periods = list(study.periods)
    for count in years:
        end = begin + int(count) - 1
        periods.append(Period(f"{begin}-{end}" if count > 1 else str(begin), begin, int(count)))
        begin = end + 1
    more = periods[len(study.periods) :]
    toml = to_toml(study.settings, None)
    toml["periods"] = [{"name": each.name, "start": each.start, "years": each.years} for each in periods]
    for key in VALUES:
        held = toml.get("finance", {}).get(key)
        if isinstance(held, dict) and last.name in held:
            toml["finance"][key] = held | {each.name: held[last.name] for each in more}
    tables: dict[str, pd.DataFrame | None] = {}
    for name in BY_PERIOD:
        tables[name] = _repeated(study.tables[name], last, more, "amount" if name == "quota_grants" else "")
    limits, terms = _limits(study, last, more)
    tables |= {"limits": limits, "limit_terms": terms}
    return study.replace(toml, **tables)


def _repeated(table: pd.DataFrame, last: Period, more: Sequence[Period], scaled: str) -> pd.DataFrame:
    """A table with its rows of the last period for further ones, a column in proportion to their years."""
    mine = table[table["period"] == last.name]
    made = [table]
    for each in more if len(mine) else ():
        rows = mine.assign(period=each.name)
        made.append(rows.assign(**{scaled: rows[scaled] * each.years / last.years}) if scaled else rows)
    return pd.concat(made, ignore_index=True)


def _limits(study: Study, last: Period, more: Sequence[Period]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Limits and their further terms; a limit of a further period is a limit of its own."""
    kinds: dict[str, Any] = built_in_accounts(study)["recurrence"].to_dict()
    kinds |= dict(zip(study.accounts["account"], study.accounts["recurrence"], strict=True))
    limits, terms = [study.limits], [study.limit_terms]
    mine = study.limits[study.limits["period"] == last.name]
    for each in more if len(mine) else ():
        names = {old: f"{old}.{each.name}" for old in mine["limit"]}
        once = mine["account"].map(kinds).eq("one_off") & mine["basis"].isin(["", "absolute", "per_head"])
        value = mine["value"].where(~once, mine["value"] * each.years / last.years)
        limits.append(mine.assign(limit=mine["limit"].map(names), period=each.name, value=value))
        own = study.limit_terms[study.limit_terms["limit"].isin(names)]
        terms.append(own.assign(limit=own["limit"].map(names)))
    return pd.concat(limits, ignore_index=True), pd.concat(terms, ignore_index=True)
