"""Choices: whole numbers that follow from each other, their ways, and which are tried."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonevest.instances.read import read_study
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.choices import Choices, ways
from zonevest.solvers.groups import Groups
from zonevest.solvers.pricing import Prices


@pytest.fixture(scope="module")
def village() -> Prices:
    ledger = Ledger(build_options(read_study("village")))
    land = without_extra(land_block(ledger, shared(compile_policy(policy_model(ledger)))))
    return Prices(land, Groups(land))


def test_the_years_of_a_project_are_one_choice_in_order(village: Prices) -> None:
    study = read_study("village")
    choices, names = Choices(village), [village.block.columns[k] for k in village.integer]
    found = {tuple(names[k] for k in choices.numbers(choice)) for choice in range(choices.chain.max() + 1)}
    begun: dict[str, list[str]] = {}
    land = village.block
    free = dict(zip(land.columns, land.column_lower < land.column_upper, strict=True))
    for name in names:
        if name.startswith("U[") and free[name]:  # what must be begun by then is no choice
            begun.setdefault(name[2:].partition(",")[0], []).append(name)
    assert len(begun) == len(study.projects)
    for of_project in begun.values():  # columns are in the order of periods
        assert tuple(of_project) in found
    assert sorted(itertools.chain(*found)) == sorted(names)


def test_ways_are_those_the_mixture_is_for_the_likeliest_first() -> None:
    # begun by then: 0.2, 0.7, 0.7: 0.5 for the second year, 0.3 for never, 0.2 for the first, none for the third
    assert [way.tolist() for way in ways(np.array([0.2, 0.7, 0.7]))] == [[0, 1, 1], [0, 0, 0], [1, 1, 1]]
    assert [way.tolist() for way in ways(np.array([2.3]))] == [[2.0], [3.0]]
    assert [way.tolist() for way in ways(np.array([2.7]))] == [[3.0], [2.0]]


@given(st.lists(st.integers(0, 20), min_size=2, max_size=6))
def test_ways_make_the_mixture_again(of_20: list[int]) -> None:
    whole = np.sort(np.array(of_20)) / 20
    part = np.diff(np.concatenate([[0.0], whole, [1.0]]))
    found = ways(whole)
    again = sum((part[len(way) - int(way.sum())] * way for way in found), np.zeros(len(whole)))
    assert again == pytest.approx(whole)
    assert len({tuple(way) for way in found}) == len(found)


def test_what_is_new_is_tried_and_of_what_is_known_what_costs_most(village: Prices) -> None:
    choices = Choices(village)
    whole = np.zeros(len(village.integer))
    places = [int(choices.numbers(choice)[-1]) for choice in range(4)]
    whole[places] = [0.25, 0.5, 0.75, 0.375]
    assert sorted(choices.open(whole, 1)) == [0, 1, 2, 3]
    for choice, falls in ((0, (1.0, 2.0)), (1, (5.0, 4.0)), (2, (0.0, 3.0))):
        choices.learn(choice, falls, 0.1)
    assert choices.score == {0: 2.0, 1: 20.0, 2: pytest.approx(0.3)}
    assert choices.open(whole, 1) == [1, 3]
    choices.learn(0, (9.0, 9.0), 0.1)  # what was learnt first, where least was settled, counts
    assert choices.open(whole, 2) == [1, 0, 3]


def test_the_same_numbers_are_tried_once(village: Prices) -> None:
    choices = Choices(village)
    alone = [choice for choice in range(choices.chain.max() + 1) if len(choices.numbers(choice)) == 3][:2]
    whole = np.zeros(len(village.integer))
    for choice in alone:
        whole[choices.numbers(choice)] = [0.0, 0.5, 0.5]
    assert len(choices.open(whole, None)) == 1
    whole[choices.numbers(alone[1])] = [0.0, 0.5, 0.75]
    assert len(choices.open(whole, None)) == 2
