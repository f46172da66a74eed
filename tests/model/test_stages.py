"""What is decided now: classes of options that are the same in every scenario."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from tests.model.four import four
from zonevest.instances.read import read_study
from zonevest.instances.study import Study, period_names
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.stages import Decided, Stages, stages


def ledger(study: Study) -> Ledger:
    return Ledger(build_options(study))


@cache
def village() -> tuple[list[Ledger], Stages]:
    study = read_study("village")
    ledgers = [ledger(study.in_scenario(name)) for name in dict.fromkeys(study.scenarios["scenario"])]
    return ledgers, stages(ledgers)


def told(options: Ledger) -> pd.DataFrame:
    """Of every option what a plan's table of parcels says of it."""
    from zonevest.model.plan import parcels_table

    return parcels_table(options, np.ones(len(options.options.kind)))


def test_a_class_is_a_zone_and_what_begins_in_the_first_period() -> None:
    ledgers, found = village()
    first = period_names(ledgers[0].study.periods)[0]
    assert found.periods == (first,)
    for of_option, each in zip(found.of_option, ledgers, strict=True):
        rows = told(each)
        now = rows["start"] == first
        assert (found.zone[of_option] == rows["zone"]).all()
        assert (found.practice[of_option] == rows["practice"].where(now, "")).all()
        assert (found.begins[of_option] == rows["start"].where(now, "")).all()
        assert (found.ids[found.parcel[of_option]] == rows["parcel_id"]).all()


def test_labels_tell_classes_of_a_parcel_apart() -> None:
    _, found = village()
    labels = pd.DataFrame({"parcel": found.parcel, "zone": found.zone, "practice": found.practice})
    assert not labels.duplicated().any()
    assert (np.diff(found.parcel) >= 0).all()
    assert set(found.parcel) == set(range(len(found.ids)))


def test_classes_do_not_depend_on_the_order_of_scenarios() -> None:
    ledgers, found = village()
    turned = stages(ledgers[::-1])
    assert (turned.parcel == found.parcel).all()
    assert (turned.zone == found.zone).all()
    assert all((one == other).all() for one, other in zip(turned.of_option[::-1], found.of_option, strict=True))


def test_what_one_scenario_lacks_is_possible_in_none() -> None:
    study = four()
    classes = study.practices.assign(from_classes=["wood", "farm"])
    other = study.replace(practices=classes)
    both = stages([ledger(study), ledger(other)])
    built = both.practice == "build"
    assert built.any()
    assert not both.possible[built].any()
    assert both.possible[~built & (both.zone == "R")].any()
    alone = stages([ledger(study)])
    assert alone.possible.all()
    assert set(zip(both.parcel, both.zone, both.practice, strict=True)) >= set(
        zip(alone.parcel, alone.zone, alone.practice, strict=True)
    )


def test_a_parcel_that_no_decision_suits_is_named() -> None:
    study = four()
    locked = [study.replace(parcels=study.parcels.assign(locked_zone=[zone, "", "", ""])) for zone in ("R", "U")]
    assert stages([ledger(each) for each in locked]).stuck == ["p1"]
    assert stages([ledger(study)]).stuck == []


def test_a_start_that_one_scenario_refuses_is_possible_in_none() -> None:
    study = four()
    late = study.replace(projects=study.projects.assign(earliest=["b", "", "b"]))
    both = stages([ledger(study), ledger(late)])
    assert both.projects == ("j1", "j2", "j3")
    assert not both.startable[0].any()
    assert stages([ledger(study)]).startable[0].all()


def test_other_parcels_are_another_study() -> None:
    study = four()
    plain = study.projects.assign(footprint="", footprint_zones="")
    fewer = study.replace(parcels=study.parcels.iloc[:3], projects=plain)
    with pytest.raises(ValueError, match="other parcels"):
        stages([ledger(study), ledger(fewer)])


def test_a_decision_read_from_a_point_keeps_that_point() -> None:
    ledgers, found = village()
    rng = np.random.default_rng(3)
    for scenario, each in enumerate(ledgers):
        options = each.options
        chosen = np.zeros(len(options.kind))
        sizes = np.diff(options.start)
        chosen[options.start[:-1] + (rng.random(len(sizes)) * sizes).astype(int)] = 1.0
        started = np.zeros(each.works.possible.shape)
        started[0] = 1.0
        decided = found.decided(scenario, chosen, started)
        assert (np.bincount(found.parcel, weights=decided.share) == 1.0).all()
        left = found.fixed(decided, scenario)
        columns = np.concatenate([chosen, started.ravel()])
        assert (left.lower <= columns).all()
        assert (columns <= left.upper).all()
        assert left.rows.shape[0] == 0
        # of another class nothing is left
        size = len(options.kind)
        assert (left.upper[:size] == decided.share[found.of_option[scenario]]).all()
        assert (left.upper[size:].reshape(started.shape)[:, 1:] == 1.0).all()


def test_parts_of_a_parcel_are_kept_by_rows() -> None:
    study = four().replace({"divisible": True})
    each = ledger(study)
    found = stages([each])
    share = np.zeros(found.count)
    mine = np.flatnonzero(found.parcel == 0)
    share[mine] = 1.0 / len(mine)
    for parcel in range(1, 4):
        share[np.flatnonzero(found.parcel == parcel)[0]] = 1.0
    decided = Decided(share, np.zeros((3, 1)))
    left = found.fixed(decided, 0)
    sizes = np.max([np.bincount(each, minlength=found.count) for each in found.of_option], axis=0)
    several = [c for c in mine if sizes[c] > 1]
    assert left.rows.shape[0] == len(several)
    assert left.sides == pytest.approx(1.0 / len(mine))
    for row, number in zip(left.rows.toarray(), several, strict=True):
        assert (row == (found.of_option[0] == number)).all()
    table = found.parcels_table(decided)
    assert table.groupby("parcel_id")["share"].sum().to_numpy() == pytest.approx(1.0)


def test_numbers_are_of_classes_and_of_the_states_of_the_first_period() -> None:
    ledgers, found = village()
    options, works = ledgers[0].options, ledgers[0].works
    size, states = len(options.kind), works.possible.size
    numbers = found.numbers(0, size + states + 2)
    assert (numbers[:size] == found.of_option[0]).all()
    rest = numbers[size : size + states].reshape(works.possible.shape)
    assert (rest[:, 1:] == -1).all()
    assert (rest[:, 0] == found.count + np.arange(len(works.names))).all()
    assert (numbers[size + states :] == -1).all()
    assert len(found.upper) == found.count + len(works.names)
