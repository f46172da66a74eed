"""One decision for all scenarios, each solved on a worker of a Dask cluster: the same as here, whatever happens to it.

About 50 s of one core: starting workers, and Pyomo on each of them, take a good part of it.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import zonevest as zv
from zonevest import far_sides
from zonevest.cli import app
from zonevest.common_prices import PricedSide
from zonevest.far_sides import FarSides, Held
from zonevest.instances.study import Study
from zonevest.reports.decision import Decision
from zonevest.sides import Side
from zonevest.solvers import by_prices, cluster, groups
from zonevest.solvers.answer import Progress, SolveOptions

pytest.importorskip("distributed")

TWO = ["trend", "dear_works"]
ASKED: dict[str, Any] = {"gap": 0.02, "threads": 1, "jobs": 2, "method": "mip"}
LOST = "the cluster was lost on the way; the run went on without it"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with cluster.opened(2) as opened:
        yield opened


@pytest.fixture(scope="module")
def study() -> Study:
    return zv.read_study("village")


@pytest.fixture(scope="module")
def here(study: Study) -> Decision:
    return zv.decide(study, TWO, **ASKED)


def same(one: Decision, two: Decision) -> None:
    assert one.has_plan
    told, other = one.to_dict(), two.to_dict()
    assert {name for name in told if repr(told[name]) != repr(other[name])} <= {"seconds", "notes", "message"}
    assert one.parcels.equals(two.parcels)
    assert one.projects.equals(two.projects)
    for name, plan in one.plans.items():
        there = two.plans[name]
        assert (plan.objective, plan.bound, plan.settings) == (there.objective, there.bound, there.settings)
        for table in ("parcels", "projects", "ledger", "limits", "financing", "budget_transfers"):
            assert getattr(plan, table).equals(getattr(there, table)), table
        assert there.study.hash == plan.study.hash
        assert there.audit is not None
        assert there.audit.ok


def idle(client: Any) -> bool:
    """Whether nothing runs on the workers, and nothing is kept there."""
    gc.collect()  # Python has not looked at the price method's runs yet
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        if not any(client.processing().values()) and not any(client.has_what().values()):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.long
def test_it_is_the_same_decision(client: Any, study: Study, here: Decision) -> None:
    said = list[str]()
    found = zv.decide(study, TWO, cluster=client, on_progress=lambda told: said.append(told.phase), **ASKED)
    same(here, found)
    assert found.notes == here.notes
    assert {"trend alone", "dear_works alone"} <= set(said)
    assert idle(client)


@pytest.mark.long
def test_by_prices_too(client: Any, study: Study) -> None:
    asked = ASKED | {"method": "prices", "gap": 0.2}
    found = zv.decide(study, TWO, cluster=client, **asked)
    same(zv.decide(study, TWO, **asked), found)
    assert LOST not in found.notes


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_worker_costs_no_decision(client: Any, study: Study, here: Decision) -> None:
    """The scenarios that it held are made anew elsewhere, and what it worked on is begun anew."""
    killed = list[int]()

    def kill(progress: Progress) -> None:
        if progress.phase == "dear_works alone" and not killed:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    found = zv.decide(study, TWO, cluster=client, on_progress=kill, **ASKED)
    assert killed
    assert found.notes == here.notes
    same(here, found)


@pytest.mark.long
def test_a_lost_cluster_loses_no_decision(client: Any, study: Study, here: Decision) -> None:
    from distributed import Client

    with Client(client.scheduler.address, set_as_default=False) as mine:

        def lose(progress: Progress) -> None:
            if progress.phase.endswith(" alone"):
                mine.close()

        found = zv.decide(study, TWO, cluster=mine, on_progress=lose, **ASKED)
    assert found.notes == (*here.notes, LOST)
    same(here, found)


@pytest.mark.long
def test_of_a_single_scenario_parts_of_the_land_are_spread(
    client: Any, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, spread = ASKED | {"method": "prices", "gap": 0.2}, list[int]()
    monkeypatch.setattr(groups, "PART", 16)
    known = zv.decide(study, ["trend"], **asked)

    class Seen(cluster.Distributed):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            spread.append(len(self.parts()))

    monkeypatch.setattr(by_prices, "Distributed", Seen)
    same(known, zv.decide(study, ["trend"], cluster=client, **asked))
    assert spread == [4]  # 61 parcels


class Waiting(Side):
    """A side whose own best plan takes half a minute, unless somebody wants no more of it: whether somebody did."""

    @classmethod
    def of(cls, name: str, study: Study) -> Any:  # noqa: ARG003
        side = object.__new__(cls)
        vars(side).update(block=None, ledger=SimpleNamespace(options=None))
        return side

    def alone(self, options: SolveOptions, on_progress: Any = None, *, stop: Any = None, run: Any = None) -> Any:  # noqa: ARG002
        until = time.monotonic() + 30.0
        while time.monotonic() < until:
            if stop():
                return True
            time.sleep(0.01)
        return False


@pytest.mark.long
@pytest.mark.parametrize("asked", [True, False])
def test_workers_hear_when_to_stop(client: Any, study: Study, asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C, and where a solve does not look at its own time limit."""
    monkeypatch.setattr(far_sides, "GRACE", (0.0, 0.0))
    far = FarSides(client)
    far.hold(Waiting, {"trend": study})
    begun, told = time.monotonic(), list[Progress]()
    options = SolveOptions(time_limit=3600.0 if asked else 0.5)
    stop = lambda: asked and time.monotonic() > begun + 0.5  # noqa: E731
    assert far.ask(0, "alone", (options,), stop, told.append) is True
    assert told
    del far
    assert idle(client)


def test_a_side_is_made_anew_and_never_sent(study: Study) -> None:
    for kind in (Side, PricedSide):
        held = Held(kind, "trend", study.in_scenario("trend"))
        block = held.side.block
        matrices = [matrix for _, matrix in block.by_kind]
        least = (
            sum(each.data.nbytes + each.indices.nbytes for each in matrices) + block.group.nbytes + block.kind.nbytes
        )
        assert held.__sizeof__() > least
        sent = pickle.dumps(held)
        assert len(sent) < 2 * len(pickle.dumps((kind, "trend", held.recipe[2])))
        anew = pickle.loads(sent)
        assert type(anew.side) is kind
        assert anew.side.name == "trend"
        assert (anew.side.block.group == block.group).all()
        assert anew.side.study.hash == held.side.study.hash


def test_no_cluster_there(capsys: pytest.CaptureFixture[str]) -> None:
    for lang, words in (("en", "a cluster has one worker at least"), ("zh", "集群至少有一个工作进程")):
        with pytest.raises(SystemExit) as ended:
            app(["decide", "village", "--cluster", "0", "--lang", lang])
        assert ended.value.code == 2
        assert words in capsys.readouterr().err
