"""Two builds, written apart, say the same: row by row, column by column, on random small studies."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, given, settings

from tests import random_studies
from tests.model.builds import complete, differences, fast
from zonevest.instances.study import Study, StudyError

CASES = 150 if os.environ.get("CI") else 50


@settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
@given(random_studies.studies())
def test_builds_agree(study: Study) -> None:
    try:
        one = fast(study)
    except StudyError:  # a parcel without any option
        assume(False)
    assert differences(one, complete(study)) == []
