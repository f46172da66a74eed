"""A starter mapping: what the layers hold, and what it might be."""

from __future__ import annotations

from collections.abc import Sequence

from zonevest.instances.faults import Faults
from zonevest.instances.importing.sources import Found


def starter(found: Sequence[Found], faults: Faults) -> tuple[str, tuple[str, ...]]:
    """Write the text of a mapping file for layers, and what is told of it."""
    del found, faults
    return "", ()
