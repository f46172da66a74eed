"""What several tables are made from is worked out once for a plan."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import pandas as pd

Of = TypeVar("Of")
Found = TypeVar("Found")
More = ParamSpec("More")


def once(make: Callable[Concatenate[Of, More], Found]) -> Callable[Concatenate[Of, More], Found]:
    """Keep what a function finds of its first argument there (as `cached_property` does); the others follow from it.

    A table is handed out as a shallow copy: who adds columns to it does so for himself.
    """
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def known(of: Of, /, *more: More.args, **named: More.kwargs) -> Found:
        held: dict[str, Any] = vars(of)
        if name not in held:
            held[name] = make(of, *more, **named)
        found: Found = held[name]
        return found.copy(deep=False) if isinstance(found, pd.DataFrame) else found

    return known
