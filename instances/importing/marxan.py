"""A folder of Marxan or of Marxan with Zones becomes a study."""

from __future__ import annotations

from pathlib import Path

from zonevest.instances.faults import Faults
from zonevest.instances.importing.imported import Imported
from zonevest.instances.say import say


def import_marxan(folder: Path, mapping: Path | None, faults: Faults) -> Imported:
    """A folder of Marxan or of Marxan with Zones becomes a study.

    Faults go to `faults`, which is raised (`faults.stop_if_any()`) when all of them are there.
    """
    del mapping
    must, do = say("this kind of import is part of this version"), say("choose another source")
    faults.add(str(folder), must, say("it is not yet"), do)
    faults.stop()
