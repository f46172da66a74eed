"""Code blocks of the manual, read and run as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language (``sh``, ``python``, ``text``, …) and what it holds."""

    lang: str
    text: str


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a Markdown file, in order."""
    return [Block(*match) for match in FENCE.findall(path.read_text(encoding="utf-8"))]


def run(block: Block, folder: Path) -> str:
    """Run a ``sh`` or ``python`` block in a folder with this environment's commands; its stdout."""
    command = ["bash", "-euo", "pipefail", "-c"] if block.lang == "sh" else [sys.executable, "-c"]
    bin_folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        [*command, block.text],
        cwd=folder,
        env={**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{block.text}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def like(shown: str, got: str) -> bool:
    """Whether an output is what the manual shows; ``…`` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, got.strip(), re.DOTALL) is not None
