"""Layers and a mapping file become a study."""

from __future__ import annotations

from pathlib import Path

from zonevest.instances.faults import Faults
from zonevest.instances.importing.imported import Imported
from zonevest.instances.say import say


def import_layers(sources: list[Path], mapping: Path | None, faults: Faults) -> Imported:
    """Layers and a mapping file become a study.

    Faults go to `faults`, which is raised (`faults.stop_if_any()`) when all of them are there.
    """
    del mapping
    must, do = say("this kind of import is part of this version"), say("choose another source")
    faults.add(", ".join(map(str, sources)), must, say("it is not yet"), do)
    faults.stop()
