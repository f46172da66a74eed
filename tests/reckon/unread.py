"""A study with tables that are taken as they are: typed, filled in, and not checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from zonevest.instances.faults import Faults
from zonevest.instances.read import make_study
from zonevest.instances.schema import BY_NAME
from zonevest.instances.study import Study
from zonevest.instances.tables import frame, raw_frame, typed

UNREAD = ("limits", "limit_terms", "price_steps")


def unread_study(settings: Mapping[str, Any], **tables: pd.DataFrame | None) -> Study:
    """A study whose limits and price steps nobody has looked at; the rest is checked."""
    goal = dict(settings.get("objective", {}))
    weights = goal.pop("accounts", {})
    kept = {name: weight for name, weight in weights.items() if not name.startswith(("asset.", "finance.cash."))}
    kept = kept or ({"area.converted": 0.0} if weights else {})
    read = {**settings, "objective": goal | ({"accounts": kept} if weights else {})}
    study = make_study(read, **{name: table for name, table in tables.items() if name not in UNREAD})
    frames = dict(study.tables)
    for name in UNREAD:
        given = tables.get(name)
        if given is not None:
            faults = Faults()
            frames[name] = frame(typed(raw_frame(BY_NAME[name], given, name), faults, []))
            faults.stop_if_any()
    objective = replace(study.settings.objective, accounts=weights)
    return replace(study, tables=frames, settings=replace(study.settings, objective=objective))
