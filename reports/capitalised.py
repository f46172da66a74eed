"""Of a rise of land value, what only capitalises income that is booked too.

Land is worth what it brings: who has the rents of a renewed house and the rise of its value has one thing, told in two
ways. So of a rise that a land action books what exceeds the income counts which the same holder has of the same action
on the same land, after what that costs him; holders keep the larger of the two, and nobody both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import sparse

from zonevest.model.flows import OUTSIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.booked import Books

    Floats: TypeAlias = NDArray[np.float64]


def capitalised(found: Books) -> dict[tuple[str, str], Floats]:
    """What is capitalised of the rise on each uplift account that each actor has.

    Returns
    -------
    dict
        (account, actor) -> million, present value, of each row of the land that the plan chooses. Captures of the rise
        count in neither: they are taken of it. `outside`, who has other income too, capitalises nothing; nor is what
        projects raise touched, which is of other land than theirs.
    """
    chosen, accounts = found.chosen, found.ledger.accounts
    uplift = np.flatnonzero(accounts.family == "uplift")
    sides = [accounts.sides(at) for at in range(len(accounts.names))]
    having = {actor for at in uplift for actor in sides[at][0]} - {OUTSIDE}
    worth = chosen.worth() - chosen.worth(captured=True) if having else sparse.csr_array((0, len(accounts.names)))
    if not worth[:, uplift].count_nonzero():
        return {}
    held = chosen.held()
    worth = sparse.csr_array(worth - held.worth()) if len(held.share) else worth
    result: dict[tuple[str, str], Floats] = {}
    for actor in sorted(having):
        net = np.array([received.get(actor, 0.0) - paid.get(actor, 0.0) for received, paid in sides])
        rises = {at: np.maximum(net[at] * worth[:, [at]].toarray()[:, 0], 0.0) for at in uplift if net[at]}
        rise = np.asarray(sum(rises.values(), np.zeros(worth.shape[0])))
        income = np.asarray(worth @ np.where(accounts.money, net, 0.0))
        counted_too = np.minimum(rise, np.maximum(income, 0.0))
        part = np.divide(counted_too, rise, out=np.zeros_like(rise), where=rise > 0)
        result |= {(str(accounts.names[at]), actor): part * each for at, each in rises.items() if each.any()}
    return result
