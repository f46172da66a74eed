"""The pass over groups on the workers of a Dask cluster (extra `cluster`; FORMULATION.md section 10).

Every worker holds some parts of the groups, which answer prices with their sums and their worth. A part is the result
of a task that holds its arrays: where a worker dies, Dask makes its parts anew elsewhere, and asks them again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from zonevest.instances.say import foreign, say
from zonevest.solvers.groups import Answer, Groups, Part, added

if TYPE_CHECKING:
    from distributed import Client, Future
    from numpy.typing import NDArray

    from zonevest.model.land import Block

    Floats = NDArray[np.float64]

CONNECT, WITHOUT = 10.0, 60.0
"""Seconds to reach a scheduler and its first worker; seconds without any worker after which the run goes on alone."""
_TICK = 0.5


class ClusterError(RuntimeError):
    """A cluster that cannot be used: what must hold, what was found, what to do."""

    def __init__(self, must: str, found: str, do: str) -> None:
        super().__init__(f"{must}: {found}; {do}")
        self.must, self.found, self.do = must, found, do


class LostError(RuntimeError):
    """A cluster that was lost on the way: whoever asked it goes on here."""


@contextmanager
def losing(client: Client) -> Iterator[None]:
    """Tell a cluster that is gone, or a task that no worker survives, from all else.

    Raises
    ------
    LostError
        In place of whatever Dask says of it.
    """
    from distributed import CancelledError
    from distributed.client import ClosedClientError
    from distributed.comm import CommClosedError
    from distributed.scheduler import KilledWorker

    known = ClosedClientError, CommClosedError, CancelledError, KilledWorker, OSError, TimeoutError
    try:
        yield
    except Exception as gone:  # of a client that is closed Dask says many things
        if isinstance(gone, known) or client.status in ("closing", "closed"):
            raise LostError(str(gone)) from gone
        raise


def has_workers(client: Client) -> bool:
    """Whether the cluster has workers; none where its scheduler does not answer."""
    try:
        return bool(client.nthreads())
    except Exception:
        return False


def sent(client: Client, task: Callable[..., Any], *given: Any, **how: Any) -> Future:
    """A task for the workers, and all that it is given, however much that is."""
    import dask

    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
        return client.submit(task, *given, pure=False, **how)


def held(given: Any) -> Any:
    """What a worker keeps: as the result of a task it is made anew where the worker dies."""
    return given


@contextmanager
def opened(cluster: Client | str | int | None) -> Iterator[Client | None]:
    """A client of the cluster whose workers can be used; what was opened here is closed at the end.

    Parameters
    ----------
    cluster : a client, which stays open; the address of a scheduler; a number of workers on this machine, or None.

    Raises
    ------
    ClusterError
        If the extra is not installed, the scheduler is not reached, or its workers have another version.
    """
    if cluster is None:
        yield None
        return
    try:
        import distributed
    except ImportError as error:
        must, do = say("the extra `cluster` is installed"), say("pip install 'zonevest[cluster]'")
        raise ClusterError(must, foreign(str(error)), do) from None
    if isinstance(cluster, distributed.Client):
        _fit(cluster)
        yield cluster
        return
    if isinstance(cluster, str) and cluster.strip().isdecimal():
        cluster = int(cluster)
    if isinstance(cluster, int):
        if cluster < 1:
            must, do = say("a cluster has one worker at least"), say("give another number")
            raise ClusterError(must, str(cluster), do)
        with _local(cluster) as client:
            yield client
        return
    try:
        distributed.comm.get_address_host_port(cluster)
        client = distributed.Client(cluster, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        must = say("the scheduler of the cluster answers at {address}", address=cluster)
        do = say("start `dask scheduler` and `dask worker`, and name the scheduler's address, as tcp://10.0.0.1:8786")
        raise ClusterError(must, foreign(str(error) or type(error).__name__), do) from None
    try:
        _fit(client)
        yield client
    finally:
        client.close()


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    """Workers of this machine, each a process that answers on the loopback only."""
    import logging

    import dask
    from distributed import Client, LocalCluster, WorkerPlugin

    class Apart(WorkerPlugin):  # type: ignore[misc]
        """The terminal's Ctrl-C is for this process alone; the workers are ours, as a command's process is."""

        def setup(self, worker: object) -> None:  # noqa: ARG002
            import signal

            from zonevest.instances.cells import texts_of_python

            signal.signal(signal.SIGINT, signal.SIG_IGN)
            texts_of_python()

    from zonevest.solvers.highs import available_cores

    threads = max(available_cores() // workers, 1)
    with (
        dask.config.set({"distributed.scheduler.work-stealing": False}),  # parts stay where they are
        LocalCluster(
            n_workers=workers,
            threads_per_worker=threads,
            memory_limit=None,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # where there is none given, HTTP is served on every interface
            worker_dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.register_plugin(Apart())
        yield client


def _fit(client: Client) -> None:
    """Refuse a cluster without workers, or with workers of another version."""
    try:
        client.wait_for_workers(1, timeout=CONNECT)
        found = set(client.run(_version).values())
    except TimeoutError:
        must, do = say("the cluster has a worker"), say("start `dask worker` with the scheduler's address")
        raise ClusterError(must, say("none within {seconds:.0f} s", seconds=CONNECT), do) from None
    except ImportError as error:
        found = {foreign(str(error))}
    if found != {_version()}:
        must = say("scheduler and workers have zonevest {version}", version=_version())
        do = say("install the same version there, with the extra `cluster`")
        raise ClusterError(must, ", ".join(sorted(found)), do)


def _version() -> str:
    return version("zonevest")


class Distributed(Groups):
    """Groups whose parts answer on the workers; sums are added up in the order of the parts, as without a cluster.

    Attributes
    ----------
    client : of the cluster; None once it was lost: the groups then answer here.
    """

    def __init__(self, block: Block, client: Client) -> None:
        super().__init__(block)
        self.client: Client | None = client
        self._held = [sent(client, held, self.whole.cut(here.start, here.stop)) for here in self.parts()]

    def ask(self, prices: Floats) -> tuple[sparse.csr_array, float]:
        """What groups come to at prices, clusters x (rows + 1), and what that is worth."""
        found = self._of_parts(_asked, prices, 1.0)
        if found is None:
            return super().ask(prices)
        return added([sums for sums, _ in found]), sum((worth for _, worth in found), 0.0)

    def worth(self, prices: Floats, objective: float = 1.0) -> float:
        """What groups' best options are worth together at prices."""
        found = self._of_parts(_worth, prices, objective)
        return super().worth(prices, objective) if found is None else sum(found, 0.0)

    def answer(self, prices: Floats, objective: float = 1.0) -> Answer:
        """What every group takes: the only thing that is fetched group by group."""
        found = self._of_parts(_answered, prices, objective)
        if found is None:
            return super().answer(prices, objective)
        return Answer(*(np.concatenate([getattr(part, name) for part in found]) for name in vars(found[0])))

    def took(self, prices: Floats) -> NDArray[np.uint16]:
        """What every group takes at prices, as a small number: worked out anew, since nobody keeps it."""
        found = self._of_parts(_taken, prices, 1.0)
        return super().took(prices) if found is None else np.concatenate(found)

    def _of_parts(self, task: Callable[..., Any], *given: Any) -> list[Any] | None:
        """What a task comes to for every part, in order; None where there is no cluster any more."""
        if self.client is None:
            return None
        from distributed import wait

        seen = time.monotonic()
        try:
            with losing(self.client):
                futures = [sent(self.client, task, part, *given) for part in self._held]
                while True:
                    try:
                        with self.client.as_current():
                            wait(futures, timeout=_TICK)
                        break
                    except TimeoutError:
                        seen = time.monotonic() if self.client.nthreads() else seen
                        if time.monotonic() - seen > WITHOUT:
                            raise LostError(say("no worker of the cluster is left")) from None
                return list(self.client.gather(futures))
        except LostError:
            self.client, self._held = None, []
            return None


def _asked(part: Part, prices: Floats, objective: float) -> tuple[sparse.csr_array, float]:
    found = part.answer(prices, objective, alone=True)
    return part.sums(found.option), float(found.value.sum())


def _worth(part: Part, prices: Floats, objective: float) -> float:
    return float(part.answer(prices, objective, alone=True).value.sum())


def _answered(part: Part, prices: Floats, objective: float) -> Answer:
    return part.answer(prices, objective, alone=True)


def _taken(part: Part, prices: Floats, objective: float) -> NDArray[np.uint16]:
    return part.answer(prices, objective, alone=True).option.astype(np.uint16)
