"""Damage to files that are more than text: within the pages, records, parts and columns of their format."""

# ruff: noqa: E501 - lists of odd things read as tables

from __future__ import annotations

import datetime
import decimal
import io
import json
import re
import sqlite3
import struct
import zipfile
from contextlib import closing, suppress
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz.damage import ODD, Damage, cut, encoded, flip, of_bytes, of_letters, scribble

PAGE = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}
"""Length of the head of a page of a tree of SQLite, by its kind."""


def slack(content: bytes) -> list[tuple[int, int]]:
    """The parts of a SQLite file that hold nothing: in every page what lies between its pointers and its cells."""
    size = int.from_bytes(content[16:18], "big")
    out = []
    for number, start in enumerate(range(0, len(content), size)):
        head = start + (100 if number == 0 else 0)
        if content[head] in PAGE:
            cells, first = struct.unpack(">HH", content[head + 3 : head + 7])
            begin, end = head + PAGE[content[head]] + 2 * cells, start + (first or 65_536)
            if begin < end <= start + size:
                out.append((begin, end))
    return out


SQL = (
    "DROP TABLE gpkg_contents", "DROP TABLE gpkg_geometry_columns", "DROP TABLE gpkg_spatial_ref_sys",
    "DELETE FROM gpkg_contents", "DELETE FROM gpkg_geometry_columns", "DELETE FROM gpkg_spatial_ref_sys",
    "UPDATE gpkg_contents SET data_type = 'attributes'", "UPDATE gpkg_contents SET srs_id = 77",
    "UPDATE gpkg_contents SET table_name = 'nobody'", "UPDATE gpkg_geometry_columns SET column_name = 'nobody'",
    "UPDATE gpkg_geometry_columns SET geometry_type_name = ''", "UPDATE gpkg_geometry_columns SET srs_id = -1",
    "UPDATE gpkg_spatial_ref_sys SET definition = 'PROJCS[\"a\"'", "UPDATE gpkg_spatial_ref_sys SET definition = ''",
    "UPDATE gpkg_spatial_ref_sys SET organization = '', organization_coordsys_id = 4326",
    "UPDATE parcels SET geom = NULL", "UPDATE parcels SET geom = x''", "UPDATE parcels SET geom = 'text'",
    "UPDATE parcels SET geom = x'4750' WHERE fid = 2", "UPDATE parcels SET geom = 1.5 WHERE fid = 1",
    "UPDATE parcels SET parcel_id = NULL", "UPDATE parcels SET parcel_id = 1.5 WHERE fid = 1",
    "UPDATE parcels SET parcel_id = x'ff00' WHERE fid = 1", "UPDATE parcels SET land_class = x'fffe' WHERE fid = 1",
    "UPDATE parcels SET x_height = 'tall' WHERE fid = 1", "UPDATE parcels SET x_height = 9e999",
    "UPDATE parcels SET x_built = 'never' WHERE fid = 1", "UPDATE parcels SET x_built = '0000-00-00' WHERE fid = 1",
    "UPDATE parcels SET x_built = '9999-12-31' WHERE fid = 1", "UPDATE parcels SET x_built = '-4000-01-01' WHERE fid = 1",
    "UPDATE parcels SET fid = -1 WHERE fid = 1", "DELETE FROM parcels", "ALTER TABLE parcels RENAME TO others",
    "ALTER TABLE parcels RENAME COLUMN parcel_id TO id", "ALTER TABLE parcels ADD COLUMN area_ha TEXT DEFAULT 'x'",
    "ALTER TABLE parcels ADD COLUMN area_ha REAL DEFAULT 1e300", "CREATE TABLE more (a)", "PRAGMA user_version = 1",
    "CREATE VIEW v AS SELECT * FROM parcels", "PRAGMA application_id = 0", "DROP TABLE rtree_parcels_geom",
)  # fmt: skip
"""What a program may have made of a GeoPackage that SQLite finds sound."""


def with_spatial(db: sqlite3.Connection) -> None:
    """Give SQLite the functions for which the triggers of the spatial index ask."""
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        db.create_function(name, 1, lambda _: 0)


def _by_sql(content: bytes, sql: str, values: tuple[Any, ...] = ()) -> bytes:
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(content)
        with_spatial(db)
        with suppress(sqlite3.Error), db:
            db.execute(sql, values)
        return db.serialize()


def of_gpkg(rng: Random, content: bytes) -> Damage:
    """Damage to a GeoPackage whose layer is called parcels."""
    kind = rng.random()
    size = int.from_bytes(content[16:18], "big")
    if kind < 0.25:
        return of_bytes(rng, content, "values")
    if kind < 0.35:
        return Damage("header", rng.choice((flip, scribble))(rng, content, 16, 100))
    if kind < 0.65:  # a page as a whole, its head, or its cells
        start = rng.randrange(len(content) // size) * size
        end = start + rng.choice((16, 64, size))
        return Damage("page", rng.choice((flip, flip, scribble))(rng, content, start, end))
    if kind < 0.75:
        begin, end = rng.choice(slack(content))
        return Damage("slack", rng.choice((flip, scribble))(rng, content, begin, end), "values")
    if kind < 0.90:
        blob = _blob(content)
        change = rng.choice((cut, flip, flip, scribble))
        return Damage("shape", _by_sql(content, "UPDATE parcels SET geom = ? WHERE fid = 2", (change(rng, blob),)))
    return Damage("sql", _by_sql(content, rng.choice(SQL)))


def _blob(content: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(content)
        return bytes(db.execute("SELECT geom FROM parcels WHERE fid = 2").fetchone()[0])


NUMBERS = (0, 1, 2, 7, 50, 255, 256, 65_535, 2**24, 2**31 - 1, 2**31, 2**32 - 1)


def of_shp(rng: Random, name: str, content: bytes) -> Damage:
    """Damage to one of the files of a shapefile."""
    kind, suffix = rng.random(), name.rpartition(".")[2]
    # without its .prj or .cpg a layer says less, but is whole
    keeps = "values" if suffix in ("shp", "shx", "dbf") else ""
    if kind < 0.03:
        return Damage(f"no {suffix}", None, keeps)
    if kind < 0.45 or suffix in ("prj", "cpg"):
        done = of_bytes(rng, content, keeps)
        return done._replace(kind=f"{done.kind} {suffix}")
    if kind < 0.75:
        head = {"shp": 160, "shx": 140, "dbf": 200}[suffix]
        return Damage(f"header {suffix}", rng.choice((flip, scribble))(rng, content, 0, head))
    at = rng.choice({"shp": (24, 28, 32, 100, 104, 108, 144, 148, 152), "shx": (24, 28, 32, 100, 104, 108, 112),
                     "dbf": (4, 8, 10, 28, 43, 47, 48, 75, 79)}[suffix])  # fmt: skip
    order = rng.choice("<>")
    number = struct.pack(f"{order}I", rng.choice(NUMBERS))[: rng.choice((1, 2, 4))]
    return Damage(f"count {suffix}", content[:at] + number + content[at + len(number) :])


CELLS = re.compile(rb"<c [^>]*?(?:/>|>.*?</c>)", re.DOTALL)
PARTS = (
    b'<c r="A2"><v>1</v></c>', b'<c r="A0"><v>1</v></c>', b'<c r="ZZZZ9"><v>1</v></c>', b'<c r="XFD1048576"><v>1</v></c>',
    b'<c r="A99999999999"><v>1</v></c>', b'<c r=""><v>1</v></c>', b"<c><v>1</v></c>", b'<c r="B2" t="s"><v>99999</v></c>',
    b'<c r="B2" t="s"><v>-1</v></c>', b'<c r="B2" t="s"><v>x</v></c>', b'<c r="B2" t="d"><v>never</v></c>',
    b'<c r="B2" t="d"><v>2026-13-45T99:00:00</v></c>', b'<c r="B2" t="b"><v>7</v></c>', b'<c r="B2" t="b"><v>x</v></c>',
    b'<c r="B2" t="e"><v>#REF!</v></c>', b'<c r="B2" t="n"><v>1e999</v></c>', b'<c r="B2" t="n"><v>nan</v></c>',
    b'<c r="B2" t="n"><v>x</v></c>', b'<c r="B2" t="zzz"><v>1</v></c>', b'<c r="B2" s="99999"><v>1</v></c>',
    b'<c r="B2" s="-1"><v>1</v></c>', b'<c r="B2"><f>1+1</f></c>', b'<c r="B2"><f>1+1</f><v>2</v></c>',
    b'<c r="B2"><f t="shared" si="9"/><v>2</v></c>', b'<c r="B2"><f t="array" ref="x">1</f><v>2</v></c>',
    b'<c r="B2" t="inlineStr"><is><t></t></is></c>', b'<c r="B2" t="inlineStr"><is></is></c>', b'<c r="B2"><v>' + b"9" * 5_000 + b"</v></c>",
    b'<c r="B2" t="inlineStr"><is><t>' + b"a" * 40_000 + b"</t></is></c>", b'<row r="1048577"/>', b'<row r="-1"><c/></row>', b"<a>" * 5_000,
    b'<mergeCell ref="A1:XFD1048576"/>', b"&amp;", b"&nobody;", b"<![CDATA[", b"<!--", b"</worksheet>", b"\0",
)  # fmt: skip
"""Cells, and what stands in their place, that no program writes, or hardly one."""
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><worksheet>&j;</worksheet>"
)


def parts_of(content: bytes) -> dict[str, bytes]:
    """The parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: dict[str, bytes], rng: Random) -> bytes:
    """Parts as a workbook again."""
    out = io.BytesIO()
    how = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part, how, 1)
    return out.getvalue()


def of_xlsx(rng: Random, content: bytes) -> Damage:
    """Damage to a workbook: to the zip, or to a part of it that is zipped again."""
    kind = rng.random()
    if kind < 0.3:
        return of_bytes(rng, content, "values")
    parts = parts_of(content)
    if kind < 0.34:
        return Damage("zipped again", zipped(parts, rng), "all")
    name = rng.choice(list(parts))
    if kind < 0.38:
        del parts[name]
        return Damage("part gone", zipped(parts, rng))
    if kind < 0.42:
        other = rng.choice(list(parts))
        parts[name], parts[other] = parts[other], parts[name]
        return Damage("parts swapped", zipped(parts, rng))
    if kind < 0.60:
        done = of_bytes(rng, parts[name])
        parts[name] = done.content or b""
        return Damage(f"part {done.kind}", zipped(parts, rng))
    if kind < 0.72:
        parts[name] = of_letters(rng, parts[name].decode()).encode()
        return Damage("part letters", zipped(parts, rng))
    if kind < 0.74:
        parts[name] = BOMB
        return Damage("entities", zipped(parts, rng))
    sheets = [each for each in parts if each.startswith("xl/worksheets/") and CELLS.search(parts[each])]
    name = rng.choice(sheets)
    cells = list(CELLS.finditer(parts[name]))
    one, other = rng.choice(cells), rng.choice(cells)
    instead = rng.choice(PARTS) if rng.random() < 0.6 else other[0]
    if rng.random() < 0.3:
        odd = rng.choice(ODD).encode(errors="replace").replace(b"&", b"&amp;").replace(b"<", b"&lt;")
        reference = re.search(rb'r="\w+"', one[0])
        where = reference[0] if reference else b""
        instead = b"<c " + where + b' t="inlineStr"><is><t>' + odd + b"</t></is></c>"
    parts[name] = parts[name][: one.start()] + instead + parts[name][one.end() :]
    return Damage("cells", zipped(parts, rng))


JSON = (
    "null", "true", "0", "-1", "1e999", "-1e999", "1e300", "NaN", "-Infinity", "1e8", "38500000", "181", "-91", "[]", "{}", "[[]]", "[[[]]]", "[null]", '""',
    "9" * 25, "9" * 5_000, "[" * 3_000, "[" * 200 + "]" * 200, '{"a":' * 600 + "1" + "}" * 600, '"\\ud800"', '"\\u0000"', '"Point"', '"MultiPolygon"',
    '"LineString"', '"GeometryCollection"', '"Feature"', '{"type":"Polygon","coordinates":[]}', '{"type":"Point","coordinates":[1,2]}', "[0]", "[0,1]", "[0,1,2,3,4]",
    '{"type":"GeometryCollection","geometries":[]}', '{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,0]]]}', '{"type":"Polygon","coordinates":[[[0,0]]]}',
    '{"type":"name","properties":{"name":"EPSG:0"}}', '{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}', '"' + "a" * 70_000 + '"',
)  # fmt: skip
"""What nobody expects at a place of a GeoJSON file, or hardly anybody."""
MARK = "\0here\0"


def _places(held: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON document: what holds it, and its key or position there."""
    pairs = list(held.items()) if isinstance(held, dict) else list(enumerate(held)) if isinstance(held, list) else []
    return [(held, key) for key, _ in pairs] + [place for _, each in pairs for place in _places(each)]


def of_geojson(rng: Random, content: bytes) -> Damage:
    """Damage to a GeoJSON file: to its letters, or to a place of the document."""
    text, kind = content.decode(), rng.random()
    if kind < 0.3:
        return of_bytes(rng, content, "values")
    if kind < 0.40:
        return Damage("letters", of_letters(rng, text).encode())
    if kind < 0.44:
        return Damage("encoding", encoded(rng, text))
    document = json.loads(text)
    if kind < 0.50:
        same = (json.dumps(document, indent=1), json.dumps(document, separators=(",", ":")), text.replace("\n", "\r\n"))
        return Damage("written again", rng.choice(same).encode(), "all")
    if kind < 0.75:  # a feature or the frame round them, down to the corners
        holder, key = rng.choice(_places(document))
    else:  # the corners are many: of other places one as often
        holder, key = rng.choice([each for each in _places(document) if isinstance(each[0], dict)])
    if kind < 0.92:
        holder[key] = MARK
        return Damage("places", json.dumps(document).replace(json.dumps(MARK), rng.choice(JSON)).encode())
    if isinstance(holder, dict) and rng.random() < 0.5:
        holder[rng.choice(("type", "features", "geometry", "coordinates", "id", "地名", ""))] = holder.pop(key)
    else:
        del holder[key]
    return Damage("keys", json.dumps(document).encode())


def of_wal(rng: Random, name: str, content: bytes) -> Damage:
    """Damage to a GeoPackage into which another program is writing, or to the log of what it has written."""
    which = "log" if name.endswith("-wal") else "file"
    if which == "log" and rng.random() < 0.05:
        return Damage("no log", None)
    if rng.random() < 0.3:
        return Damage(f"header of the {which}", rng.choice((flip, scribble))(rng, content, 0, 100))
    done = of_bytes(rng, content)
    return done._replace(kind=f"{done.kind} of the {which}")


def of_tif(rng: Random, content: bytes) -> Damage:
    """Damage to a GeoTIFF: anywhere, or to a part of an entry of its directory."""
    kind = rng.random()
    if kind < 0.4:
        return of_bytes(rng, content, "values")
    order = "<" if content[:2] == b"II" else ">"
    start = struct.unpack(f"{order}I", content[4:8])[0]
    count = struct.unpack(f"{order}H", content[start : start + 2])[0]
    if kind < 0.6:
        return Damage("directory", rng.choice((flip, scribble))(rng, content, start, start + 2 + 12 * count))
    at = start + 2 + 12 * rng.randrange(count) + rng.choice((0, 2, 4, 8, 8))
    number = struct.pack(f"{order}I", rng.choice(NUMBERS))
    number = number[: rng.choice((1, 2, 4))] if order == "<" else number[-rng.choice((1, 2, 4)) :]
    return Damage("count", content[:at] + number + content[at + len(number) :])


def _columns(size: int) -> list[pa.Array]:
    """Columns of kinds that a table of a study does not have."""

    def of(value: Any, kind: pa.DataType) -> pa.Array:
        return pa.array([value] * size, kind)

    stamp = datetime.datetime(2026, 1, 1, 12)
    return [
        of([1.0], pa.list_(pa.float64())), of([], pa.list_(pa.string())), of([["a"]], pa.list_(pa.list_(pa.string()))),
        of({"a": 1}, pa.struct([("a", pa.int64())])), of([("a", 1)], pa.map_(pa.string(), pa.int64())), of(None, pa.null()),
        of(stamp, pa.timestamp("ns", tz="Asia/Shanghai")), of(2**62, pa.timestamp("s")), of(-(2**62), pa.timestamp("us")),
        of(2**30, pa.date32()), of(stamp.date(), pa.date64()), of(stamp.time(), pa.time64("us")), of(5, pa.duration("s")), of(2**62, pa.duration("s")),
        of(decimal.Decimal("1.50"), pa.decimal128(9, 2)), of(decimal.Decimal("9" * 38), pa.decimal128(38, 0)),
        of(b"\xff\0", pa.binary()), of(b"01", pa.binary()), of(b"\xff\0\xff", pa.binary(3)), of(2**64 - 1, pa.uint64()), of(True, pa.bool_()),
        of(float("inf"), pa.float64()), of(float("nan"), pa.float32()), of(1e300, pa.float64()), of(None, pa.string()), of("x", pa.large_string()),
        of("a\0b", pa.string()), of("\ufeff", pa.string()), of(None, pa.int64()), of(1, pa.int8()), of("01", pa.dictionary(pa.int8(), pa.string())),
        pa.Array.from_buffers(pa.string(), size, [None, pa.array(range(0, 2 * size + 2, 2), pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe" * size)]),
    ]  # fmt: skip


def of_parquet(rng: Random, content: bytes) -> Damage:
    """Damage to a parquet file: to its bytes, its tail of metadata, or the kinds of its columns."""
    kind = rng.random()
    if kind < 0.35:
        return of_bytes(rng, content, "values")
    tail = int.from_bytes(content[-8:-4], "little") + 8
    if kind < 0.60:
        change = rng.choice((flip, flip, scribble))
        return Damage("metadata", change(rng, content, len(content) - tail, len(content)))
    if kind < 0.70:
        return Damage("data", rng.choice((flip, scribble))(rng, content, 4, len(content) - tail))
    table = pq.read_table(io.BytesIO(content))
    at, meta = rng.randrange(table.num_columns), dict(table.schema.metadata or {})
    if kind < 0.92:
        column = rng.choice(_columns(table.num_rows))
        table = table.set_column(at, table.column_names[at], column)
    elif kind < 0.94:
        table = table.append_column(table.column_names[at], table.column(at))
    elif kind < 0.97 and meta:
        key = rng.choice(list(meta))
        table = table.replace_schema_metadata({**meta, key: rng.choice((cut, flip, scribble))(rng, meta[key])})
    else:
        how = {"compression": rng.choice(("zstd", "none", "gzip", "brotli")), "use_dictionary": rng.random() < 0.5}
        out = io.BytesIO()
        pq.write_table(table, out, **how)
        return Damage("written again", out.getvalue(), "all")
    out = io.BytesIO()
    try:
        pq.write_table(table, out)
    except pa.ArrowException:  # what parquet does not hold either
        return of_bytes(rng, content, "values")
    return Damage("columns", out.getvalue())
