"""Runs on a full or read-only disk, two at a time, ended from outside: nothing is lost, and it is told (some 40 s)."""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zonevest as zv
from tests.chinese import is_chinese
from tests.model.four import four
from zonevest import api, cli
from zonevest.cli import app
from zonevest.instances import place
from zonevest.instances.study import StudyError
from zonevest.solvers import checkpoint, supervise
from zonevest.solvers.checkpoint import Checkpoint

posix = pytest.mark.skipif(os.name != "posix", reason="limits and signals of POSIX")


def digest(folder: Path) -> dict[str, str]:
    """Every file of a folder, byte for byte."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def zonevest(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        app([str(each) for each in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def village() -> zv.Plan:
    return zv.solve(zv.read_study("village"), threads=1)


@pytest.fixture(scope="module")
def small() -> zv.Plan:
    return zv.solve(four(), threads=1)


@pytest.fixture(scope="module")
def written(small: zv.Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its plan folder, to be copied: writing one takes a second."""
    folder = tmp_path_factory.mktemp("written") / "plan"
    small.write(folder)
    return folder


@pytest.fixture(scope="module")
def sizes(written: Path) -> list[int]:
    """How large the files of its plan folder are, the least first."""
    return sorted({path.stat().st_size for path in written.rglob("*") if path.is_file()})


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """The system refuses to let any file grow beyond a size, whichever library writes it."""
    import resource

    before, compiling = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # Python would keep modules cut short where they are compiled, for all who follow
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = compiling


WRITERS: dict[str, Callable[[Path, zv.Plan], object]] = {
    "plan": lambda target, plan: plan.write(target, overwrite=True),
    "report": lambda target, plan: zv.report(plan, target),
}


@posix
@pytest.mark.parametrize("what", WRITERS)
def test_no_room_for_any_file_in_turn(
    small: zv.Plan, written: Path, sizes: list[int], tmp_path: Path, what: str
) -> None:
    """The first file that is too large, then the second …: the plan that is there stays as it is, to the byte."""
    target = tmp_path / "plan"
    shutil.copytree(written, target)
    before = digest(target)
    some = [sizes[int(at)] - 1 for at in np.linspace(0, len(sizes) - 1, 4 if what == "plan" else 2)]
    for size in some:
        with no_file_above(max(size, 40)), pytest.raises(OSError) as error:  # noqa: PT011 - libraries have own words
            WRITERS[what](target, small)
        assert error.value.filename is not None
        assert str(error.value.filename).startswith(str(target))
        assert digest(target) == before
        assert os.listdir(tmp_path) == ["plan"]
        assert [name for name in os.listdir(target) if name.startswith(".")] == []
    WRITERS[what](target, small)
    assert zv.read_plan(target).objective == small.objective


@posix
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # openpyxl's sheets, at their end
def test_no_room_for_a_study(tmp_path: Path) -> None:
    study = zv.read_study("village")
    for size in (100, 2_000):
        for name in ("folder", "book.xlsx"):
            with no_file_above(size), pytest.raises(OSError):  # noqa: PT011
                zv.write_study(study, tmp_path / name)
            with no_file_above(size), pytest.raises(OSError):  # noqa: PT011
                api.copy_case("village", tmp_path / name)
        with no_file_above(size), pytest.raises(OSError):  # noqa: PT011
            api.write_county(tmp_path / "county", 100)
        assert os.listdir(tmp_path) == []
    gc.collect()


@posix
def test_a_disk_that_is_really_full(
    village: zv.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A small disk in memory, where one may be mounted."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(api, "solve", lambda *_, **__: village)
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk may be mounted here")
    try:
        with pytest.raises(OSError, match=r"[Nn]o space left") as error:
            village.write(disk / "plan")
        assert error.value.errno == errno.ENOSPC
        assert os.listdir(disk) == []
        assert zonevest("solve", "village", "-o", disk / "plan") == 2
        assert "No space left on device" in capsys.readouterr().err
        (rescued,) = (tmp_path / "temporary").glob("*/plan")
        assert zv.read_plan(rescued).has_plan
        assert os.listdir(disk) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(("number", "lang"), [(errno.ENOSPC, "en"), (errno.EROFS, "zh"), (errno.EACCES, "en")])
def test_a_solved_plan_is_not_lost(
    small: zv.Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    lang: str,
) -> None:
    """Where its place takes no files any more at the end, the plan is put where temporary files go, and it is said."""
    made, monkeyed = tempfile.mkdtemp, str(tmp_path / "out")

    def mkdtemp(*given: Any, **more: Any) -> str:
        if str(more.get("dir", "")).startswith(monkeyed):
            raise OSError(number, os.strerror(number), str(more["dir"]))
        return made(*given, **more)

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    monkeypatch.setattr(api, "solve", lambda *_, **__: small)
    assert zonevest("solve", "village", "-o", tmp_path / "out" / "plan", "--lang", lang, "--json") == 2
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    (rescued,) = (tmp_path / "temporary").glob("*/plan")
    assert str(rescued) in fault["do"]
    assert zv.read_plan(rescued).objective == small.objective
    assert ("方案" in fault["do"]) == (lang == "zh")
    assert not (tmp_path / "out" / "plan").exists()


def test_nowhere_to_go_is_told(
    small: zv.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "plan" / "report.html"))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(api, "solve", lambda *_, **__: small)
    monkeypatch.setattr(api, "write_reports", full)
    assert zonevest("solve", "village", "-o", tmp_path / "plan") == 2
    told = capsys.readouterr().err
    assert "solve again" in told
    assert told.startswith("a file could not be read or written")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "lang", "head"),
    [
        (errno.ENOSPC, "en", "a file could not be read or written; what was there before is as it was"),
        (errno.EROFS, "zh", "有文件无法读取或写入；原有内容保持不变"),
        (errno.EACCES, "en", "a file could not be read or written"),
        (errno.EEXIST, "en", "1 fault(s) in the input"),
        (errno.ENOTDIR, "zh", "输入有 1 处错误"),
    ],
)
def test_a_disk_is_no_fault_of_the_input(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    lang: str,
    head: str,
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(tmp_path / "copy" / "parcels.csv"))

    monkeypatch.setattr(api, "copy_case", refused)
    assert zonevest("new", tmp_path / "copy", "--lang", lang) == 2
    told = capsys.readouterr().err
    assert told.startswith(head)
    assert str(tmp_path / "copy" / "parcels.csv") in told


@pytest.mark.parametrize("command", ["new", "solve"])
def test_a_place_that_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """Below a file, and in a file system of the kernel: told before the work."""
    (tmp_path / "file").write_text("")
    for where in (tmp_path / "file" / "plan", Path("/proc/plan")):
        given = ("new", where) if command == "new" else ("solve", "village", "-o", where)
        assert zonevest(*given) == 2
        told = capsys.readouterr().err
        assert "Traceback" not in told
        assert str(where.parent) in told


class TestTwoRuns:
    @pytest.fixture(autouse=True)
    def other(self, tmp_path: Path) -> Iterator[None]:
        """Another run has claimed the target."""
        begun, end = threading.Event(), threading.Event()

        def hold() -> None:
            with place.claimed(tmp_path / "plan"):
                begun.set()
                end.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        begun.wait()
        yield
        end.set()
        thread.join()
        assert not (tmp_path / ".plan.lock").exists()

    @pytest.mark.parametrize("more", [(), ("--overwrite",), ("--lang", "zh")], ids=["new", "overwrite", "zh"])
    def test_the_second_is_told_before_it_works(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
    ) -> None:
        monkeypatch.setattr(api, "solve", lambda *_, **__: pytest.fail("it was solved"))
        assert zonevest("solve", "village", "-o", tmp_path / "plan", *more) == 2
        told = capsys.readouterr().err
        assert str(tmp_path / "plan") in told
        assert ("另一个运行" if "zh" in more else "another run") in told
        assert os.listdir(tmp_path) == [".plan.lock"]

    def test_a_report_waits_for_nobody(self, small: zv.Plan, tmp_path: Path) -> None:
        with pytest.raises(place.BusyError):
            small.write(tmp_path / "plan")
        with pytest.raises(place.BusyError):
            zv.report(small, tmp_path / "plan")
        assert os.listdir(tmp_path) == [".plan.lock"]


def test_a_plan_that_has_come_since(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --overwrite the plan of a run that ended between the question and the claim is not replaced."""
    target = tmp_path / "plan"
    claimed = place.claimed

    @contextmanager
    def later(path: Path) -> Iterator[None]:
        monkeypatch.setattr(cli.place, "claimed", claimed)
        shutil.copytree(written, target)
        with claimed(path):
            yield

    before: list[dict[str, str]] = []
    monkeypatch.setattr(cli.place, "claimed", later)
    monkeypatch.setattr(api, "solve", lambda *_, **__: before.append(digest(target)))
    assert zonevest("solve", "village", "-o", target) == 2
    assert "it exists" in capsys.readouterr().err
    assert before == []
    assert zv.read_plan(target).has_plan


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_ended_from_outside(tmp_path: Path, name: str) -> None:
    """What a scheduler sends does what Ctrl-C does: exit code 130, and nothing is left lying about."""
    command = [sys.executable, "-P", "-m", "zonevest", "solve", "village", "-o", "plan", "--gap", "0"]
    running = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert running.stderr is not None
    while "building" not in running.stderr.readline():
        assert running.poll() is None
    running.send_signal(getattr(signal, name))
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130, told
    assert "Traceback" not in told
    assert set(os.listdir(tmp_path)) <= {"plan"}
    if (tmp_path / "plan").exists():
        assert zv.read_plan(tmp_path / "plan").status == "interrupted"


@posix
def test_a_first_interrupt_lets_a_plan_be_written(small: zv.Plan, tmp_path: Path) -> None:
    write, lang = type(small).write, cli.Lang.en

    def slow(times: int) -> Callable[..., None]:
        def writing(self: zv.Plan, *given: Any, **more: Any) -> None:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
            write(self, *given, **more)

        return writing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(small), "write", slow(1))
        cli.write_or_rescue(small, tmp_path / "plan", lang, overwrite=False)
        assert zv.read_plan(tmp_path / "plan").has_plan
        patch.setattr(type(small), "write", slow(2))
        with pytest.raises(KeyboardInterrupt):
            cli.write_or_rescue(small, tmp_path / "other", lang, overwrite=False)
    assert os.listdir(tmp_path) == ["plan"]


class TestCheckpoints:
    def test_one_that_cannot_be_written_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checkpoint, "EVERY", 0.0)

        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(checkpoint.np, "savez", full)
        plan = zv.solve(four(), threads=1, checkpoint=tmp_path / "left")
        assert plan.has_plan
        assert "No space left on device" in plan.message
        assert is_chinese(plan.message)
        assert os.listdir(tmp_path) == []

    def test_what_a_killed_run_left_half_written_is_cleared(self, tmp_path: Path) -> None:
        (tmp_path / ".left-4711").write_bytes(b"half")
        (tmp_path / ".left-of-mine").write_bytes(b"mine")
        Checkpoint.of(tmp_path / "left", four(), "mip", 0, resume=False)
        assert os.listdir(tmp_path) == [".left-of-mine"]

    @pytest.mark.parametrize("how", ["truncated", "garbage", "empty", "another study", "wrong kinds"])
    def test_a_damaged_one(self, tmp_path: Path, how: str) -> None:
        path = tmp_path / "left"
        keep = Checkpoint.of(path, four(), "mip", 0, resume=False)
        keep.stage = {"stage": 0, "stages": [], "found": None, "program": "x", "proofs": []}
        keep.write({"x": np.zeros(3)})
        raw = path.read_bytes()
        study = four({"method": "weighted", "cash": 1.0}) if how == "another study" else four()
        if how == "wrong kinds":
            keep.stage = {"stage": "first", "stages": 7}
            keep.write({"x": np.zeros(3)})
        elif how != "another study":
            path.write_bytes({"truncated": raw[: len(raw) // 2], "garbage": b"\x07" * 99, "empty": b""}[how])
        with pytest.raises(StudyError) as error:
            zv.solve(study, method="mip", checkpoint=path, resume=True, threads=1)
        assert is_chinese(error.value.faults["must"][0], ["zonevest"])


def test_no_room_for_the_solver_s_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Then it solves in this process."""
    monkeypatch.setattr(supervise, "FEW_COLUMNS", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert zv.solve(four(), threads=1).status == "optimal"
