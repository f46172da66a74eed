"""The bundled county, read once."""

from __future__ import annotations

import pytest

import zonevest as zv
from zonevest.instances.study import Study


@pytest.fixture(scope="session")
def lakeside() -> Study:
    return zv.read_study("lakeside")
