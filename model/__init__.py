"""What is true: options, ledger and policy model, one file per section of the formulation."""

from zonevest.model.later import put_off

# Pyomo imports these for its own users as soon as there is scipy; nothing here uses them, and they take as long as
# pandas. Once it is imported (see `compiled`), they are modules as any other.
put_off("scipy.stats", "scipy.integrate", "scipy.spatial")
