"""Cases of rules that show once there are options and a ledger: what checking a study raises or warns of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from tests.model.complete_town import LOAN, account, parcel, town
from tests.model.four import four
from zonevest.api import check
from zonevest.instances.study import StudyError

WASTE = {"account": "waste", "land_class": "field", "basis": "per_ha_year", "value": 1.0}
OWED = {**LOAN, "outstanding": 4.0, "outstanding_years": 4, "limit_total": 0.0}


def built(value: float, sense: str = "<=", kind: str = "hard") -> pd.DataFrame:
    """Warnings of four parcels with a limit on built land in the last period: 2 ha are, and 15 ha may be."""
    row = {"limit": "built", "account": "area.class.town", "period": "last", "sense": sense, "value": value}
    more = {"kind": kind, "penalty": 1.0} if kind == "soft" else {}
    return check(four().replace(limits=pd.DataFrame([{**row, **more}]))).warnings


def waste(**cells: object) -> pd.DataFrame:
    """Warnings of ten hectares that make 10 t of waste a year, where 5 are allowed; under trees there is none."""
    return check(
        town(
            parcels=[parcel()],
            land_classes=[{"land_class": "field"}, {"land_class": "wood"}],
            practices=[{"practice": "plant", "zone": "Z", "from_classes": "field", "to_class": "wood"}],
            accounts=[account("waste", "custom")],
            class_flows=[WASTE],
            limits=[{"limit": "clean", "account": "waste", "sense": "<=", "value": 5.0, **cells}],
        )
    ).warnings


def revenue(total: float) -> pd.DataFrame:
    """Warnings of ten hectares that bring 1 million a year, and a budget of some total."""
    rent = {"account": "rent", "land_class": "field", "basis": "per_ha_year", "value": 0.1}
    finance = {"own_revenue": total}
    return check(
        town(finance=finance, parcels=[parcel()], accounts=[account("rent", budget="general")], class_flows=[rent])
    ).warnings


def _strict() -> pd.DataFrame:
    suits = [{"land_class": "field", "zone": "Z", "suitability": 0}]
    return check(town({"strict_lines": True}, parcels=[parcel(zone="Z")], class_zones=suits)).warnings


def late(lead_years: int = 3, **cells: object) -> pd.DataFrame:
    """Warnings of a field that may become a wood, some years after its start: the periods are 2026-27 and 2028."""
    plant = {"practice": "plant", "zone": "Z", "lead_years": lead_years, "to_class": "wood", **cells}
    return check(
        town(
            {"periods": [{"name": "p1", "start": 2026, "years": 2}, {"name": "p2", "start": 2028, "years": 1}]},
            parcels=[parcel(tenure="collective")],
            land_classes=[{"land_class": "field"}, {"land_class": "wood"}],
            practices=[plant],
        )
    ).warnings


CASES: Mapping[str, Callable[[], pd.DataFrame]] = {
    "parcels.option": lambda: check(town({"hold": False}, parcels=[parcel()])).warnings,
    "parcels.strict-lines": _strict,
    "practices.late": late,
    "finance.residual": lambda: revenue(0.5),
    "finance.residual-small": lambda: revenue(1.005),
    "limits.idle": lambda: built(17.5),
    "limits.out-of-reach": lambda: built(17.5, ">="),
    "limits.today": waste,
    "finance.today": lambda: check(town(finance={"opening_cash": 0.0}, instruments=[OWED])).warnings,
}


def told_by(case: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """What a case is told: faults, or else warnings."""
    try:
        return case()
    except StudyError as error:
        return error.faults
