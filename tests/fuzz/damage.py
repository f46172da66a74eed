"""Damage: what is done to the bytes, lines and cells of a file before it is read. All of it follows from a seed."""

# ruff: noqa: E501 - lists of odd things read as tables

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from random import Random
from typing import NamedTuple


class Damage(NamedTuple):
    """A damaged file.

    Attributes
    ----------
    kind : what was done.
    content : what the file holds now; None if it is gone.
    keeps : what may come of it. ``""``: a fault, or any study that goes round; ``values``: a fault or the study as it
        was, since no value can be told from what is left; ``all``: the study as it was, since nothing is wrong.
    """

    kind: str
    content: bytes | None
    keeps: str = ""


ODD = (
    "", " ", "0", "-0.0", "-1", "1e15", "1e16", "1e400", "-1e400", "nan", "NaN", "inf", "-inf", "1_000", "0x10", "1,5",
    "1.5.2", "１２", "١٢", "²", "Ⅷ", "+", "-", ".", "e", "1e", "9" * 400, "9" * 5_000, "0." + "1" * 400, "TRUE", "false",
    "None", "NULL", "NA", "#N/A", "=1+1", "2026-01-01", "0000-00-00", "24:61", "\u200b", "\ufeff", "\xa0", "\u3000",
    "\0", "\x1b[31m", "\ud7ff", "\U0001f600", "\u202e", "东", ";", ";;", "a;b;;a", "|", "=", "where", "x_", "{name}",
    "{0}", "{", "}", "%s", "\\", "/", "../..", "each", "last", "total", "hold", "a" * 140_000, "(" * 3_000,
    "1" * 20, "9007199254740993", "18446744073709551616", "'", "tenure=", "=a", "class_group:", "class_group:none",
)  # fmt: skip
"""Texts that nobody expects in a cell."""


def cut(rng: Random, content: bytes) -> bytes:
    """Lose the end: somewhere, or (as often) its last bytes."""
    if not content:
        return content
    return content[: rng.randrange(len(content))] if rng.random() < 0.7 else content[: -rng.randint(1, 40)]


def flip(rng: Random, content: bytes, start: int = 0, end: int | None = None) -> bytes:
    """Flip some bits, within a part of the file if one is named."""
    end = len(content) if end is None else min(end, len(content))
    out = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        if end > start:
            out[rng.randrange(start, end)] ^= 1 << rng.randrange(8)
    return bytes(out)


def scribble(rng: Random, content: bytes, start: int = 0, end: int | None = None) -> bytes:
    """Put other bytes in the place of some."""
    end = len(content) if end is None else min(end, len(content))
    at, size = rng.randrange(start, max(end, start + 1)), rng.choice((1, 2, 4, 8, 100, 4096))
    size = min(size, end - at)
    fill = rng.choice((b"\0" * size, b"\xff" * size, b"\x7f" * size, rng.randbytes(size)))
    return content[:at] + fill + content[at + size :]


def insert(rng: Random, content: bytes) -> bytes:
    """Put bytes between others."""
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.randbytes(rng.choice((1, 2, 7, 512))) + content[at:]


def delete(rng: Random, content: bytes) -> bytes:
    """Take bytes out."""
    at = rng.randrange(len(content) + 1)
    return content[:at] + content[at + rng.choice((1, 2, 7, 512)) :]


def repeat(rng: Random, content: bytes) -> bytes:
    """Put some bytes there twice, or many times."""
    at, size = rng.randrange(len(content) + 1), rng.choice((1, 16, 512))
    return content[:at] + content[at : at + size] * rng.choice((2, 2, 50)) + content[at + size :]


def swap(rng: Random, content: bytes) -> bytes:
    """Change two parts of the same size for each other."""
    size = rng.choice((1, 4, 64, 1024))
    if len(content) < 2 * size:
        return content[::-1]
    a = rng.randrange(len(content) - 2 * size + 1)
    b = rng.randrange(a + size, len(content) - size + 1)
    return content[:a] + content[b : b + size] + content[a + size : b] + content[a : a + size] + content[b + size :]


BYTES: tuple[tuple[str, Callable[[Random, bytes], bytes]], ...] = (
    ("flip", flip), ("flip", flip), ("scribble", scribble), ("insert", insert), ("delete", delete),
    ("repeat", repeat), ("swap", swap),
)  # fmt: skip


def of_bytes(rng: Random, content: bytes, of_cut: str = "") -> Damage:
    """Damage to a file of any kind; `of_cut` is what a file without its end keeps."""
    if rng.random() < 0.25:
        return Damage("cut", cut(rng, content), of_cut)
    if rng.random() < 0.02:
        return Damage("other", rng.choice((b"", b"\0" * 4096, b"\n\n", rng.randbytes(2000))), of_cut)
    name, change = rng.choice(BYTES)
    return Damage(name, change(rng, content))


def of_letters(rng: Random, text: str) -> str:
    """Take, repeat, swap or insert letters of a text."""
    at = rng.randrange(len(text) + 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + rng.choice((1, 1, 5)) :]
    if kind == 1:
        return text[:at] + text[at : at + 3] + text[at:]
    if kind == 2:
        return text[:at] + rng.choice("\",;\t\n\r\0[]{}=.#'\\-\ufeff\u2028") + text[at:]
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def of_lines(rng: Random, text: str) -> str:
    """Swap, drop or repeat lines."""
    lines = text.splitlines(keepends=True) or [""]
    a, b, kind = rng.randrange(len(lines)), rng.randrange(len(lines)), rng.randrange(4)
    if kind == 0:
        lines[a], lines[b] = lines[b], lines[a]
    elif kind == 1:
        del lines[a]
    elif kind == 2:
        lines.insert(b, lines[a])
    else:
        lines[a] = lines[a] * rng.choice((2, 300))
    return "".join(lines)


def says_the_same(content: bytes, text: str) -> bool:
    """Whether a text stands whole in bytes that are no UTF-8: who guesses at their letters reads other ones."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return any(_decoded(content, name) == text for name in ("gb18030", "utf-16", "utf-16-le", "utf-32"))
    return False


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError:
        return ""


def encoded(rng: Random, text: str) -> bytes:
    """A text in another encoding."""
    name = rng.choice(("gbk", "gb18030", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift_jis", "utf-7"))
    return text.encode(name, errors="replace")


def table_of(text: str) -> list[list[str]]:
    """The cells of a csv."""
    return list(csv.reader(io.StringIO(text)))


def csv_of(rows: list[list[str]], **how: object) -> str:
    """Cells as a csv."""
    out = io.StringIO()
    csv.writer(out, **{"lineterminator": "\n", **how}).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def of_cells(rng: Random, text: str) -> str:
    """Put odd texts into cells, or change cells, rows and columns about."""
    rows = table_of(text)
    width = len(rows[0])
    a, b, kind = rng.randrange(len(rows)), rng.randrange(len(rows)), rng.randrange(9)
    at, other = rng.randrange(width), rng.randrange(width)
    if kind < 4:
        rows[a if rng.random() < 0.9 else 0][at] = rng.choice(ODD)
    elif kind == 4:
        rows[a][at], rows[b][other] = rows[b][other], rows[a][at]
    elif kind == 5:
        rows = [row[:at] + row[at + 1 :] for row in rows]
    elif kind == 6:
        rows = [[*row, row[at]] for row in rows]
    elif kind == 7:
        rows[a] = rows[a][:at] if rng.random() < 0.5 else [*rows[a], rng.choice(ODD)]
    else:
        rows = [rows[0], *(row for row in rows[1:] for _ in range(rng.choice((0, 1, 2))))]
    return csv_of(rows)


def harmless_csv(rng: Random, text: str) -> bytes:
    """The same table in other words."""
    rows = table_of(text)
    kind = rng.randrange(7)
    if kind == 0:
        return csv_of(rows, quoting=csv.QUOTE_ALL).encode()
    if kind == 1:
        return csv_of(rows, lineterminator="\r\n").encode()
    if kind == 2:
        return csv_of(rows).encode("utf-8-sig")
    if kind == 3:
        return (csv_of(rows) + "\n" * rng.randint(1, 5)).encode()
    if kind == 4:
        order = list(range(len(rows[0])))
        rng.shuffle(order)
        return csv_of([[row[at] for at in order] for row in rows]).encode()
    if kind == 5:
        at = rng.randrange(1, len(rows) + 1)
        return csv_of([*rows[:at], [""] * len(rows[0]), *rows[at:]]).encode()
    return csv_of([[f" {cell} " if cell else cell for cell in row] for row in rows]).encode()


def of_csv(rng: Random, content: bytes) -> Damage:
    """Damage to a csv."""
    text, kind = content.decode(), rng.random()
    if kind < 0.25:
        return of_bytes(rng, content)
    if kind < 0.40:
        return Damage("letters", of_letters(rng, text).encode())
    if kind < 0.50:
        return Damage("lines", of_lines(rng, text).encode())
    if kind < 0.85:
        return Damage("cells", of_cells(rng, text).encode())
    if kind < 0.92:
        coded = encoded(rng, text)
        return Damage("encoding", coded, "values" if says_the_same(coded, text) else "")
    return Damage("harmless", harmless_csv(rng, text), "all")


VALUES = (
    "0", "-1", "1e999", "nan", "-inf", "true", "[]", "{}", '""', '"', "'''", '"""', "2026-01-01", "07:32:00",
    "1979-05-27T07:32:00Z", "9" * 5_000, "0x" + "f" * 5_000, "9" * 25, "[" * 3_000, "[" * 200 + "]" * 200, "[" * 5_000 + "]" * 5_000,
    "{a=" * 300 + "1" + "}" * 300, "{a=" * 3_000 + "1" + "}" * 3_000, '["a", 1, true, []]', '[{}]', "[[1]]", '"\\u0000"', '"\\ud800"', '"' + "a" * 50_000 + '"',
    '"{name}"', '"{"', '"none"', '"cn"', "1_000", "1__0", "+1", "0.1", "1.", ".5", "[1, 2, 3]", '["", " "]', "{en = 1}", '"each"',
)  # fmt: skip
"""Values that nobody expects behind a key."""
HEADS = (
    "[a]", "[[a]]", "[]", "[a", "[a..b]", "[periods]", "[[rates]]", "[rates.finance]", "[[title]]", '[""]',
    "[" + "a." * 3_000 + "a]", "[objective." + "a." * 900 + "a]", "[parcels]", "[[parcels]]", "[lines]", "[study]",
)  # fmt: skip
KEYS = (
    "a", '""', "''", '"a.b"', "a.b", "a..b", "=", "formt", "格式", "a b", '"' + "k" * 5_000 + '"', "a." * 3_000 + "b",
    "a." * 800 + "b", '"{name}"', '"\\u0000"', "name", "x_own",
)  # fmt: skip


def of_toml(rng: Random, content: bytes) -> Damage:
    """Damage to a toml file."""
    text, kind = content.decode(), rng.random()
    if kind < 0.2:
        return of_bytes(rng, content)
    if kind < 0.3:
        return Damage("letters", of_letters(rng, text).encode())
    if kind < 0.4:
        return Damage("lines", of_lines(rng, text).encode())
    if kind < 0.44:
        return Damage("encoding", encoded(rng, text))
    if kind < 0.48:
        same = (text.replace("\n", "\r\n"), "# " + "a" * 1000 + "\n" + text, text.replace(" = ", "="), "\n\n" + text)
        return Damage("harmless", rng.choice(same).encode(), "all")
    lines = text.splitlines()
    keyed = [i for i, line in enumerate(lines) if " = " in line]
    at = rng.choice(keyed)
    key, _, value = lines[at].partition(" = ")
    if kind < 0.8:
        lines[at] = f"{key} = {rng.choice(VALUES)}"
    elif kind < 0.9:
        lines[at] = f"{rng.choice(KEYS)} = {value}"
    else:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(HEADS))
    return Damage("keys", "\n".join(lines).encode("utf-8", errors="surrogatepass"))
