"""The conversion overlay of parcels that state none: it follows from the lines that they lie inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.schema import OVERLAY_BY_LINE, OVERLAY_ELSEWHERE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.instances.tables import Typed


def fill_overlay(parcels: Typed) -> NDArray[np.bool_] | None:
    """Fill in blank cells of `conversion`.

    Returns
    -------
    Which parcels stated nothing, shape (parcels,); None where lines or overlay cannot be relied on.
    """
    if parcels.broken.intersection(("conversion", *(line for line, _ in OVERLAY_BY_LINE))):
        return None
    overlay = np.full(parcels.size, OVERLAY_ELSEWHERE, dtype=object)
    for line, name in reversed(OVERLAY_BY_LINE):  # the first of them is written last
        cells = parcels.data[line]
        overlay[[cell != "0" for cell in cells] if line == "redline" else cells] = name
    stated = np.array(parcels.text("conversion"), dtype=object)
    blank = np.asarray(stated == "", dtype=bool)
    parcels.data["conversion"] = np.where(blank, overlay, stated).tolist()
    return blank


def without_filled(study: Study, parcels: pd.DataFrame) -> pd.DataFrame:
    """Parcels, blank again where a study's overlay followed from the lines: they may be others now.

    A cell that says something else than the study did is stated, and stays.
    """
    filled = study.overlay_filled
    if filled is None or not filled.any() or not {"parcel_id", "conversion"} <= set(parcels.columns):
        return parcels
    before = study.tables["parcels"]
    at = pd.Index(before["parcel_id"]).get_indexer(pd.Index(parcels["parcel_id"]))
    same = before["conversion"].to_numpy(dtype=object)[at] == parcels["conversion"].to_numpy(dtype=object)
    return parcels.assign(conversion=parcels["conversion"].mask((at >= 0) & filled[at] & same, ""))
