"""Parts of the land on workers of a Dask cluster: the same plan to the last bit, also where a worker is killed.

About 12 s in all: starting workers takes most of it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zonevest as zv
from tests.solvers.blocks import block
from zonevest.solvers import cluster, groups
from zonevest.solvers.answer import Progress
from zonevest.solvers.groups import Groups

pytest.importorskip("distributed")


@pytest.mark.parametrize("single", [False, True])
@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_a_part_by_itself_answers_to_the_last_bit(seed: int, single: bool) -> None:
    """What parts that were sent away say, added up in order, is what the groups say here."""
    land = replace(block(seed, single=single, groups=23), by_kind=_uneven(seed, single))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "PART", 5)
        here = Groups(land)
    assert len(here.parts()) == 5
    prices = np.random.default_rng(seed).normal(size=3)
    sent = [pickle.loads(pickle.dumps(here.whole.cut(part.start, part.stop))) for part in here.parts()]
    told = [cluster._asked(part, prices, 1.0) for part in sent]
    sums, worth = here.ask(prices)
    assert (groups.added([each for each, _ in told]) != sums).nnz == 0
    assert sum((each for _, each in told), 0.0) == worth
    whole = here.answer(prices)
    alone = [cluster._answered(part, prices, 1.0) for part in sent]
    for name in ("option", "value", "margin"):
        assert np.array_equal(np.concatenate([getattr(part, name) for part in alone]), getattr(whole, name))


def _uneven(seed: int, single: bool) -> list[Any]:
    """The scalars and kinds of that block with amounts that double precision does not hold exactly."""
    given_ = block(seed, single=single, groups=23)
    rng = np.random.default_rng(seed)
    return [(scalar * rng.random(len(scalar)), matrix * 0.1) for scalar, matrix in given_.by_kind]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with cluster.opened(2) as opened:
        yield opened


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The 61 parcels of the village are four parts."""
    monkeypatch.setattr(groups, "PART", 16)


ASKED: dict[str, Any] = {"method": "prices", "gap": 0.2, "threads": 1, "seed": 3}


def same(one: zv.Plan, two: zv.Plan) -> None:
    assert one.has_plan
    assert (one.objective, one.bound, one.status) == (two.objective, two.bound, two.status)
    assert one.parcels.equals(two.parcels)
    assert one.projects.equals(two.projects)
    assert one.certificate.equals(two.certificate)
    assert two.audit is not None
    assert two.audit.ok


@pytest.mark.usefixtures("parts")
def test_a_killed_worker_is_replaced_and_the_plan_is_the_same(client: Any) -> None:
    study = zv.read_study("village")
    before = client.run(os.getpid)
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.bound is not None and not killed:
            killed.append(next(iter(before.values())))
            os.kill(killed[0], signal.SIGKILL)

    found = zv.solve(study, cluster=client, on_progress=kill, **(ASKED | {"method": "auto"}))
    same(zv.solve(study, **ASKED), found)
    assert found.method == "prices"
    assert not found.message
    client.wait_for_workers(2, timeout=10)
    now = set(client.run(os.getpid).values())
    assert killed
    assert killed[0] not in now
    assert len(now & set(before.values())) == 1


@pytest.mark.usefixtures("parts")
def test_a_lost_cluster_loses_no_run(client: Any) -> None:
    from distributed import Client

    study, asked = zv.read_study("village"), []
    with Client(client.scheduler.address, set_as_default=False) as mine:

        def lose(progress: Progress) -> None:
            if progress.bound is not None and not asked:
                asked.append(progress)
                mine.close()

        found = zv.solve(study, cluster=mine, on_progress=lose, **ASKED)
    assert asked
    assert found.message == "the cluster was lost on the way; the run went on without it"
    same(zv.solve(study, **ASKED), found)


def test_a_scheduler_by_its_address(client: Any) -> None:
    with cluster.opened(client.scheduler.address) as mine:
        assert mine is not None
        assert mine is not client
        assert mine.submit(len, "abc").result(timeout=5) == 3
    assert mine.status == "closed"
    assert client.status == "running"


def test_workers_of_another_version(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "version", lambda _: "0.0.7")
    with pytest.raises(cluster.ClusterError, match=r"zonevest 0\.0\.7") as refused, cluster.opened(client):
        pass
    assert refused.value.found == zv.__version__


@pytest.mark.parametrize("named", [0, "0", "nonsense", "tcp://127.0.0.1:9"])
def test_no_cluster_there(named: str | int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with pytest.raises(cluster.ClusterError), cluster.opened(named):
        pass


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(cluster.ClusterError, match=r"zonevest\[cluster\]"):
        zv.solve(zv.read_study("village"), cluster=2)


def test_one_program_has_no_use_for_a_cluster() -> None:
    with pytest.raises(ValueError, match="prices"):
        zv.solve(zv.read_study("village"), method="mip", cluster=2)


def test_faults_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from zonevest.cli import app

    for more, words in (
        (["--cluster", "0"], ["a cluster has one worker at least", "集群至少有一个工作进程"]),
        (["--cluster", "2", "--method", "mip"], ["for the method prices", "只用于 prices"]),
    ):
        for lang, word in zip(("en", "zh"), words, strict=True):
            with pytest.raises(SystemExit) as ended:
                app(["solve", "village", "-o", str(tmp_path / "plan"), "--lang", lang, *more])
            assert ended.value.code == 2
            assert word in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
