"""Which options there are: rules that the comparison of the builds cannot show, since both would read them alike."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.chinese import check_faults
from tests.model.four import four
from zonevest.instances.study import Study, StudyError
from zonevest.model.options import build_options


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
