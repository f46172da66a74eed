"""A study of four parcels, five projects and two periods, what it comes to by hand, and how rows are written here.

The valley. Period p1 is 2026 and 2027, p2 is 2028 and 2029, the tail 2030. The finance rate is 25 %, so that a payment
of 2026 … 2030 counts 0.8, 0.64, 0.512, 0.4096, 0.32768; from a year to the end of the tail these are

    from 2026: 2.68928, from 2027: 1.88928, from 2028: 1.24928, from 2029: 0.73728, from 2030: 0.32768

The social rate is 0: a year of the ecosystem counts 1.

A  10 ha of rice in N.
B  20 ha of rice in N inside the red line (general), condition 0.5.
C  30 ha of wood in S.
D  40 ha of rice in S, basic farmland, in the basin (a tag).

Zones: F farm, U urban, E inside the red line (exact). No zone is approved: B lies in E, which its line asks for; E
takes nobody else, so A and D lie in F (rice suits it 3) and C too (1; it suits U 0).

build  rice -> town in U, a lead of 1 year.   A only: B is held in E by its line, D is basic farmland, C is no rice.
wild   rice -> wood in E.                     B only: the others are outside the red line.
camp   wood as it is, in F, needs a project.  C only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyomo.environ as pyo
import pytest
from pyomo.repn import generate_standard_repn

from zonevest.instances.read import make_study
from zonevest.instances.study import Study

SETTINGS: dict[str, Any] = {
    "name": "valley",
    "defaults": "none",
    "periods": [{"name": "p1", "start": 2026, "years": 2}, {"name": "p2", "start": 2028, "years": 2}],
    "rates": {"finance": 0.25, "social": 0.0, "tail_years": 1},
    "objective": {"method": "weighted", "cash": 1.0, "ecosystem": 0.1},
}


def table(text: str) -> list[dict[str, Any]]:
    """A table written as text, a line per row; `-` is a blank cell."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    rows = [{column: cell for column, cell in zip(head, line, strict=True) if cell != "-"} for line in lines]
    return [{column: float(cell) if cell[0].isdigit() else cell for column, cell in row.items()} for row in rows]


TABLES: dict[str, list[dict[str, Any]]] = {
    "parcels": table("""
        parcel_id land_class jurisdiction area_ha redline condition basic_farmland tags
        A         rice       N            10      -       -         -              -
        B         rice       N            20      general 0.5       -              -
        C         wood       S            30      -       -         -              -
        D         rice       S            40      -       -         1              basin
    """),
    "zones": table("""
        zone line    line_rule
        F    -       -
        U    -       -
        E    redline exact
    """),
    "land_classes": table("""
        land_class class_group  resource
        rice       arable       land
        wood       forest       forest
        town       construction land
    """),
    "class_zones": table("""
        land_class zone suitability
        rice       F    3
        rice       E    1
        wood       F    1
        wood       E    3
        town       U    3
    """),
    "accounts": table("""
        account family    recurrence cash
        rent    revenue   annual     1
        tolls   revenue   annual     1
        fees    revenue   annual     1
        works   cost      one_off    1
        water   ecosystem annual     -
        houses  social    stock      -
    """),
    "actors": table("""
        actor  public
        local  1
        owners -
    """),
    "shares": table("""
        account role     actor  share
        tolls   receives local  0.5
        tolls   receives owners 0.5
    """),
    "practices": table("""
        practice zone mode        from_classes       to_class lead_years life_years redline_ok requires_project
        build    U    development class_group:arable town     1          2          -          -
        wild     E    restoration rice               wood     -          -          general    -
        camp     F    service     wood               -        -          -          -          1
    """),
    "class_flows": table("""
        land_class account basis       value
        rice       rent    per_ha_year 0.1
        wood       water   per_ha_year 2
    """),
    "practice_flows": table("""
        practice account basis       value start_year ramp_years
        build    works   per_ha_once 0.9   -          -
        build    tolls   per_ha_year 1     -          2
        build    houses  per_ha_once 3     1          -
        wild     works   per_ha_once 0.1   -          -
        camp     fees    per_ha_year 0.2   -          -
    """),
    "projects": [
        {**basics, **more}
        for basics, more in zip(
            table("""
                project capex build_years annual_revenue earliest latest exclusive_set bundle
                road    4     2           3              -        -      -             -
                station 2     1           6              p2       -      shore         -
                quay    1     1           4              -        p1     shore         -
                mill    -     0           5              -        -      -             twins
                dam     1     1           -              -        -      -             twins
            """),
            (
                {"category": "infrastructure", "jurisdiction": "N", "enables": "camp", "enables_area": 25},
                {"requires": "road", "requires_lag": 1, "footprint": "A", "footprint_zones": "U"},
                {"min_area": 50, "min_area_of": "class_group:arable", "enables": "camp"},
                {},
                {"min_area": 12, "min_area_of": "class_group:construction"},
            ),
            strict=True,
        )
    ],
    "land_take": [{"project": "road", "land_class": "rice", "jurisdiction": "N", "area_ha": 5}],
    "limits": table("""
        limit     account        period sense value basis          kind penalty
        keep_rent rent           -      >=    0.9   share_of_start soft 2
        cap       area.converted last   <=    25    -              -    -
    """),
}


def valley(settings: Mapping[str, Any] | None = None, **tables: list[dict[str, Any]]) -> Study:
    """The valley with some settings or tables in place of its own; an empty list takes a table out."""
    frames = {name: pd.DataFrame(rows) for name, rows in {**TABLES, **tables}.items() if rows}
    return make_study({**SETTINGS, **(settings or {})}, **frames)


def limit(
    name: str = "l", account: str = "rent", sense: str = ">=", value: float = 1.0, **cells: Any
) -> dict[str, Any]:
    return {"limit": name, "account": account, "sense": sense, "value": value, **cells}


def changed(table: str, key: str, **cells: Any) -> list[dict[str, Any]]:
    """The rows of a table with some cells of one row (the one whose first cell is `key`) set anew."""
    return [{**row, **cells} if next(iter(row.values())) == key else row for row in TABLES[table]]


def coefficients(expression: Any) -> tuple[dict[str, float], float]:
    """What an expression comes to when everything derived is expanded: coefficient by variable, and the constant."""
    repn = generate_standard_repn(expression)
    assert repn.is_linear()
    found = {str(v): c for c, v in zip(repn.linear_coefs, repn.linear_vars, strict=True) if abs(c) > 1e-12}
    return found, float(repn.constant)


def row(constraint: Any) -> tuple[dict[str, float], float | None, float | None]:
    """Coefficients, lower and upper bound of a row, its constant moved to the bounds."""
    found, constant = coefficients(constraint.body)
    low, high = pyo.value(constraint.lower), pyo.value(constraint.upper)
    return found, None if low is None else low - constant, None if high is None else high - constant


def lp(text: str) -> tuple[Any, Any, Any]:
    """A row as an LP file has it, `2 x[A,hold,] - U[road,p1] >= 3`, in the form of `row`."""
    left, sense, right = (*re.split(r"\s*(<=|>=|=)\s*", text), "", "0")[:3]
    sides = {
        "<=": (None, float(right)),
        ">=": (float(right), None),
        "=": (float(right), float(right)),
        "": (None, None),
    }
    low, high = sides[sense]
    terms = re.findall(r"([+-]?)\s*([\d.]*)\s*(\w+\[[^\]]*\])", left)
    found = {name: float(sign + (number or "1")) for sign, number, name in terms}
    return (
        pytest.approx(found),
        None if low is None else pytest.approx(low),
        None if high is None else pytest.approx(high),
    )


def names(block: Any) -> set[Any]:
    return set(block.keys())


# What options and projects are worth: F1 and F2

WORTH = {
    # rent of 0.1 x 10 for five years: 1 x 2.68928
    "x[A,hold,]": (2.68928, 0.0),
    # start 2026, town from 2027. Rent of 2026: 1 x 0.8. Tolls of 1 x 10 a year from 2027, half of it in the first
    # (ramp of 2), half of all to the purse: 2.5 x 0.64 + 5 x (0.512 + 0.4096 + 0.32768) = 1.6 + 6.2464.
    # Works of 9 in 2026, v = 2027, C = 9, life 2: A = 9 x 0.25 / (1 - 0.64) = 6.25, 2027 to 2030: 6.25 x 1.88928.
    "x[A,build,p1]": (0.8 + 1.6 + 6.2464 - 11.808, 0.0),
    # start 2028, town from 2029. Rent of 2026 to 2028: 1.952. Tolls 2.5 x 0.4096 in 2029 and, the tail being without
    # ramp, 5 x 0.32768 in 2030. Works 6.25 x 0.73728.
    "x[A,build,p2]": (1.952 + 1.024 + 1.6384 - 4.608, 0.0),
    "x[B,hold,]": (2 * 2.68928, 0.0),
    # Works of 2 in 2026, v = 2026, C = 2 / 1.25 = 1.6, no life: A = 0.25 x 1.6 = 0.4 while the water of the wood that
    # it enters runs: to 2030. Water 2 x 20 x 0.5 (condition) = 20 a year, five years.
    "x[B,wild,p1]": (-0.4 * 2.68928, 100.0),
    "x[B,wild,p2]": (2 * (0.8 + 0.64) - 0.4 * 1.24928, 60.0),
    # 2 x 30 of water a year, whatever is done; fees of 0.2 x 30 from the start.
    "x[C,hold,]": (0.0, 300.0),
    "x[C,camp,p1]": (6 * 2.68928, 300.0),
    "x[C,camp,p2]": (6 * 1.24928, 300.0),
    "x[D,hold,]": (4 * 2.68928, 0.0),
}
STARTS = {
    # Capex 2 in 2026 and 2 in 2027, v = 2028: C = 2 x 1.25 + 2 = 4.5, A = 1.125, with 3 of revenue from 2028.
    # It takes 5 ha of rice in N, half of A (B lies inside the red line): 0.5 of rent a year from its start on.
    ("road", "p1"): (3 - 1.125) * 1.24928 - 0.5 * 2.68928,
    ("road", "p2"): (3 - 1.125) * 0.32768 - 0.5 * 1.24928,
    # C = 2, A = 0.5, and 6 of revenue, from 2029. It cannot start in p1.
    ("station", "p2"): 5.5 * 0.73728,
    ("quay", "p1"): 3.75 * 1.88928,
    # It takes no year to build: open in the year of its start.
    ("mill", "p1"): 5 * 2.68928,
    ("mill", "p2"): 5 * 1.24928,
    # C = 1, A = 0.25, and with no annual flow at all to the end.
    ("dam", "p1"): -0.25 * 1.88928,
    ("dam", "p2"): -0.25 * 0.73728,
}
NOTHING = (7 * 2.68928, 300.0)
"""F1 and F2 of doing nothing: 7 of rent and 60 of water a year."""
