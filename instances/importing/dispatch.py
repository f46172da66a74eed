"""Which importer a source is for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zonevest.instances.faults import Faults, choice, meant
from zonevest.instances.importing.imported import Imported
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say

PRESETS = ("cn-survey",)
PEER_FILES = ("input.dat", "pu.dat")
"""A folder with one of these (in any case) is one of Marxan."""


def import_study(
    sources: str | Path | Sequence[str | Path],
    mapping: str | Path | None = None,
    preset: str | None = None,
    lang: str = "en",
) -> Imported:
    """Make a study of layers, of a survey database, or of a folder of Marxan.

    Parameters
    ----------
    sources
        Files of layers (.gpkg, .shp, .gdb, .geojson, .parquet, .tif), or one folder of Marxan; may be empty where
        the mapping file names them.
    mapping
        The mapping file (TOML). Without one, layers give a starter mapping to be filled in, and no study.
    preset
        ``cn-survey``: layers and fields are those of the third national land survey.
    lang
        ``en`` or ``zh``: the language of the comments in a starter mapping.

    Returns
    -------
    Imported
        What is to be written (`Imported.write`), with an account of what was found and repaired (`Imported.told`).

    Raises
    ------
    StudyError
        With every fault of sources and mapping.
    """
    paths = [Path(sources)] if isinstance(sources, str | Path) else [Path(each) for each in sources]
    wanted = None if mapping is None else Path(mapping)
    faults = Faults()
    if preset is not None and preset not in PRESETS:
        must = rule("import.preset", choices=choice(PRESETS))
        faults.add("--preset", must, preset, meant(preset, PRESETS, must.do))
    for path in paths:
        if not path.exists():
            beside = [each.name for each in path.parent.glob("*")] if path.parent.is_dir() else []
            must = rule("import.there")
            faults.add(str(path), must, say("no such file or folder"), meant(path.name, beside, must.do))
    peers = [path for path in paths if is_peer(path)]
    for path in peers if len(paths) > 1 or preset is not None else ():
        beside = [str(other) for other in paths if other != path] + ([f"--preset {preset}"] if preset else [])
        faults.add(str(path), rule("import.peer"), say("it stands beside {others}", others=listed(beside)))
    faults.stop_if_any()
    if preset is not None:
        from zonevest.instances.importing.survey import import_survey

        return import_survey(paths, wanted, faults)
    if peers:
        from zonevest.instances.importing.marxan import import_marxan

        return import_marxan(paths[0], wanted, faults)
    from zonevest.instances.importing.layers import import_layers

    return import_layers(paths, wanted, faults, lang)


def is_peer(folder: Path) -> bool:
    """Whether a folder is one of Marxan."""
    return folder.is_dir() and any(each.name.lower() in PEER_FILES for each in folder.iterdir())
