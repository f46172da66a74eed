"""Decisions with what they bring, and sums of them (FORMULATION.md section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyomo.core.expr.numeric_expr import LinearExpression

from zonevest.model.complete_ledger import Books
from zonevest.model.complete_options import Option, Record
from zonevest.model.complete_rows import Undertaking
from zonevest.model.complete_sites import Left

CASH, ECOSYSTEM, ACCOUNTS = "cash", "ecosystem", "accounts"
"""The terms of the objective: F1, F2, and the weighted sum of accounts."""

Terms = list[tuple[float, Any]]
"""Coefficients with their variables."""


@dataclass(frozen=True)
class Choice:
    """An option of a parcel, its variable, and what it is worth (books_flat: the books at start prices)."""

    parcel: Record
    option: Option
    x: Any
    undertaking: Undertaking
    books: Books
    books_flat: Books
    worth: dict[str, float]


@dataclass(frozen=True)
class Start:
    """A possible start of a project in period s: u_js = U_js − U_j,s−1.

    Attributes
    ----------
    undertaking : what the project brings of its own.
    left : what leaves with land that it takes without a drawn site.
    worth : of both.
    """

    project: Record
    s: int
    undertaking: Undertaking
    left: tuple[Left, ...]
    worth: dict[str, float]


@dataclass(frozen=True)
class Posting:
    """One unit of a variable that books beside parcels and projects: uplift of a catchment, trade of a quota.

    Attributes
    ----------
    places : where it is booked: in the total, and in a jurisdiction if it is of one.
    """

    variable: Any
    places: frozenset[str]
    undertaking: Undertaking
    books: Books
    books_flat: Books
    worth: dict[str, float]


def linear(terms: Iterable[tuple[float, Any]], constant: float = 0.0) -> Any:
    """Σ coefficient × variable + constant; a row without any variable is a row all the same."""
    kept = [(coefficient, variable) for coefficient, variable in terms if coefficient]
    coefficients, variables = [c for c, _ in kept], [v for _, v in kept]
    return LinearExpression(constant=constant, linear_coefs=coefficients, linear_vars=variables)
