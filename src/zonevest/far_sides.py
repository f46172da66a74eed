"""Scenarios of a common decision on the workers of a Dask cluster: each is made on a worker, and answers there.

A side is never sent. What is sent is what it is made of, a name and a study: where a worker dies, or Dask moves a side
to another one, it is made anew.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.model.stages import Stages
from zonevest.solvers import cluster
from zonevest.solvers.answer import Progress, SolveOptions
from zonevest.solvers.supervise import SILENCE

if TYPE_CHECKING:
    from distributed import Client, Future

    from zonevest.instances.study import Study
    from zonevest.sides import Side
    from zonevest.solvers.answer import OnProgress, Stop

TICK, ASKED = 0.05, 1.0
"""Seconds between looking whether a worker has answered, and between asking whether to stop, or who is there."""
GRACE = 10.0, 0.1
"""Seconds that a worker may take longer than it was given, and as a part of these, before it is told to stop."""


def done(side: Side, what: str, given: tuple[Any, ...], stop: Stop, on_progress: OnProgress | None = None) -> Any:
    """Have a side do what takes long: its own best plan, what a decision leaves to it, or a plan with its audit."""
    if what == "plan":
        return side.plan(*given)
    more = {} if on_progress is None else {"on_progress": on_progress}
    return getattr(side, what)(*given, stop=stop, **more)


class Held:
    """A side on a worker, and what it is made of."""

    def __init__(self, kind: type[Side], name: str, study: Study) -> None:
        self.recipe = kind, name, study
        self.side = kind.of(name, study)

    def __reduce__(self) -> tuple[type[Held], tuple[type[Side], str, Study]]:
        """As what it is made of."""
        return Held, self.recipe

    def __sizeof__(self) -> int:
        """Bytes of the arrays and tables."""
        return sum(
            _bytes(each) for each in (self.side.block, self.side.ledger.options, *self.recipe[2].tables.values())
        )


def _bytes(what: Any) -> int:
    """Bytes of arrays, of matrices and tables, and of what is made of them."""
    if hasattr(what, "memory_usage"):
        return int(np.sum(what.memory_usage()))
    if hasattr(what, "indptr"):
        return int(what.data.nbytes + what.indices.nbytes + what.indptr.nbytes)
    if isinstance(what, list | tuple):
        return sum(map(_bytes, what))
    if is_dataclass(what) and not isinstance(what, type):
        return sum(_bytes(getattr(what, each.name)) for each in fields(what))
    return int(getattr(what, "nbytes", None) or sys.getsizeof(what))


class Stopping:
    """Whether whoever asked for the work wants no more of it: an event of the cluster, looked at once a second."""

    def __init__(self, name: str) -> None:
        from distributed import Event

        self.event, self.asked = Event(name), False
        self.at = self.heard = time.monotonic()

    def __call__(self) -> bool:
        """Whether so; where the scheduler has not answered for long, too."""
        now = time.monotonic()
        if self.asked or now - self.at < ASKED:
            return self.asked
        self.at = now
        try:
            self.asked = bool(self.event.is_set())
            self.heard = now
        except Exception:  # whatever it is
            self.asked = now - self.heard > cluster.WITHOUT
        return self.asked


def _there(held: Held, what: str, event: str, *given: Any) -> Any:
    """On the worker: what a side is asked for; a plan without its study, which is here too."""
    found = done(held.side, what, given, Stopping(event))
    if what == "plan":
        found.study = None
    return found


class FarSides:
    """The sides that workers hold, and what they are asked.

    Attributes
    ----------
    places : a worker for each of its threads, all workers in turn, so that scenarios are spread evenly.
    lost : whether the cluster is lost; nothing is to be had of it then.
    """

    def __init__(self, client: Client) -> None:
        self.client, self.lost = client, False
        self.sides: list[Future] = []
        self.studies: list[Study] = []
        self.kept: dict[int, tuple[Any, Future]] = {}
        threads = sorted(client.nthreads().items())
        laps = range(max(count for _, count in threads))
        self.places = [worker for lap in laps for worker, count in threads if count > lap]

    def hold(self, kind: type[Side], studies: Mapping[str, Study]) -> None:
        """Have workers make sides of scenarios, by name; nobody waits for it."""
        self.studies = list(studies.values())
        with self._losing():
            for at, (name, study) in enumerate(studies.items()):
                self.sides.append(cluster.sent(self.client, Held, kind, name, study, **self._where(at)))

    def wait(self, stop: Stop) -> None:
        """Wait until all sides are made."""
        with self._losing():
            for _ in self._until_done(self.sides):
                if stop():
                    break

    def _where(self, at: int) -> dict[str, Any]:
        """Where a side is while that worker lives."""
        return {"workers": [self.places[at % len(self.places)]], "allow_other_workers": True}

    @contextmanager
    def _losing(self) -> Iterator[None]:
        """Remember that the cluster is lost, where it is."""
        try:
            with cluster.losing(self.client):
                yield
        except cluster.LostError:
            self.lost = True

    def ask(self, at: int, what: str, given: tuple[Any, ...], stop: Stop, on_progress: OnProgress | None) -> Any:
        """What comes of a side's work; of what takes too long, or is to stop, the best that it has.

        Raises
        ------
        LostError
            If the cluster is lost.
        """
        from distributed import Event

        if self.lost:
            raise cluster.LostError
        name = f"zonevest-{uuid.uuid4().hex}"
        until = min((_latest(each) for each in given if isinstance(each, SolveOptions)), default=float("inf"))
        told = float("-inf")
        with cluster.losing(self.client):
            sent = [self._keep(each) for each in given]
            future = cluster.sent(self.client, _there, self.sides[at], what, name, *sent, **self._where(at))
            event, over = Event(name, self.client), False
            for now in self._until_done([future]):
                if not over and (stop() or now > until):
                    over = True
                    event.set()
                if on_progress is not None and now - told > SILENCE:
                    told = now
                    on_progress(Progress("", 0.0, None, None, None))
            found = future.result()
            if over:
                event.clear()
        if what == "plan":
            found.study = self.studies[at]
        return found

    def _keep(self, given: Any) -> Any:
        """The classes of all scenarios, which are large, are kept by the workers."""
        if not isinstance(given, Stages):
            return given
        if id(given) not in self.kept:
            self.kept[id(given)] = given, cluster.sent(self.client, cluster.held, given)
        return self.kept[id(given)][1]

    def _until_done(self, futures: list[Future]) -> Iterator[float]:
        """Now and then, until tasks have ended."""
        seen = asked = time.monotonic()
        while not all(future.done() for future in futures):
            now = time.monotonic()
            if now - asked > ASKED:
                asked, seen = now, now if cluster.has_workers(self.client) else seen
            if now - seen > cluster.WITHOUT:
                raise cluster.LostError
            yield now
            time.sleep(TICK)


def _latest(options: SolveOptions) -> float:
    """When a worker that was asked now should have answered."""
    return time.monotonic() + options.time_limit + max(GRACE[0], GRACE[1] * options.time_limit)
