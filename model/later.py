"""Modules that others import for themselves, and that are loaded only where something of them is used."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType


class _Later(ModuleType):
    """What stands for a module: the module itself is imported once something of it is read.

    `importlib.util.LazyLoader` would not do: before Python 3.12 it loads at the second import.
    """

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name != "__path__":  # who looks through all modules uses none
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def put_off(*names: str) -> None:
    """From here on, importing these modules loads nothing yet."""
    for name in names:
        sys.modules.setdefault(name, _Later(name))


def no_longer() -> None:
    """From here on, what was put off and is not loaded yet is imported as any other module."""
    for name in [name for name, module in sys.modules.items() if isinstance(module, _Later)]:
        del sys.modules[name]
