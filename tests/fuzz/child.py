"""A child process that judges inputs, so that one at which the process dies or hangs is found and counted."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from multiprocessing.connection import Connection
from typing import Any

from tests.fuzz.judge import Outcome

MEMORY = 8 * 2**30
"""Bytes of address space of the child: who asks for more gets a MemoryError instead of the machine's last memory."""
LIMIT = 20.0
"""Seconds of computing for one input, which takes some hundredths of a second."""
WAIT = 600.0
"""Seconds for one input by the clock: a process that computes nothing waits for ever (or the machine is busy)."""


def work(pipe: Connection, limit: float) -> None:
    """Judge what comes until nothing comes."""
    from tests.fuzz.judge import cases, judge

    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)  # what libraries in C say of damage
    while True:
        asked: Any = pipe.recv()
        if asked is None:
            return
        try:
            cases(asked[0])
        except Exception as error:
            pipe.send(f"the undamaged files of {asked[0]} are unsound: {error}")
            return
        signal.setitimer(signal.ITIMER_PROF, limit)  # it ends the process, also in the midst of a library in C
        outcome = judge(*asked)
        signal.setitimer(signal.ITIMER_PROF, 0)
        pipe.send(outcome)


class Child:
    """The process, begun again when it has died or has been stopped."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self.process: Any = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process is not None and self.process.is_alive():
            self.pipe.send(None)
            self.process.join(5)
        self.stop()

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        self.process = context.Process(target=work, args=(there, self.limit), daemon=True)
        self.process.start()
        there.close()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
            self.process = None

    def judge(self, reader: str, seed: int, number: int) -> Outcome:
        """What comes of an input, the end of the process included."""
        if self.process is None:
            self.start()
        try:
            self.pipe.send((reader, seed, number))
            died = f"hung: {WAIT:g} seconds are over"
            if self.pipe.poll(WAIT):
                found: Outcome | str = self.pipe.recv()
                if isinstance(found, str):
                    raise RuntimeError(found)
                return found
        except EOFError:
            self.process.join()
            died = f"the process died: exit {self.process.exitcode}"
            if self.process.exitcode == -signal.SIGPROF:
                died = f"hung: {self.limit:g} seconds of computing are over"
        self.stop()
        return Outcome(number, "?", "failed", self.limit, died)
