"""What an import gives: the parts of a study folder, and what was found and repaired on the way."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import tomli_w

from zonevest.instances.place import fresh
from zonevest.instances.say import say

PARCELS_FILE = "parcels.parquet"
"""The name of the parcels file, with shapes (GeoParquet) where they have any."""


@dataclass(frozen=True)
class Imported:
    """The parts of a study folder, not written yet.

    Attributes
    ----------
    settings : keys of study.toml; `format` and `parcels` are added when it is written. Empty: no study, only `files`.
    tables : tables of the study by name; `parcels` may be a GeoDataFrame.
    told : what was found, repaired and left aside, sentences by `say`.
    files : further files of the folder by name, as text or as a table (written as parquet).
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    files: Mapping[str, str | pd.DataFrame] = field(default_factory=dict)

    @property
    def is_study(self) -> bool:
        """Whether there is a study, and not only a mapping file to be filled in."""
        return bool(self.settings)

    def write(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write the folder; beside the target first, so that there is never half a study.

        Raises
        ------
        FileExistsError
            If the folder exists and `overwrite` is not set.
        """
        target = Path(folder)
        if (target.exists() or target.is_symlink()) and not overwrite:
            raise FileExistsError(errno.EEXIST, say("it is there already"), str(target))
        with fresh(target) as new:
            new.mkdir()
            self._write_files(new)

    def _write_files(self, folder: Path) -> None:
        if self.is_study:
            parcels = {"parcels": PARCELS_FILE} if "parcels" in self.tables else {}
            settings = {"format": 1, **self.settings, **parcels}
            (folder / "study.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
        for name, table in self.tables.items():
            if name == "parcels":
                _parquet(table, folder / PARCELS_FILE)
            else:
                table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
        for name, content in self.files.items():
            if isinstance(content, str):
                (folder / name).write_text(content, encoding="utf-8")
            else:
                _parquet(content, folder / name)


def _parquet(table: pd.DataFrame, path: Path) -> None:
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path)
    else:
        table.to_parquet(path, index=False)
