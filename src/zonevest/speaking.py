"""How a process that works for another speaks to it: a JSON object a line on stdout, for as long as stdin is open."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from typing import IO, Any


class Speaker:
    """What a worker says; stdout is for its lines only, whatever else prints goes to stderr.

    Parameters
    ----------
    heard : is told each line on stdin, in a thread of its own; when stdin closes whoever asked is gone, and so is this
        process.
    """

    def __init__(self, heard: Callable[[str], object] = len) -> None:
        self._stream: IO[str] = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        threading.Thread(target=_listen, args=(heard,), daemon=True).start()

    def tell(self, kind: str, **fields: Any) -> None:
        """Say one line."""
        try:
            self._stream.write(json.dumps({"kind": kind, **fields}) + "\n")
            self._stream.flush()
        except OSError:  # nobody listens any more
            os._exit(1)


def _listen(heard: Callable[[str], object]) -> None:
    for line in os.fdopen(0, encoding="utf-8"):
        heard(line)
    os._exit(1)
