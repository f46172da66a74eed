"""The list of rules: every check uses it, and every rule is tripped by a case."""

from __future__ import annotations

import ast
import copy
import pickle
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.instances.importing.rule_cases import CASES as OF_IMPORT
from tests.instances.rule_cases import CASES as OF_STUDIES
from tests.instances.rule_cases import told_by
from tests.instances.test_faults import RULE_OF
from tests.model.rule_cases import CASES as OF_MODEL
from tests.model.rule_cases import told_by as told_by_model
from zonevest.instances.rules import SEVERITIES, Rule, advice, rule, rules
from zonevest.instances.schema import BY_NAME

IN_CODE = {**OF_STUDIES, **OF_IMPORT}
ROOT = Path(__file__).parents[1]
SECOND = "complete"
"""The second build of the model shares no code with the first, nor its sentences."""
PLACES = {
    "files",
    "workbook",
    "tables",
    "columns",
    "names",
    "settings",
    "periods",
    "objective",
    "finance",
    "equity",
    "layers",
    "import",
    "survey",
    "marxan",
    "observed",
    "flows",
}

SAID_AT = {"add": (1,), "wrong": (1,), "refused": (1,), "tell": (2, 3), "ChangeError": (1,), "append": (0,)}
"""Which arguments of a call say what must hold, by its name."""
OF = {"add": "faults.add", "append": "notes.append"}
"""Calls that are meant only where they are of something."""


def test_the_list_is_sound() -> None:
    assert len(rules()) > 200
    for name, row in rules().items():
        place, _, word = name.partition(".")
        assert word, name
        assert place in PLACES | set(BY_NAME), name
        assert row.severity in SEVERITIES, name
        assert row.must, name
        assert bool(row.do) == (row.severity != "note"), name
    places = [name.partition(".")[0] for name in rules()]
    assert len(set(places)) == len([a for a, b in zip(places, ["", *places[:-1]], strict=True) if a != b])


def test_rules_of_one_place_differ() -> None:
    rows = [(name.partition(".")[0], row) for name, row in rules().items()]
    assert len(set(rows)) == len(rows)


@cache
def sources() -> list[tuple[str, ast.Module]]:
    return [
        (str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for folder in ("instances", "model", "reports", "solvers", "src/zonevest")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.stem.startswith(SECOND)
    ]


def says(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"


def own_sentences(tree: ast.Module) -> Iterator[int]:
    """Lines where what must hold, or a note, is said in words instead of by the name of a rule."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                for name, value in pairs:
                    if isinstance(name, ast.Name) and name.id == "must" and says(value):
                        yield node.lineno
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            places = [place for place in SAID_AT.get(name, ()) if place < len(node.args)]
            if any(says(node.args[place]) for place in places) and ast.unparse(node.func).endswith(OF.get(name, name)):
                yield node.lineno


def test_every_check_uses_the_list() -> None:
    """Put the sentence in rules.csv and its name at the call: see the head of instances/rules.py."""
    of_checks = [each for each in sources() if each[0].startswith(("instances", "model"))]
    found = [f"{path}:{line}" for path, tree in of_checks for line in own_sentences(tree)]
    assert found == []


def test_a_check_with_its_own_sentence_is_found() -> None:
    old = [
        'must = say("a")',
        'must, do = say("b"), say("c")',
        'faults.add(w, say("d"), f)',
        'study.notes.append(say("e"))',
        'study.tell(t, at, "c", say("f"))',
        'table.tell(at, "c", say("g"))',
        'judge.refused("d", say("h"), f)',
        'raise ChangeError("c", say("i"), f)',
    ]
    new = ['lines.append(say("j"))', 'faults.add(w, rule("t.k"), say("l"))', 'parcels.tell(say("m"))']
    assert sorted(own_sentences(ast.parse("\n".join(old + new)))) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_names_in_the_sources_are_those_of_the_list() -> None:
    words = {
        node.value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    made = {
        name
        for name in rules()
        if name.startswith(("parcels.area-", "import.kind-")) or name in ("columns.items", "columns.choices")
    }
    assert set(rules()) - words - made == set()
    called = [
        node
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("rule", "advice")
    ]
    named = {node.args[0].value for node in called if isinstance(node.args[0], ast.Constant)}
    assert named - set(rules()) == set()


def test_every_rule_is_tripped_by_a_case(tmp_path: Path) -> None:
    """A rule that no case trips is named here: give it one."""
    left = set(rules()) - set(OF_MODEL) - set(RULE_OF.values())  # tests of each of these see it tripped
    left = {name for name in left if not name.startswith("observed.")}  # and tests/zonevest/test_replan.py of these
    for i, name in enumerate(left.intersection(IN_CODE)):
        assert name in told_by(IN_CODE[name], tmp_path / str(i)), name
    assert left - set(IN_CODE) == set()


@pytest.mark.parametrize("name", OF_MODEL)
def test_a_rule_of_the_model_is_tripped(name: str) -> None:
    assert [each.name for each in told_by_model(OF_MODEL[name])["must"]] == [name]


def test_a_rule_knows_itself() -> None:
    said = rule("limits.place")
    for again in (pickle.loads(pickle.dumps(said)), copy.deepcopy(said)):
        assert isinstance(again, Rule)
        assert (again, again.name, again.severity, again.do) == (said, "limits.place", "fault", advice("limits.place"))
