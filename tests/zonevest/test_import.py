"""``zonevest import``: what it prints and writes, what it never replaces, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.chinese import is_chinese
from tests.instances.importing.fields import layer, mapping, square
from zonevest import read_study
from zonevest.cli import app


def zonevest(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def land(tmp_path: Path) -> Path:
    path = tmp_path / "land.gpkg"
    layer([square(0), square(1)]).to_file(path, layer="land")
    return path


def test_a_starter_and_then_a_study(land: Path, tmp_path: Path) -> None:
    done = zonevest("import", land, "-o", tmp_path / "start")
    assert done.exit_code == 0, done.output
    assert "mapping.toml; fill it in" in done.stdout
    assert [each.name for each in (tmp_path / "start").iterdir()] == ["mapping.toml"]
    done = zonevest("import", land, "--mapping", mapping(tmp_path), "-o", tmp_path / "study", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["is_study"] is True
    assert told["parcels"] == 2
    assert zonevest("check", tmp_path / "study").exit_code == 0
    assert len(read_study(tmp_path / "study").parcels) == 2


def test_what_is_told_is_told_in_chinese(tmp_path: Path) -> None:
    shapes = [square(0), square(0.5), square(0.5), None]
    layer(shapes).to_file(tmp_path / "land.gpkg", layer="land")
    layer([square(0)]).to_file(tmp_path / "red.gpkg", layer="red")
    rules = mapping(
        tmp_path,
        repair={"overlaps": "cut", "stacked": "first"},
        lines=[{"source": "red.gpkg", "column": "sea"}],
        adjacency={"gap_m": 5},
    )
    done = zonevest("import", "--mapping", rules, "-o", tmp_path / "study", "--lang", "zh")
    assert done.exit_code == 0, done.output
    names = ["land.gpkg", "red.gpkg", "WGS", "NSIDC", "EASE-Grid", "Global", "Lambert", "Cylindrical", "Equal", "Area"]
    for line in done.stdout.splitlines():
        assert is_chinese(line.replace(str(tmp_path / "study"), "'study'"), [*names, "check"]), line
    refused = zonevest("import", "--mapping", mapping(tmp_path), "-o", tmp_path / "other", "--lang", "zh")
    assert refused.exit_code == 2
    assert "图形完全相同" in refused.stderr
    assert not (tmp_path / "other").exists()


def test_what_is_there_is_not_replaced(land: Path, tmp_path: Path) -> None:
    rules, study = mapping(tmp_path), tmp_path / "study"
    words = ["import", land, "--mapping", rules, "-o"]
    assert zonevest(*words, study).exit_code == 0
    before = (study / "parcels.parquet").stat().st_mtime_ns
    assert zonevest(*words, study).exit_code == 2
    assert (study / "parcels.parquet").stat().st_mtime_ns == before
    assert zonevest(*words, study, "--overwrite").exit_code == 0
    assert sorted(each.name for each in study.iterdir()) == ["parcels.parquet", "study.toml"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine", encoding="utf-8")
    refused = zonevest(*words, other, "--overwrite")
    assert refused.exit_code == 2
    assert "only a study folder is replaced" in refused.stderr
    assert (other / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_what_is_read_is_not_replaced(land: Path, tmp_path: Path) -> None:
    """A study folder that holds the mapping would go with it."""
    study = tmp_path / "study"
    assert zonevest("import", land, "--mapping", mapping(tmp_path), "-o", study).exit_code == 0
    rules = mapping(study)
    refused = zonevest("import", land, "--mapping", rules, "-o", study, "--overwrite")
    assert refused.exit_code == 2
    assert "does not hold what is read" in refused.stderr
    assert rules.is_file()


def test_the_starter_is_never_written_over(land: Path, tmp_path: Path) -> None:
    start = tmp_path / "start"
    assert zonevest("import", land, "-o", start).exit_code == 0
    (start / "mapping.toml").write_text("filled in", encoding="utf-8")
    assert zonevest("import", land, "-o", start, "--overwrite").exit_code == 2
    assert (start / "mapping.toml").read_text(encoding="utf-8") == "filled in"


def test_presets_and_sources_that_are_none(tmp_path: Path) -> None:
    done = zonevest("import", tmp_path / "gone.gpkg", "-o", tmp_path / "study", "--preset", "survey")
    assert done.exit_code == 2
    assert "no such file or folder" in done.stderr
    assert "a preset is cn-survey" in done.stderr
