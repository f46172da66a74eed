"""What is true: options, ledger and policy model, one file per section of the formulation."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType


def _import_pyomo() -> None:
    """Import Pyomo without the parts of SciPy that it brings along: half a second of every command.

    Where SciPy is there already, Pyomo imports its statistics, integrals and spatial parts at once, for users of its
    own that are not used here. While it does so they are empty; whoever asks for one afterwards, by whatever name, gets
    the real one.
    """
    import_module("scipy")
    unused = [name for name in ("scipy.stats", "scipy.integrate", "scipy.spatial") if name not in sys.modules]
    sys.modules.update({name: ModuleType(name) for name in unused})
    try:
        import_module("pyomo.common.dependencies")
    finally:
        for name in unused:
            del sys.modules[name]
            sys.modules.pop(f"pyomo.common.dependencies.{name}", None)


if "pyomo.common.dependencies" not in sys.modules:
    _import_pyomo()
