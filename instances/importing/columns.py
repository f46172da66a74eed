"""Cells of a column from the fields of a layer, by the rule that the mapping gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from zonevest.instances.cells import numbers, own_column, texts
from zonevest.instances.faults import Faults, meant, rows_of, some, within
from zonevest.instances.importing.mapping import AREA_UNITS, COMPARED, Rule
from zonevest.instances.importing.sources import Layer
from zonevest.instances.rules import rule
from zonevest.instances.say import say
from zonevest.instances.schema import PARCELS

MISSING = ("", "nan", "nat", "none", "<na>")
"""How fields say that they hold nothing, in small letters."""


class Fields:
    """The fields of a layer, as text and as numbers, and what is wrong with what is asked of them."""

    def __init__(self, layer: Layer, label: str, faults: Faults) -> None:
        self.layer, self.label, self.faults = layer, label, faults
        self._texts: dict[str, NDArray[np.object_]] = {}

    def __len__(self) -> int:
        return len(self.layer.fields)

    def named(self, name: str, where: str) -> str | None:
        """The field of a name, in any case; None, and a fault, if there is none."""
        known = [str(each) for each in self.layer.fields.columns]
        if name in known:
            return name
        folded = [each for each in known if each.casefold() == name.casefold()]
        if len(folded) == 1:
            return folded[0]
        must = rule("import.field", layer=self.layer.label, fields=some(known, 20))
        found, do = say("no field {name!r}", name=name), meant(name, known, must.do)
        self.faults.add(within(self.label, where), must, found, do)
        return None

    def text(self, name: str) -> NDArray[np.object_]:
        """A field as text, blank where it holds nothing."""
        if name not in self._texts:
            column = self.layer.fields[name]
            kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
            cells = texts(column.to_numpy() if kind in "iu" else column)
            out = np.array(cells, dtype=object)
            if kind not in "iub":
                out[[cell.casefold() in MISSING for cell in cells]] = ""
            self._texts[name] = out
        return self._texts[name]

    def number(self, name: str, where: str) -> NDArray[np.float64]:
        """A field as numbers, NaN where it holds nothing; a fault where it holds something else."""
        column = self.layer.fields[name]
        held = column.to_numpy() if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf" else None
        values, bad = numbers(list(self.text(name)) if held is None else held)
        if bad:
            found = some(repr(self.text(name)[i]) for i in bad)
            place = within(within(self.label, where), rows_of("feature", [i + 1 for i in bad]))
            self.faults.add(place, rule("import.numbers", name=name), found)
        return values

    def holds(self, condition: str, where: str) -> NDArray[np.bool_]:
        """For which features a condition holds, shape (features,)."""
        mask = np.ones(len(self), dtype=bool)
        for part in filter(str.strip, condition.split(";")):
            matched = COMPARED.fullmatch(part)
            name = self.named(matched[1], where) if matched else None
            if matched is None or name is None:
                continue
            mask &= self._compared(name, matched[2], matched[3].strip(), where)
        return mask

    def _compared(self, name: str, sign: str, value: str, where: str) -> NDArray[np.bool_]:
        if sign in ("=", "!="):
            wanted = {part.strip() for part in value.split("|")}
            if self.layer.fields[name].dtype.kind == "b":
                wanted = {{"true": "1", "false": "0"}.get(each.lower(), each) for each in wanted}
            same = np.isin(self.text(name).astype(str), sorted(wanted))
            return same if sign == "=" else ~same
        bound, bad = numbers([value])
        if bad or np.isnan(bound[0]):
            self.faults.add(within(self.label, where), rule("import.order"), repr(value))
            return np.zeros(len(self), dtype=bool)
        compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[sign]
        return np.asarray(compare(self.number(name, where), bound[0]), dtype=bool)

    def column(self, rule: Rule, kind: str) -> Any:
        """The cells that a rule gives, text or numbers, shape (features,); blank cells are ``""`` or NaN.

        Parameters
        ----------
        kind : of the column (`schema.Kind`), or ``own`` for one of the user's own.
        """
        if rule.value is not None:
            return _typed(np.full(len(self), rule.value, dtype=object), kind)
        if rule.cases:
            return _typed(self._cases(rule), kind)
        name = self.named(rule.field, rule.path) if rule.field else None
        if name is None:
            return np.full(len(self), "", dtype=object)
        if rule.listed is not None:
            return _typed(self._mapped(rule, name), kind)
        if rule.unit or rule.breaks or rule.factor != 1.0 or rule.plus:
            return self._computed(rule, name)
        cells = self.text(name)
        if rule.width:
            cells = np.array([cell.zfill(rule.width) if cell else "" for cell in cells], dtype=object)
        return _typed(_filled(cells, rule.blank), kind)

    def _cases(self, rule: Rule) -> NDArray[np.object_]:
        out = np.full(len(self), rule.default or "", dtype=object)
        for condition, value in reversed(rule.cases):  # the first that holds is written last
            out[self.holds(condition, rule.path)] = value
        return out

    def _mapped(self, how: Rule, name: str) -> NDArray[np.object_]:
        """Values of a field by the table of the mapping; those that it does not list take the default."""
        listed = how.listed or {}
        cells = pd.Series(self.text(name), dtype=object)
        blank = cells == ""
        out = cells.map(listed)
        odd = out.isna() & ~blank
        if odd.any() and how.default is None:
            kinds = cells[odd].value_counts()
            found = some(f"{value} ({count})" for value, count in kinds.items())
            self.faults.add(within(self.label, how.path), rule("import.values", name=name), found)
        out = out.where(~odd, how.default or "")
        instead = how.blank if how.blank is not None else listed.get("", how.default or "")
        return np.array(out.where(~blank, instead).fillna("").tolist(), dtype=object)

    def _computed(self, rule: Rule, name: str) -> NDArray[np.float64]:
        values = self.number(name, rule.path)
        values = values * rule.factor * AREA_UNITS.get(rule.unit, 1.0) + rule.plus
        if rule.blank is not None:
            values[np.isnan(values)] = float(rule.blank or "nan")
        if not rule.breaks:
            return values
        # a value on a break belongs to the lower class, as in "up to 2 degrees"
        classes = np.digitize(values, rule.breaks, right=True) + 1.0
        return np.where(np.isnan(values), np.nan, classes)


def kind_of(name: str) -> str:
    """The kind of a column of the parcels; ``own`` for one of the user's own."""
    return "own" if name.startswith("x_") else PARCELS.column(name).kind


def _filled(cells: NDArray[np.object_], blank: str | None) -> NDArray[np.object_]:
    return cells if blank is None else np.where(cells == "", blank, cells)


def _typed(cells: NDArray[np.object_], kind: str) -> Any:
    """Cells as numbers where the column is to hold numbers and they are some; what is wrong there, a check tells."""
    if kind not in ("number", "own"):
        return cells
    if kind == "number":
        values, bad = numbers(list(cells))
        return cells if bad else values
    own = own_column(list(cells))
    return own if isinstance(own, np.ndarray) else np.array(own, dtype=object)
