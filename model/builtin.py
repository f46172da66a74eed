"""The accounts that are there without a row of the accounts table, beside those of areas (FORMULATION.md section 4)."""

from __future__ import annotations

import pandas as pd

from zonevest.instances.accounts import FINANCE, MONEY, OF_INSTRUMENT, OF_QUOTA
from zonevest.instances.study import Study, each
from zonevest.model.areas import area_accounts
from zonevest.model.assets import asset_accounts

UNITS = {"annual": "million/year", "one_off": "million", "stock": "million"}


def actors(study: Study) -> list[str]:
    """Every actor: those of the table, those that shares name, the purse, and outside."""
    named = dict.fromkeys([*study.actors["actor"], *study.shares["actor"], *study.settings.purse, "outside"])
    return list(named)


def built_in_accounts(study: Study) -> pd.DataFrame:
    """Every built-in account but those that the accounts table holds: index account, columns recurrence and unit."""
    rows = [(name, measure, UNITS[measure]) for name, measure in MONEY.items()]
    rows += [(name, "stock", UNITS["stock"]) for name in asset_accounts(study)]
    if study.settings.finance is not None:
        rows += [(name, measure, "million") for name, measure in FINANCE.items()]
        rows += [(f"finance.cash.{name}", "stock", "million") for name in study.budgets["budget"]]
        names = study.instruments["instrument"]
        rows += [(f"{kind}.{name}", "one_off", "million") for kind in OF_INSTRUMENT for name in names]
    areas = area_accounts(study)
    units = {name: unit for name, _, unit in areas}
    units |= dict(zip(study.accounts["account"], study.accounts["unit"], strict=True))
    for row in each(study.quotas):
        unit = units.get(row.account_used or row.account_generated, "")  # one that is only sold uses none
        rows += [(f"quota.{row.quota}.{what}", "one_off", unit.removesuffix("/year")) for what in OF_QUOTA]
    gains = [f"gain.actor.{name}" for name in actors(study)]
    rows += [(name, "one_off", "million, present value") for name in (*gains, "gain.jurisdiction")]
    names, *columns = zip(*areas, *rows, strict=True)
    return pd.DataFrame(dict(zip(("recurrence", "unit"), columns, strict=True)), index=pd.Index(names, name="account"))
