"""How names, numbers and units of a study are written in one language."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from zonevest.instances.say import translate
from zonevest.reports.labels import Words

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.instances.study import Study

NBSP = "\u00a0"
MINUS = "\u2212"
DASH = "\u2013"

_ACCOUNT_PREFIXES = (
    ("area.class_group.", "group_"),
    ("area.class.", "class"),
    ("area.resource.", "resource_"),
    ("area.zone.", "zone"),
    ("area.practice.", "practice"),
    ("area.gained.class_group.", "group_"),
    ("area.lost.class_group.", "group_"),
    ("area.gained.class.", "class"),
    ("area.lost.class.", "class"),
    ("area.gained.zone.", "zone"),
    ("area.lost.zone.", "zone"),
    ("area.new.practice.", "practice"),
)
PRESENT = ", present value"
"""What the unit of a present value ends with."""
_OF_INSTRUMENTS = ("finance.raised.", "finance.repaid.", "finance.interest.")

OWN_NAME = "x_name_zh"
"""A study's own column of its projects: what they are called in Chinese."""

OF_BUDGETS = ("reserve", "dscr_min", "budget_transfer", "cash")
"""Rows of money that are told for each budget."""


def number(value: float | None, decimals: int | None = None) -> str:
    """A number with thousands commas and a true minus; without `decimals` five significant digits; a dash for none."""
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    if value == 0:
        return "0"
    if decimals is None:
        text = f"{abs(value):,.{min(8, max(0, 4 - math.floor(math.log10(abs(value)))))}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return (MINUS if value < 0 else "") + (text if text != "0" else "<0.00000001")
    if abs(value) < 0.5 * 10.0**-decimals:
        # a trace is not nothing
        return f"{MINUS if value < 0 else ''}<{10.0**-decimals:.{decimals}f}"
    return (MINUS if value < 0 else "") + f"{abs(value):,.{decimals}f}"


def places(values: Iterable[float]) -> int:
    """Decimals that suit a column: none from 10,000 on, more for smaller numbers, none where all are whole."""
    if isinstance(values, np.ndarray):
        sizes = np.abs(values[np.isfinite(values)])
        largest = float(sizes.max(initial=0.0))
        whole = bool((np.abs(sizes - np.rint(sizes)) < 1e-9 * np.maximum(1.0, sizes)).all())
    else:  # of a few numbers an array takes longer than they do
        finite = [abs(value) for value in values if value is not None and math.isfinite(value)]
        largest = max(finite, default=0.0)
        whole = all(abs(value - round(value)) < 1e-9 * max(1.0, value) for value in finite)
    if largest == 0 or whole:
        return 0
    if largest < 1:
        return min(8, 2 - math.floor(math.log10(largest)))
    return 0 if largest >= 10_000 else 1 if largest >= 100 else 2


def signed(value: float, decimals: int | None = None) -> str:
    """A difference, with its sign; a plain 0 for none."""
    text = number(value, decimals)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def percent(share: float | None, digits: int = 2) -> str:
    """A share as per cent, `digits` significant ones: 0.00081 -> "0.081 %"."""
    if share is None or math.isnan(share):
        return DASH
    if math.isinf(share):
        return "∞"
    value = share * 100
    if abs(value) < 1e-7:
        return f"0{NBSP}%"
    if abs(value) < 0.001:
        return f"<0.001{NBSP}%"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{abs(value):,.{min(decimals, 3)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{MINUS if value < 0 else ''}{text}{NBSP}%"


def year(value: float) -> str:
    """A year, with a fraction only where there is one."""
    return f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.1f}"


class Display:
    """Names and units of a study in one language.

    Parameters
    ----------
    study : the study whose codes are shown.
    words : the words of the language.
    """

    def __init__(self, study: Study, words: Words) -> None:
        self.study = study
        self.words = words

    def _names(self, table: pd.DataFrame, key: str) -> dict[str, str]:
        own, other = ("name_en", "name_zh") if self.words.lang == "en" else ("name_zh", "name_en")
        named = table[own].where(table[own].fillna("") != "", table[other]).fillna("")
        names = {}
        for code, name in zip(table[key].astype(str), named.astype(str), strict=True):
            # an official code says something to a planner; any other code has said it with its name
            official = name and code[:2].isdigit() and name != code
            names[code] = self.bracketed(name, code) if official else name or code
        return names

    def bracketed(self, text: str, more: str) -> str:
        """A text, and more of it in the brackets of the language."""
        return f"{text}（{more}）" if self.words.lang == "zh" else f"{text} ({more})"

    def coded(self, code: str, named: Callable[[str], str]) -> str:
        """A code of the study, by which it is found there, and its name beside it, where it has one."""
        name = named(code)
        return name if name == code or name.endswith(self.bracketed("", code).strip()) else self.bracketed(code, name)

    @cached_property
    def _zones(self) -> dict[str, str]:
        return self._names(self.study.zones, "zone") | {"": self.words("no_zone"), "total": self.words("sum")}

    @cached_property
    def _classes(self) -> dict[str, str]:
        return self._names(self.study.land_classes, "land_class") | {
            "": self.words("no_class"),
            "land_take": self.words("taken"),
            "total": self.words("sum"),
        }

    @cached_property
    def _practices(self) -> dict[str, str]:
        own = {"hold": self.words("hold"), "": self.words("unassigned"), "total": self.words("sum")}
        return own | self._names(self.study.practices, "practice")

    @cached_property
    def _jurisdictions(self) -> dict[str, str]:
        own = {"total": self.words("whole_area"), "": self.words("no_jurisdiction"), "each": self.words("each")}
        return own | self._names(self.study.jurisdictions, "jurisdiction")

    @cached_property
    def _projects(self) -> dict[str, str]:
        table = self.study.projects
        named = table["name"].fillna("").astype(str)
        if self.words.lang == "zh" and OWN_NAME in table:  # the format knows one name; a study may have its own column
            own = table[OWN_NAME].fillna("").astype(str)
            named = own.where(own != "", named)
        return {str(code): name or str(code) for code, name in zip(table["project"], named, strict=True)}

    @cached_property
    def _instruments(self) -> dict[str, str]:
        return self._names(self.study.instruments, "instrument")

    @cached_property
    def _actors(self) -> dict[str, str]:
        return {"outside": self.words("outside")} | self._names(self.study.actors, "actor")

    @cached_property
    def _quotas(self) -> dict[str, str]:
        return self._names(self.study.quotas, "quota")

    @cached_property
    def _budgets(self) -> dict[str, str]:
        names = self._names(self.study.budgets, "budget")
        pairs = zip(self.study.budget_transfers["from"], self.study.budget_transfers["to"], strict=True)
        return names | {f"{of}.{to}": f"{names[of]} → {names[to]}" for of, to in pairs}

    @cached_property
    def _accounts(self) -> dict[str, str]:
        names = self._names(self.study.accounts, "account")
        return {code: name for code, name in names.items() if name != code}

    def zone(self, code: str) -> str:
        """The name of a zone."""
        return self._zones.get(code, code)

    def land_class(self, code: str) -> str:
        """The name of a land class."""
        return self._classes.get(code, code)

    def practice(self, code: str) -> str:
        """The name of a land action, of held land and of unassigned land."""
        return self._practices.get(code, code)

    def jurisdiction(self, code: str) -> str:
        """The name of a jurisdiction, or of the whole area."""
        return self._jurisdictions.get(code, code)

    def project(self, code: str) -> str:
        """The name of a project."""
        return self._projects.get(code, code)

    def instrument(self, code: str) -> str:
        """The name of an instrument."""
        return self._instruments.get(code, code)

    def actor(self, code: str) -> str:
        """The name of an actor, or of everyone else."""
        return self._actors.get(code, code)

    def quota(self, code: str) -> str:
        """The name of a quota."""
        return self._quotas.get(code, code)

    def budget(self, code: str) -> str:
        """The name of a budget, or of a pair of them, ``<from>.<to>``."""
        return self._budgets.get(code, code)

    def money_item(self, code: str) -> str:
        """The name of an account of money or of an instrument."""
        return self.instrument(code) if code in self._instruments else self.account(code)

    def row_key(self, key: str) -> str:
        """What a row of a table of the study is of: the names of its codes, ``0601/tax/tenure=state`` among them."""
        return " · ".join(self._part(part) for part in key.split("/"))

    def _part(self, part: str) -> str:
        if "=" in part:
            return "; ".join(self._condition(each.strip()) for each in part.split(";"))
        kinds = (self._classes, self._zones, self._practices, self._accounts, self._actors, self._instruments,
                 self._quotas, self._budgets, self._jurisdictions, self._projects, self._limits)  # fmt: skip
        known = next((names[part] for names in kinds if names.get(part, part) != part), "")
        return known or (self.words(f"key_{part}") if self.words.has(f"key_{part}") else self.account(part))

    def _condition(self, text: str) -> str:
        column, _, values = text.partition("=")
        coded = column in ("land_class", "zone", "jurisdiction")
        named = [self._part(each) if coded else self.words.or_code("key_", each) for each in values.split("|")]
        return f"{self.words.or_code('key_', column)} = {self.words('or').join(named)}"

    def period(self, name: str) -> str:
        """A period's name, the horizon for ``total``, the last one's for ``last``; ``start`` is before the first."""
        if name == "start":
            return self.words("period_start")
        if name == "last":
            return self.study.periods[-1].name
        return self.words("horizon") if name == "total" else name

    def account(self, code: str) -> str:
        """The name of an account: the study's own, a built-in one's in words, else the code."""
        if code in self._accounts:
            return self._accounts[code]
        if self.words.has(f"acc_{code}"):
            return self.words(f"acc_{code}")
        of_quota = re.fullmatch(r"quota\.(.+)\.(bought|sold|purchase|sale)", code)
        if of_quota:
            return self.words(f"acc_quota.{of_quota[2]}", name=self._quotas.get(of_quota[1], of_quota[1]))
        asset = re.fullmatch(r"asset\.([^.]+)(|\.state|\.collective)", code)
        if asset:
            return self.words(f"acc_asset{asset[2]}", name=self.words.or_code("resource_", asset[1]))
        named = {
            "finance.cash.": self._budgets,
            **dict.fromkeys(_OF_INSTRUMENTS, self._instruments),
            "gain.actor.": self._actors,
            "quota.": self._quotas,
        }
        for prefix, names in named.items():
            if code.startswith(prefix) and code.removeprefix(prefix) in names:
                return self.words(f"acc_{prefix}", name=names[code.removeprefix(prefix)])
        if code.startswith("indicator."):
            return self.words.or_code("indicator_", code.removeprefix("indicator."))
        for prefix, kind in _ACCOUNT_PREFIXES:
            if code.startswith(prefix):
                rest = code[len(prefix) :]
                name = self.words.or_code(kind, rest) if kind.endswith("_") else self._of_kind(kind, rest)
                return self.words(f"acc_{prefix[:-1]}", name=name)
        return code

    def _of_kind(self, kind: str, code: str) -> str:
        look = {"class": self.land_class, "zone": self.zone, "practice": self.practice}
        return look[kind](code)

    @cached_property
    def _limits(self) -> dict[str, str]:
        names = self._names(self.study.limits, "limit")
        return {code: name for code, name in names.items() if name != code}

    def limit(self, code: str) -> str:
        """The name of a limit; rows of money and quotas are named by kind."""
        kind, _, of = code.partition(".")
        if code in self._stated_limits or not self.words.has(f"row_{kind}"):
            return self._limits.get(code, code)
        named = self.words(f"row_{kind}")
        known = self.of_row(kind, of)
        return f"{named}{self.words('colon')}{known}" if known else named

    @cached_property
    def _stated_limits(self) -> set[str]:
        return set(self.study.limits["limit"].astype(str))

    def of_row(self, kind: str, code: str) -> str:
        """What a row is of: a project, an instrument and so on; blank where it is none of them."""
        aims = {name: self.words(name) for name in ("cash", "ecosystem")} if kind in ("floor", "keep") else {}
        others = (aims, self._projects, self._instruments, self._quotas, self._actors, self._accounts)
        return next(
            (names[code] for names in ((self._budgets,) if kind in OF_BUDGETS else others) if code in names), ""
        )

    def row(self, name: str) -> str:
        """What a row of the program is called, by its own name: its family, and each part of its index in words."""
        return self._indexed("row_", re.sub(r"^balance(?=\[)", "quota", name))

    def column(self, name: str) -> str:
        """The same of a decision of the program that is neither land nor a project."""
        return self._indexed("column_", name)

    def _indexed(self, prefix: str, name: str) -> str:
        family, _, index = name.partition("[")
        if not self.words.has(prefix + family):
            return name
        aims = {each: self.words(each) for each in ("cash", "ecosystem")} if family in ("floor", "keep") else {}
        tables = (aims, self._projects, self._instruments, self._quotas, self._actors, self._budgets, self._practices,
                  self._classes, self._jurisdictions, self._limits)  # fmt: skip
        parts = [part.strip().strip("'") for part in index.removesuffix("]").split(",")]
        parts = [next((names[part] for names in tables if part in names), self.account(part)) for part in parts if part]
        return self.words(prefix + family) + (self.words("colon") + ", ".join(parts) if parts else "")

    def unit(self, unit: str) -> str:
        """A unit in words: ``million/year`` -> "million CNY per year"; the study's own pass through."""
        if not unit:
            return self.words("not_given")
        if unit.endswith(PRESENT):
            return self.words("in_present_value", unit=self.unit(unit.removesuffix(PRESENT)))
        spelled = re.fullmatch(r"(.+) per ha(| and year)", unit)
        if spelled:
            return self.unit(f"{spelled[1]}/ha{'/year' if spelled[2] else ''}")
        per_year = re.fullmatch(r"(.+?)\s*(?:/|per )\s*(?:year|yr|a)", unit)
        if per_year:
            return self.words("per_year", unit=self.unit(per_year.group(1)))
        for of, key in (("/head", "a_head"), ("/ha", "a_hectare")):
            if unit.startswith("currency") and unit.endswith(of):
                currency = self.study.settings.currency
                return self.words(key, unit=self.words("currency_cny") if currency == "CNY" else currency)
        per_hectare = re.fullmatch(r"(.+)/ha", unit)
        if per_hectare:
            return self.words("a_hectare", unit=self.unit(per_hectare.group(1)))
        if unit == "million" or unit.lower() == f"million {self.study.settings.currency}".lower():
            return self.money_unit
        if self.words.has(f"unit_{unit}"):
            return self.words(f"unit_{unit}", currency=self.study.settings.currency)
        known = ("ha", "people", "jobs", "km", "m", "times", "m2", "years", "percent", "count")
        of_name = {"ha x quality": "ha_quality", "s": "seconds"} | {name: name for name in known}
        return self.words(of_name[unit]) if unit in of_name else unit

    @property
    def money_unit(self) -> str:
        """Million units of the study's currency."""
        currency = self.study.settings.currency
        return self.words("million_cny") if currency == "CNY" else self.words("million", currency=currency)

    def money(self, value: float | None) -> str:
        """An amount of money with its unit."""
        return f"{number(value)}{NBSP}{self.money_unit}"

    def hectares(self, value: float) -> str:
        """An area with its unit."""
        return f"{number(value)}{NBSP}{self.words('ha')}"

    def parcels(self, count: int) -> str:
        """A count of parcels."""
        return f"{count:,}{NBSP}{self.words('parcel' if count == 1 else 'parcels')}"

    def projects(self, count: int) -> str:
        """A count of projects."""
        return f"{count:,}{NBSP}{self.words('count_project' if count == 1 else 'count_projects')}"

    def named(self, kind: str, code: object) -> str:
        """What a code of a table's column is called, by the column's kind (see `zonevest.reports.contents`)."""
        if kind == "text":
            return str(code)
        if kind == "sentence":
            return translate(code, self.words.lang) if isinstance(code, str) else ""
        if kind == "yes":
            return "" if code == "" else self.words("yes" if code else "no")
        if kind.startswith("word:"):
            return self.words.or_code(kind.removeprefix("word:"), str(code)) if code != "" else ""
        name: str = getattr(self, kind)(str(code))
        return name
