"""A child process that judges inputs, so that one at which the process dies or hangs is found and counted."""

from __future__ import annotations

import multiprocessing
import os
import resource
from multiprocessing.connection import Connection
from typing import Any

from tests.fuzz.judge import Outcome

MEMORY = 8 * 2**30
"""Bytes of address space of the child: who asks for more gets a MemoryError instead of the machine's last memory."""
LIMIT = 30.0
"""Seconds for one input; they take some hundredths of a second, on a loaded machine tenths."""


def work(pipe: Connection) -> None:
    """Judge what comes until nothing comes."""
    from tests.fuzz.judge import cases, judge

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
        pipe.send("")  # from here on the clock runs
        pipe.send(judge(*asked))


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
        self.process = context.Process(target=work, args=(there,), daemon=True)
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
            if unsound := self.pipe.recv():
                raise RuntimeError(unsound)
            if self.pipe.poll(self.limit):
                outcome: Outcome = self.pipe.recv()
                return outcome
            died = f"hung: {self.limit:g} seconds are over"
        except EOFError:
            self.process.join()
            died = f"the process died: exit {self.process.exitcode}"
        self.stop()
        return Outcome(number, "?", "failed", self.limit, died)
