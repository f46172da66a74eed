"""Every rule of the checks, by name: how bad it is to break it, what must hold, what to do.

The list is ``rules.csv``, and its sentences stand nowhere else. A new rule takes five steps:

1. a row in ``rules.csv``: its name ``table.word``, fault (refused), warning (legal but suspicious) or note, the two
   sentences; values in braces; beside the other rules of that table;
2. the sentences in Chinese in ``words_zh.csv``;
3. the condition, in the ``checks_….py`` of its table: ``study.tell(table, rows, column, rule("table.word"))``, or
   ``faults.add(where, rule("table.word", value=…), found)`` where no single table is at fault;
4. a case that trips it in ``tests/instances/faults_….py``, named in ``rule_of_case.csv`` there (or in
   ``rule_cases.py`` where tables alone do not show it; of importers in ``importing/rule_cases.py``);
5. nothing else: docs/checks.md is made from the list, and tests fail for a rule that no case trips.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from zonevest.instances.say import Said

SEVERITIES = ("fault", "warning", "note")
"""What is refused, what is legal but suspicious, what is only told."""


class Row(NamedTuple):
    """A row of the list."""

    severity: str
    must: str
    do: str


@cache
def rules() -> Mapping[str, Row]:
    """The list, by name of the rule and in its order."""
    with Path(__file__).with_name("rules.csv").open(encoding="utf-8", newline="") as file:
        return {row["rule"]: Row(row["severity"], row["must"], row["do"]) for row in csv.DictReader(file)}


class Rule(Said):
    """What must hold by a rule of the list, with what to do (`do`) and how bad it is (`severity`)."""

    name: str

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.name, self.given)

    @property
    def severity(self) -> str:
        """``fault``, ``warning`` or ``note``."""
        return rules()[self.name].severity

    @property
    def do(self) -> str:
        """What to do where it does not hold."""
        return advice(self.name, **self.given)


def rule(name: str, /, **values: object) -> Rule:
    """What must hold by a rule of the list, filled in: ``rule("limits.penalty")``."""
    said = Rule(rules()[name].must, values)
    said.name = name
    return said


def advice(name: str, /, **values: object) -> str:
    """What a rule of the list says is to be done, filled in, for where it is a part of longer advice."""
    return Said(rules()[name].do, values)


def _again(name: str, values: Mapping[str, object]) -> Rule:
    return rule(name, **values)
