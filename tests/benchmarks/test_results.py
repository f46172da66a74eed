"""Figures are kept in CSV files and told in the docs."""

from __future__ import annotations

import csv
import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from benchmarks import __main__ as command
from benchmarks import results
from benchmarks.__main__ import main
from benchmarks.measure import in_own_process
from benchmarks.suite import COURSE, suite

FACTS = {"date": "2026-11-26", "commit": "abc", "machine": "2 cores", "versions": "Python 3"}


def test_the_same_measurement_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "found" / "county.csv"
    first = {"a, s": 1.5, "plan": "none", COURSE: [(0.5, 3.0, None)]}
    for parcels, figures in ((100, first), (200, {"a, s": 3.0}), (100, first | {"a, s": 1.25})):
        rows = results.rows_of("county", parcels, "", figures, FACTS)
        results.write(path, rows, results.courses_of("county", parcels, "", figures))
    found = {(row["parcels"], row["figure"]): row["value"] for row in results.read(path)}
    assert found == {("200", "a, s"): "3.0", ("100", "a, s"): "1.25", ("100", "plan"): "none"}
    assert results.read(path.with_suffix(results.SUFFIX)) == [
        {"benchmark": "county", "parcels": "100", "way": "", "seconds": "0.5", "bound": "3.0", "plan": ""}
    ]
    assert results.committed(path.parent) == results.read(path)


def test_the_page_is_written_between_its_marks() -> None:
    rows = results.rows_of("county", 2000, "", {"solve, s": 1234.5, "plan": 0.123456, "audit": "holds"}, FACTS)
    rows += results.rows_of("county", 1000, "", {"solve, s": 12.0}, FACTS)
    page = f"before\n{results.BEGIN}\nearlier\n{results.END}\nafter\n"
    new = results.written(page, suite(), rows)
    assert new.startswith("before\n")
    assert new.endswith(f"{results.END}\nafter\n")
    assert "earlier" not in new
    assert "### county" in new
    assert "abc" in new
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in new.splitlines() if line.startswith("|")]
    assert table[0] == ["", "1,000", "2,000"]
    assert ["solve, s", "12", "1,234"] in table or ["solve, s", "12", "1,235"] in table
    assert ["plan", "", "0.123"] in table
    assert results.written(new, suite(), rows) == new
    with pytest.raises(ValueError, match="must have the lines"):
        results.written("nothing", suite(), rows)


def test_the_docs_tell_what_is_kept() -> None:
    page = results.PAGE.read_text(encoding="utf-8")
    assert results.written(page, suite(), results.committed()) == page


def test_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "found.json").write_text('{"a": 1}', encoding="utf-8")
    asked = ["--compact", str(tmp_path / "found.json")]
    assert in_own_process("json.tool", asked, 4.0, 60.0) == {"a": 1}
    assert "none.json" in in_own_process("json.tool", [str(tmp_path / "none.json")], 4.0, 60.0)["stopped"]
    assert "more than" in in_own_process("json.tool", asked, 4.0, 1e-4)["stopped"]


def test_a_run_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done in processes of their own is done here in this one, which saves their imports."""

    def here(_: str, words: list[str], *__: float) -> dict[str, Any]:
        with redirect_stdout(StringIO()) as said:
            main(words)
        found: dict[str, Any] = json.loads(said.getvalue().splitlines()[-1])
        return found

    monkeypatch.setattr(command, "in_own_process", here)
    out = tmp_path / "build.csv"
    main(["run", "build", "--parcels", "200", "--ways", "numpy", "--counties", str(tmp_path), "--out", str(out)])
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["figure"] for row in rows} >= {"whole, s", "whole / numpy", "peak, GB"}
    assert all(row["date"] and row["machine"] and row["versions"] for row in rows)
    assert "| whole, s" in capsys.readouterr().out
    main(["list"])
    said = capsys.readouterr().out
    assert all(f"{each.name} " in said and each.title in said for each in suite().values())
    with pytest.raises(SystemExit, match="compares 'numpy'"):
        main(["run", "build", "--ways", "numpie"])
