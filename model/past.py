"""Rows of periods that have begun: they are told, and not demanded any more, for what happened has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from zonevest.instances.study import each, period_names
from zonevest.model.areas import TOTAL

if TYPE_CHECKING:
    from zonevest.instances.study import Study

ROWS = frozenset(
    {
        "enable",
        "fund",
        "reserve",
        "instrument_period",
        "debt_ratio_cap",
        "interest_share_general",
        "interest_share_fund",
    }
    | {"dscr_min", "golden_rule", "refinance_share", "cover_min", "operating_balance", "land_sale_share_cap"}
    | {"green_share_min", "real_estate_share_max", "reinvestment_min"}
)
"""Families whose rows of a period say what somebody demands of it; a row's period is the last part of its key."""
DONE = ("finance.raised.", "quota.")
"""Accounts of what is decided over money and trade: a limit on them says what was done, and holds in the past too."""


def leave_past(model: pyo.ConcreteModel, study: Study) -> None:
    """Take out of a model what is demanded of periods that have begun (docs/semantics.md, "Periods that have begun").

    Soft rows stay: they forbid nothing. A quota that was overdrawn stays so, and is made up for later.
    """
    past = set(period_names(study.periods)[: study.past])
    if not past:
        return
    soft = set() if study.settings.finance is None else set(study.settings.finance.soft)
    for family in ROWS - soft:
        for key in list(model.component(family) or ()):
            if _parts(key)[-1] in past:
                model.component(family)[key].deactivate()
    if model.component("portfolio") is not None and "portfolio" not in soft:
        model.portfolio.deactivate()  # what has begun is sunk in it
    if hasattr(model, "told"):  # whether a project leaned on its bonds nothing asks any more
        model.told = [each for each in model.told if not (each.limit.startswith("cover_min.") and each.period in past)]
    of = {row.limit: row for row in each(study.limits)}
    over = {TOTAL} if study.past == len(study.periods) else set()
    for key in list(model.limit):
        row = of[key[0]]
        if row.kind != "soft" and not row.account.startswith(DONE) and key[-1] in past | over:
            model.limit[key].deactivate()
    for key in list(model.balance) if model.component("balance") is not None else ():
        if key[-1] in past:
            model.balance[key].domain = pyo.Reals


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)
