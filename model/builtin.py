"""The accounts that are there without a row of the accounts table, beside those of areas (FORMULATION.md section 4)."""

from __future__ import annotations

import pandas as pd

from zonevest.instances.accounts import FINANCE, MONEY, OF_INSTRUMENT, OF_QUOTA
from zonevest.instances.study import Study
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
        names = study.instruments["instrument"]
        rows += [(f"{kind}.{name}", "one_off", "million") for kind in OF_INSTRUMENT for name in names]
    units = study.accounts.set_index("account")["unit"]
    areas = area_accounts(study)
    quotas = study.quotas[["quota", "account_used", "account_generated"]]
    for name, used, generated in quotas.itertuples(index=False):
        account = used or generated  # one that is only sold uses none
        unit = str(units.get(account, areas["unit"].get(account, ""))).removesuffix("/year")
        rows += [(f"quota.{name}.{what}", "one_off", unit) for what in OF_QUOTA]
    gains = [f"gain.actor.{name}" for name in actors(study)]
    rows += [(name, "one_off", "million, present value") for name in (*gains, "gain.jurisdiction")]
    return pd.concat([areas, pd.DataFrame(rows, columns=["account", "recurrence", "unit"]).set_index("account")])
