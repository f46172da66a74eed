"""Where results go: written beside their target, by one run at a time, then moved into place.

Whatever happens on the way (a full disk, a kill), what was at the target stays as it was until the new is whole. What a
killed run left beside its target is cleared away, or put in place where nothing but that was missing, by the next run
that claims the target.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO

from zonevest.instances.say import Said, foreign, say

_HELD: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())
"""Targets that this thread of work has claimed."""
_MADE = ".zonevest-"
"""In the name of every folder that is made beside a target."""
_NEW, _OLD, _PARTS = "new", "old", "parts"
_WRITERS = ("pyarrow", "pyogrio", "xlsxwriter", "sqlite3")
"""Libraries that tell a disk's faults by errors of their own."""


def replaceable(target: Path, ours: Callable[[set[str]], bool]) -> bool:
    """Whether a folder may be written there: nothing is there yet, an empty folder, or one of ours.

    Parameters
    ----------
    ours : tells by the names in a folder whether it is one that may be replaced.
    """
    if not target.exists() and not target.is_symlink():
        return True
    if target.is_symlink() or not target.is_dir():
        return False
    names = {path.name for path in target.iterdir()}
    return not names or ours(names)


class BusyError(BlockingIOError):
    """Another run writes there."""

    def __init__(self, target: Path, by: str) -> None:
        found = say("another run writes there (process {by})", by=by) if by else say("another run writes there")
        super().__init__(errno.EWOULDBLOCK, found, str(target))


@contextmanager
def claimed(target: Path) -> Iterator[None]:
    """Keep a target for this run, and clear away what a killed one left beside it.

    The claim is a lock on a file beside the target, which ends with the process however that ends. Where the file
    cannot be made, or the file system knows no locks, there is no claim, and nothing is cleared away.

    Raises
    ------
    BusyError
        If another run has it.
    """
    place = _absolute(target)
    if place in _HELD.get():
        yield
        return
    file = _locked(place)
    before = _HELD.set(_HELD.get() | {place})
    try:
        if file is not None:
            _clear(place)
        yield
    finally:
        _HELD.reset(before)
        if file is not None:
            with suppress(OSError):  # first: once it is closed the file may be another run's
                _lock_of(place).unlink()
            file.close()


def recover(target: Path) -> None:
    """Put a folder in place whose run was killed at the moment of doing so."""
    if not target.exists() and _left(_absolute(target)):
        with claimed(target):
            pass


@contextmanager
def fresh(target: Path) -> Iterator[Path]:
    """A path beside `target` where its new content is to be made, a file or a folder; then it takes the target's place.

    Whether what is there may be replaced is for the caller to know. Where the block raises, or the content cannot be
    moved, the target stays as it was, and nothing is left beside it.

    Raises
    ------
    OSError
        If it cannot be written: always with the path that was meant, and told in one way whatever library wrote it.
    """
    place = _absolute(target)
    with _told(place), claimed(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with _beside(place, place) as beside:
            yield beside / _NEW
            _put(beside / _NEW, place, beside / _OLD)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target` that takes its place at the end, as in `fresh`; nothing may be there.

    Raises
    ------
    FileExistsError
        If something is there.
    """
    if target.exists():
        raise FileExistsError(errno.EEXIST, say("the folder exists already; choose another"), str(target))
    with fresh(target) as new:
        new.mkdir()
        yield new


@contextmanager
def fresh_parts(folder: Path) -> Iterator[Path]:
    """A folder whose files and folders take their places in `folder` at the end, one after the other, each whole.

    Raises
    ------
    OSError
        As `fresh`; what is there stays if it cannot be written, all of it until the first part is in place.
    """
    place = _absolute(folder)
    with _told(place), claimed(place):
        place.mkdir(parents=True, exist_ok=True)
        for left in _left(place / _PARTS):
            shutil.rmtree(left, ignore_errors=True)
        with _beside(place / _PARTS, place) as beside:
            new = beside / _NEW
            new.mkdir()
            yield new
            for part in sorted(new.iterdir()):
                _put(part, place / part.name, beside / f"{_OLD}-{part.name}")


@contextmanager
def _beside(near: Path, meant: Path) -> Iterator[Path]:
    """A folder beside `near`, removed at the end; errors name the path that was meant, not the one in it."""
    beside = Path(tempfile.mkdtemp(prefix=f".{near.name}{_MADE}", dir=near.parent))
    try:
        yield beside
    except OSError as error:
        path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else None
        if path is not None and path.is_relative_to(beside):
            error.filename, error.filename2 = str(meant.joinpath(*path.relative_to(beside).parts[1:])), None
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _put(new: Path, target: Path, old: Path) -> None:
    """Move `new` to `target`; what is there goes to `old`, or to where `new` was."""
    if not (target.exists() or target.is_symlink()):
        new.rename(target)
    elif target.is_file() and new.is_file():
        new.replace(target)
    elif not _exchanged(new, target):
        target.rename(old)
        try:
            new.rename(target)
        except BaseException:
            if not target.exists():
                old.rename(target)
            raise


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two paths in one step, where system and file system can; otherwise nothing is done."""
    name, of_here, flag = ("renameatx_np", -2, 2) if sys.platform == "darwin" else ("renameat2", -100, 2)
    call = getattr(ctypes.CDLL(None, use_errno=True), name, None) if os.name == "posix" else None
    if call is None:
        return False
    return bool(call(of_here, os.fsencode(one), of_here, os.fsencode(other), flag) == 0)


def _absolute(target: Path) -> Path:
    """The target by its real parent: one target has one name."""
    whole = target.absolute() if target.name not in ("", "..") else target.resolve()
    return whole.parent.resolve() / whole.name


def _left(place: Path) -> list[Path]:
    """Folders that runs have made beside a target."""
    made = re.compile(re.escape(f".{place.name}{_MADE}") + r"[a-z0-9_]{8}")
    try:
        return [path for path in place.parent.iterdir() if made.fullmatch(path.name)]
    except OSError:
        return []


def _clear(place: Path) -> None:
    """Finish or clear away what a killed run left; it has no claim any more, or we had none."""
    for beside in _left(place):
        for part in (_NEW, _OLD):  # there is an old one once the new one is whole
            if (beside / _OLD).exists() and (beside / part).exists() and not place.exists():
                with suppress(OSError):
                    (beside / part).rename(place)
        if place.exists() or not (beside / _OLD).exists():
            shutil.rmtree(beside, ignore_errors=True)


def _lock_of(place: Path) -> Path:
    return place.with_name(f".{place.name}.lock")


def _locked(place: Path) -> IO[bytes] | None:
    """The lock file, locked; None where there can be none."""
    path = _lock_of(place)
    while True:
        try:
            file = path.open("a+b")
        except OSError:  # no folder yet, or none that can be written to: whoever writes will see
            if place.parent.exists():
                return None
            with suppress(OSError):
                place.parent.mkdir(parents=True, exist_ok=True)
            if not place.parent.is_dir():
                return None
            continue
        try:
            _lock(file)
        except BlockingIOError:
            file.seek(0)
            by = file.read(20).decode("ascii", "replace").strip()
            file.close()
            raise BusyError(place, by) from None
        except OSError:  # a file system without locks
            file.close()
            return None
        try:
            ours = os.fstat(file.fileno()).st_ino == path.stat().st_ino
        except OSError:
            ours = False
        if ours:
            break
        file.close()  # the run before has removed it since it was opened
    with suppress(OSError):
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
    return file


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(64)  # beyond what is written: another process may read that
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(errno.EWOULDBLOCK, str(error)) from None
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def _told(place: Path) -> Iterator[None]:
    """Errors of libraries that write files, told as the system's."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise _as_system(error, place) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _WRITERS:
            raise
        raise _as_system(error, place) from error


def _as_system(error: Exception, place: Path) -> OSError:
    """An error with a number and a path; whether the disk is full is asked of it where the library does not say."""
    number = getattr(error, "errno", None) or errno.EIO
    if number == errno.EIO:
        with suppress(OSError):
            if shutil.disk_usage(place.parent).free < 1 << 16:
                number = errno.ENOSPC
    words = getattr(error, "strerror", None)
    if not isinstance(words, Said):
        words = os.strerror(number) if number != errno.EIO else foreign(str(error).strip().partition("\n")[0])
    return OSError(number, words, str(place))
