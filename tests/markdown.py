"""Code blocks of the manual, read and run as a reader would."""

from __future__ import annotations

import io
import math
import os
import re
import shlex
import subprocess
import sys
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from zonevest.cli import app

SAID = ' 2>&1 || echo "exit code $?"'
DECIMAL = r"[−-]?\d[\d,]*\.\d+"
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language (``sh``, ``python``, ``text``, …) and what it holds."""

    lang: str
    text: str


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a Markdown file, in order."""
    return [Block(*match) for match in FENCE.findall(path.read_text(encoding="utf-8"))]


def commands(text: str) -> list[str] | None:
    """The lines of a ``sh`` block without their comments, where all of them are plain calls of `zonevest`.

    A call that is meant to fail is followed by `SAID`.
    """
    lines = [line.partition("  #")[0].rstrip() for line in text.splitlines()]
    plain = [line.removesuffix(SAID) for line in lines]
    return lines if all(re.fullmatch(r"zonevest [\w .=/,-]+", line) for line in plain) else None


def run(block: Block, folder: Path) -> str:
    """Run a ``sh`` or ``python`` block in a folder with this environment's commands; its stdout.

    Plain calls of `zonevest`, and Python, run in this process: a new one loads all libraries anew (2 s each time).
    """
    plain = commands(block.text) if block.lang == "sh" else None
    with chdir(folder):
        if block.lang == "python":
            with redirect_stdout(io.StringIO()) as out:
                exec(compile(block.text, "<block>", "exec"), {"__name__": "__main__"})
            return out.getvalue()
        return in_shell(block.text) if plain is None else "".join(map(called, plain))


def called(line: str) -> str:
    """What a call of `zonevest` prints; it must be done, or else say its exit code."""
    words = shlex.split(line.removesuffix(SAID))[1:]
    done = CliRunner().invoke(app, words, prog_name="zonevest", catch_exceptions=False)
    if line.endswith(SAID) and done.exit_code:
        return f"{done.output}exit code {done.exit_code}\n"
    assert done.exit_code == 0, f"{line}\nexit {done.exit_code}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def in_shell(text: str) -> str:
    """The stdout of commands that bash runs where we are, with this environment's commands."""
    bin_folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        env={**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{text}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def like(shown: str, got: str) -> bool:
    """Whether an output is what the manual shows.

    ``…`` stands for anything; a number with decimals may be a hundredth off, as a solver's gap allows, and columns as
    broad as their numbers make them. Whole numbers and words are exact.
    """
    pattern, numbers = "", list[float]()
    for part in re.split(rf"(…|{DECIMAL}|  +)", shown.strip()):
        if re.fullmatch(DECIMAL, part):
            numbers.append(_value(part))
            pattern += f"({DECIMAL})"
        else:
            pattern += ".*?" if part == "…" else "  +" if re.fullmatch("  +", part) else re.escape(part)
    found = re.fullmatch(pattern, got.replace("\xa0", " ").strip(), re.DOTALL)
    return found is not None and all(
        math.isclose(_value(text), number, rel_tol=0.01, abs_tol=1e-6)
        for text, number in zip(found.groups(), numbers, strict=True)
    )


def _value(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))
