"""Some dozens of damaged inputs for each reader, in a child process; `python -m tests.fuzz` runs thousands."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.fuzz.child import Child
from tests.fuzz.judge import BY_COMMAND, cases, judge
from tests.fuzz.readers import READERS, changed
from zonevest.instances import files

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


@pytest.mark.parametrize("reader", READERS)
def test_every_case_comes_to_the_command_line(reader: str) -> None:
    assert gcd(BY_COMMAND, len(READERS[reader]())) == 1


def failures(reader: str, numbers: range) -> list[str]:
    return [each.detail for each in (judge(reader, 5, number) for number in numbers) if each.result == "failed"]


def test_a_traceback_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    cases("csv")  # sound before the fault is planted
    monkeypatch.setattr(files, "read_text", lambda *_: {}["nothing"])
    assert all("KeyError" in each for each in failures("csv", range(1, 4)))
    assert len(failures("csv", range(1, 4))) == 3


def test_an_encoding_that_is_guessed_at_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chinese in GBK that is read as western letters is another study, though all of it is there."""

    def guessed(path: Path, *_: object) -> str:
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            return path.read_text(encoding="latin-1")

    cases("csv")
    monkeypatch.setattr(files, "read_text", guessed)
    assert any("no value was changed" in each for each in failures("csv", range(270, 275)))


def test_what_a_command_leaves_behind_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the name of one that was there before, in the folder where an import would have written."""
    invoke = CliRunner.invoke

    def leaving(runner: CliRunner, app: Any, command: list[str]) -> Any:
        if command[0] == "import":
            target = Path(command[command.index("-o") + 1])
            target.mkdir(parents=True)
            (target / "parcels.gpkg").touch()
        return invoke(runner, app, command)

    monkeypatch.setattr(CliRunner, "invoke", leaving)
    asked = [number for number in range(0, 12 * BY_COMMAND, BY_COMMAND) if number % len(cases("gpkg")) > 2]
    found = [judge("gpkg", 5, number) for number in asked]
    assert any(each.result == "failed" and "out/study/parcels.gpkg" in each.detail for each in found)
