"""What is at a target stays until the new is whole: killed at every step, refused at every step, two at once (10 s)."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chinese import is_chinese
from zonevest import console
from zonevest.instances import place
from zonevest.instances.place import BusyError, claimed, fresh, fresh_parts, recover

KILLED = """
import os, signal, sys
from pathlib import Path
from zonevest.instances import place

target, at, way = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if way == "two steps":
    place._exchanged = lambda one, other: False
seen = 0

def heard(event, given):
    global seen
    if event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir") or (event == "open" and str(given[1])[:1] in "wa"):
        if str(target.parent) in str(given[0]):
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

sys.addaudithook(heard)
if way == "parts":
    with place.fresh_parts(target) as new:
        (new / "a.txt").write_text("new")
        (new / "more").mkdir()
        (new / "more" / "b.txt").write_text("new")
else:
    with place.fresh(target) as new:
        new.mkdir()
        (new / "a.txt").write_text("new")
        (new / "more").mkdir()
        (new / "more" / "b.txt").write_text("new")
"""
HELD = """
import sys, time
from pathlib import Path
from zonevest.instances.place import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def made(folder: Path, word: str = "old") -> None:
    """A folder with a file in it and one further down."""
    (folder / "more").mkdir(parents=True)
    (folder / "a.txt").write_text(word)
    (folder / "more" / "b.txt").write_text(word)


def held(folder: Path) -> dict[str, str]:
    """Every file of a folder, what a killed run left in it aside."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_text() for name, path in files.items() if not name.startswith(".parts.zonevest-")}


def words(folder: Path) -> set[str]:
    """What stands in the two files of a whole folder."""
    found = held(folder)
    assert set(found) == {"a.txt", "more/b.txt"}
    return set(found.values())


@posix
@pytest.mark.parametrize("way", ["one step", "two steps", "parts"])
def test_killed_at_every_step(tmp_path: Path, way: str) -> None:
    """After kill -9 at the n-th change of the disk the next run finds the old or the new, whole, and tidies up."""
    outcomes = []
    for at in range(60):
        target = tmp_path / str(at) / "plan"
        made(target)
        (target.parent / ".plan-of-mine").mkdir()  # not ours to clear
        command = [sys.executable, "-P", "-c", KILLED, str(target), str(at), way]
        code = subprocess.run(command, check=False, timeout=60).returncode
        if way != "two steps":
            assert words(target) <= {"old", "new"}  # nothing has to be mended, ever
        recover(target)
        now = words(target)
        if way != "parts":
            assert len(now) == 1
        with claimed(target):
            pass
        with fresh_parts(target) as new:
            (new / "c.txt").write_text("more")
        (target / "c.txt").unlink()
        assert words(target) == now
        assert sorted(path.name for path in target.parent.iterdir()) == [".plan-of-mine", "plan"]
        assert [path.name for path in target.iterdir() if path.name.startswith(".")] == []
        outcomes.append(now)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert {"old"} in outcomes[:1]
    assert outcomes[-1] == {"new"}
    assert len(outcomes) > 6


@pytest.fixture(params=["one step", "two steps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "two steps":
        monkeypatch.setattr(place, "_exchanged", lambda *_: False)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("raised", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError("no"), SystemExit()])
def test_what_fails_leaves_nothing(tmp_path: Path, raised: BaseException) -> None:
    target = tmp_path / "plan"
    made(target)

    def fail() -> None:
        with fresh(target) as new:
            made(new, "new")
            raise raised

    with pytest.raises(type(raised)):
        fail()
    assert words(target) == {"old"}
    assert os.listdir(tmp_path) == ["plan"]


@pytest.mark.parametrize("step", range(2))
def test_a_rename_that_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """As on file systems where a folder is in use: what was moved away comes back."""
    monkeypatch.setattr(place, "_exchanged", lambda *_: False)
    target = tmp_path / "plan"
    made(target)
    rename, seen = Path.rename, []

    def refused(self: Path, to: Path) -> Path:
        seen.append(to)
        if len(seen) == step + 1:
            raise PermissionError(errno.EACCES, "in use", str(self))
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", refused)

    def write() -> None:
        with fresh(target) as new:
            made(new, "new")

    with pytest.raises(PermissionError):
        write()
    assert words(target) == {"old"}
    assert os.listdir(tmp_path) == ["plan"]


@pytest.mark.usefixtures("way")
def test_a_new_target_an_empty_one_a_file_and_a_deep_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("old")
    for name in ("none", "empty", "deep/er"):
        with fresh(tmp_path / name) as new:
            made(new, "new")
        assert words(tmp_path / name) == {"new"}
    with fresh(tmp_path / "file") as new:
        new.write_text("new")
    assert (tmp_path / "file").read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["deep", "empty", "file", "none"]


def test_errors_name_what_was_meant(tmp_path: Path) -> None:
    """Not the folder beside the target, which nobody knows; those of libraries get a path and a number."""
    target = tmp_path / "plan"

    def open_none() -> None:
        with fresh(target) as new:
            new.mkdir()
            (new / "tables" / "x.csv").write_text("")

    def of_library() -> None:
        with fresh(target):
            raise OSError("Error writing bytes to file")

    with pytest.raises(OSError, match="No such file") as error:
        open_none()
    assert error.value.filename == str(target / "tables" / "x.csv")
    with pytest.raises(OSError, match="Error writing") as error:
        of_library()
    assert (error.value.filename, error.value.errno) == (str(target), errno.EIO)


class TestTwoRuns:
    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-P", "-c", HELD, str(tmp_path / "plan")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
            process.kill()

    def test_the_second_is_told_and_a_killed_one_has_no_claim(
        self, tmp_path: Path, other: subprocess.Popen[str]
    ) -> None:
        def write() -> None:
            with fresh(tmp_path / "plan") as new:
                made(new)

        with pytest.raises(BusyError) as error:
            write()
        assert str(other.pid) in str(error.value.strerror)
        told = console._row(error.value)
        assert told["must"] == "one run at a time writes to a target"
        for part in ("must", "found", "do"):
            assert is_chinese(told[part])
        assert os.listdir(tmp_path) == [".plan.lock"]
        other.kill()
        other.wait()
        write()
        assert os.listdir(tmp_path) == ["plan"]

    @pytest.mark.usefixtures("other")
    def test_two_names_of_one_target(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
        with pytest.raises(BusyError), claimed(tmp_path / "link" / "plan"):
            pass

    def test_another_thread_is_another_run(self, tmp_path: Path) -> None:
        refused: list[BaseException] = []

        def second() -> None:
            try:
                with claimed(tmp_path / "plan"):
                    pass
            except BusyError as error:
                refused.append(error)

        with claimed(tmp_path / "plan"), claimed(tmp_path / "plan"):  # its own claim is no hindrance
            thread = threading.Thread(target=second)
            thread.start()
            thread.join()
        assert len(refused) == 1
        with claimed(tmp_path / "plan"):
            pass
        assert os.listdir(tmp_path) == []

    def test_no_locks_no_claim_and_nothing_is_cleared(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file system without locks: a folder beside the target may be of a run that goes on."""

        def none(_: object) -> None:
            raise OSError(errno.ENOLCK, "no locks")

        left = tmp_path / ".plan.zonevest-abcdefgh"
        left.mkdir()
        monkeypatch.setattr(place, "_lock", none)
        with fresh(tmp_path / "plan") as new:
            made(new, "new")
        assert words(tmp_path / "plan") == {"new"}
        assert left.exists()
