"""Which options there are: rules that the comparison of the builds cannot show, since both would read them alike."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings

from tests import random_studies
from tests.chinese import check_faults
from tests.model.four import four
from zonevest.instances.study import Study, StudyError
from zonevest.model.complete_options import Land
from zonevest.model.options import REASONS, build_options
from zonevest.reports.audit_rules import reasons
from zonevest.reports.audit_tables import Tables

CASES = 100 if os.environ.get("CI") else 20


def with_sub_zones(**columns: list[str]) -> Study:
    """The four parcels; U has a sub-zone Ua, in which `build` lies."""
    study = four()
    return study.replace(
        zones=pd.DataFrame({"zone": ["R", "U", "Ua"], "parent": ["", "", "U"]}),
        practices=study.practices.assign(zone=["Ua", "R"]),
        projects=None,
        land_take=None,
        parcels=study.parcels.assign(**columns),
    )


def practices_of(study: Study) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for parcel, practice, _ in build_options(study).names():
        found.setdefault(parcel, set()).add(practice)
    return found


def test_a_lock_on_a_zone_admits_its_sub_zones() -> None:
    found = practices_of(with_sub_zones(locked_zone=["U", "", "", "U"]))
    assert found == {"p1": {"build"}, "p2": {"hold", "build"}, "p3": {"hold"}, "p4": {"hold"}}
    # and the other way round a lock on the sub-zone leaves out the rest of its parent: p4 is held in U
    with pytest.raises(StudyError, match="p4") as caught:
        build_options(with_sub_zones(locked_zone=["", "", "", "Ua"]))
    check_faults(caught.value.faults, ["p4"])


def test_a_ban_on_a_zone_holds_for_its_sub_zones() -> None:
    found = practices_of(with_sub_zones(forbidden_zones=["U", "Ua", "", "Ua"]))
    assert found == {"p1": {"hold"}, "p2": {"hold"}, "p3": {"hold"}, "p4": {"hold"}}


def test_a_class_that_is_called_like_a_group() -> None:
    # the farm class is called forest: who starts from it does not start from the group forest, to which wood belongs
    study = four()
    study = study.replace(
        parcels=study.parcels.assign(land_class=study.parcels["land_class"].replace("farm", "forest")),
        land_classes=study.land_classes.assign(land_class=["forest", "wood", "town"]),
        practices=study.practices.assign(from_classes=["forest", "class_group:forest"], requires_project=False),
        class_flows=None,
        projects=None,
        land_take=None,
        limits=None,
    )
    held = {"p3": {"hold", "plant"}, "p4": {"hold"}}
    assert practices_of(study) == {"p1": {"hold", "build"}, "p2": {"hold", "build"}, **held}


def test_no_title_no_practice_that_needs_one() -> None:
    # both farms could be built on; p2 has no clear title
    study = with_sub_zones().replace(parcels=four().parcels.assign(title=[True, False, True, True]))
    assert practices_of(study)["p2"] == {"hold", "build"}
    study = study.replace(practices=study.practices.assign(needs_title=[True, False]))
    assert practices_of(study) == {"p1": {"hold", "build"}, "p2": {"hold"}, "p3": {"hold"}, "p4": {"hold"}}


def test_who_clears_a_title_has_none() -> None:
    # p2 has no clear title: it is cleared there, and nowhere else
    study = with_sub_zones().replace(parcels=four().parcels.assign(title=[True, False, True, True]))
    study = study.replace(practices=study.practices.assign(clears_title=[True, False]))
    assert practices_of(study) == {"p1": {"hold"}, "p2": {"hold", "build"}, "p3": {"hold"}, "p4": {"hold"}}
    options = build_options(study)
    (column,) = (at for at, name in enumerate(options.practices) if name == "build")
    told = [REASONS[code] for code in options.reasons[options.pattern, column]]
    assert told[:2] == ["titled", ""]


def test_a_lock_on_a_practice_leaves_nothing_else() -> None:
    found = practices_of(with_sub_zones(locked_practice=["build", "hold", "", ""]))
    assert found == {"p1": {"build"}, "p2": {"hold"}, "p3": {"hold"}, "p4": {"hold"}}


def test_what_waits_for_a_project_needs_one_that_enables_it() -> None:
    # planting waits for j1
    study = four()
    assert practices_of(study)["p1"] == {"hold", "build", "plant"}
    without = study.replace(projects=study.projects.assign(enables="", enables_area=np.nan))
    assert practices_of(without)["p1"] == {"hold", "build"}


def test_what_does_not_suit_its_zone_is_no_option() -> None:
    # What is new in a zone has to suit it (2 at least), what is there may stay at 1: to build in U a town must suit it,
    # to tend a farm in U the farm.
    def suiting(town: int, farm: int) -> set[str]:
        pairs = [("farm", "R", 2), ("wood", "R", 2), ("town", "U", town), ("farm", "U", farm)]
        study = four().replace(projects=None, land_take=None, limits=None)
        practices = pd.DataFrame(
            {"practice": ["build", "tend"], "zone": "U", "from_classes": "farm", "to_class": ["town", ""]}
        )
        table = pd.DataFrame(pairs, columns=["land_class", "zone", "suitability"])
        return practices_of(study.replace(practices=practices, practice_flows=None, class_zones=table))["p1"]

    assert suiting(2, 1) == {"hold", "build", "tend"}
    assert suiting(1, 1) == {"hold", "tend"}
    assert suiting(3, 0) == {"hold", "build"}


def test_strict_lines_are_about_land_that_may_be_held() -> None:
    # a farm does not suit R any more; p1, which must be built on, is not held, p2 is
    def strict(**columns: list[str]) -> Study:
        study = four()
        return study.replace(
            {"strict_lines": True},
            class_zones=pd.DataFrame({"land_class": ["wood", "town"], "zone": ["R", "U"], "suitability": 2}),
            parcels=study.parcels.assign(**columns),
            projects=None,
            land_take=None,
        )

    with pytest.raises(StudyError, match=r"p1, p2 \(2 in all\)"):
        build_options(strict())
    with pytest.raises(StudyError, match=r"p2 \(1 in all\)"):
        build_options(strict(locked_practice=["build", "", "", ""]))


@settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
@given(random_studies.twins())
def test_what_closes_an_option_has_the_same_name_everywhere(study: Study) -> None:
    try:
        options = build_options(study)
    except StudyError:  # a parcel without any option
        assume(False)
    land, tables = Land(study), Tables(study)
    everyone = np.arange(len(study.parcels), dtype=np.int64)
    for column, name in enumerate(options.practices[1:-1], start=1):
        told = [REASONS[code] for code in options.reasons[options.pattern, column]]
        practice = land.practices[name]
        closed, starts = [land.excluded(parcel, practice) for parcel in land.parcels.values()], land.starts(practice)
        assert told == [reason or ("" if starts else "window") for reason in closed]
        for start in range(len(study.periods)):
            now = [reason or ("" if start in starts else "window") for reason in closed]
            assert now == reasons(tables, everyone, name, start).tolist()
    held = [REASONS[code].replace("switched_off", "hold") for code in options.reasons[options.pattern, 0]]
    assert held == reasons(tables, everyone, "hold", -1).tolist()
