"""Some dozens of damaged inputs for each reader, in a child process; `python -m tests.fuzz` runs thousands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.child import Child
from tests.fuzz.readers import READERS, changed

INPUTS = 25


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child() as one:
        yield one


@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_input_is_a_clear_error_or_a_correct_study(reader: str, child: Child) -> None:
    found = [child.judge(reader, 3, number) for number in range(1, INPUTS + 1)]
    assert [each for each in found if each.result == "failed"] == []
    assert {each.result for each in found} == {"refused", "read"}


def test_an_input_follows_from_its_number() -> None:
    (case, *_) = READERS["csv"]()
    assert changed("csv", case, 1, 5) == changed("csv", case, 1, 5)
    assert changed("csv", case, 1, 5) != changed("csv", case, 2, 5)


def test_the_end_of_the_process_is_found() -> None:
    """A process that is ended in the midst of an input is a failure; the next input has a new one."""
    with Child(limit=0.001) as one:
        found = one.judge("gpkg", 1, 0)
        assert found.result == "failed"
        assert found.detail == "hung: 0.001 seconds of computing are over"
        one.limit = 20.0
        assert one.judge("csv", 1, 0).result in ("refused", "read")
