"""Modules that are imported when something of them is first used, though others import them sooner."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


class _Later(ModuleType):
    """What stands for a module: the module itself is imported once an attribute is read."""

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def put_off(*names: str) -> Iterator[None]:
    """Inside, importing these modules imports nothing yet; outside, they are imported as any other.

    `importlib.util.LazyLoader` would not do: before Python 3.12 a second import reads an attribute, and so loads.
    """
    for name in names:
        sys.modules.setdefault(name, _Later(name))
    try:
        yield
    finally:
        for name in names:
            if isinstance(sys.modules.get(name), _Later):
                del sys.modules[name]
