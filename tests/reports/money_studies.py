"""Tables and settings of money, uplift, quotas and gains for the hand-made studies of the audit's tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.reports.audit_studies import ACCOUNTS, Rows, study
from zonevest.instances.study import Study

R = 0.1
"""The finance rate; p1 is 2026-2027, p2 is 2028-2030, the tail 2031-2032."""
END = 2032

RISE = {"account": "rise", "family": "uplift", "recurrence": "one_off"}
LEVY = {"account": "levy", "family": "revenue", "recurrence": "one_off", "cash": 1, "capture_tool": "levying"}
TAX = {"account": "tax", "family": "revenue", "recurrence": "annual", "cash": 1, "capture_tool": "taxing"}
UPLIFT_ACCOUNTS: Rows = [*ACCOUNTS, RISE, LEVY, TAX]
CAPTURE: Rows = [
    {"capture_tool": "levying", "uplift_account": "rise", "rate": 0.3, "delay_years": 1},
    {"capture_tool": "taxing", "uplift_account": "rise", "rate": 0.02, "delay_years": 2, "annual": 1},
]
ACTORS: Rows = [
    {"actor": "local", "public": 1},
    {"actor": "farmers"},
    {"actor": "builders"},
    {"actor": "pot", "public": 1},
]


def delta(year: int, rate: float = R) -> float:
    """Payments at year end: δ_y = (1 + r)^−(y − 2026 + 1)."""
    return (1 + rate) ** -(year - 2026 + 1)


def deltas(first: int, last: int = END, rate: float = R) -> float:
    return sum(delta(year, rate) for year in range(first, last + 1))


def finance(settings: Mapping[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    """Settings with a [finance] table."""
    return {"finance": keys, **(settings or {})}


def with_uplift(settings: Mapping[str, Any] | None = None, **tables: Rows) -> Study:
    """A study with an uplift account and two tools that capture: 30 % once, 2 % a year."""
    return study(settings, **{"accounts": UPLIFT_ACCOUNTS, "capture": CAPTURE, **tables})
