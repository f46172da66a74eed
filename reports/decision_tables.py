"""What of a common decision is the same whatever comes, what waits, and with which number it moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from zonevest.instances.scenarios import listing

if TYPE_CHECKING:
    from zonevest.instances.study import Study

CHANGE = ["table", "key", "column", "period", "op"]


def unknowns(study: Study, names: Sequence[str]) -> pd.DataFrame:
    """Numbers by which scenarios differ: a row a change, and a column of amounts for each scenario.

    A scenario that leaves a number as it is has the factor 1 there, or the study's own value.
    """
    changes = listing(study)
    changes = changes[changes["scenario"].isin(names)]
    rows = []
    for key, mine in changes.groupby(CHANGE, sort=False):
        amounts = dict(zip(mine["scenario"], mine["amount"], strict=True))
        own = mine["from"].iloc[0]
        same = "1" if key[-1] == "factor" else "" if isinstance(own, list | dict) else str(own)
        row = dict(zip(CHANGE, key, strict=True)) | {name: str(amounts.get(name, same)) for name in names}
        if len({row[name] for name in names}) > 1:
            rows.append(row)
    return pd.DataFrame(rows, columns=[*CHANGE, *names])
