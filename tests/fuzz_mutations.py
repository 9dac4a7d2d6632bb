"""Damage to files, by kind: to bytes, to text, to the grid of cells, to the members of a workbook."""

from __future__ import annotations

import gzip
import io
import random
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from fuzz_seeds import SEEDS, Seed, as_csv, grid, packed, raw, write

Rows = list[list[str]]
Rng = random.Random

TOKENS = (
    b'"', b'""', b'"\n', b",", b",,,", b";", b"\t", b"|", b"\r", b"\n", b"\r\n", b"\n\n", b"\0",
    b"\0\0\0\0", b"\x1a", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80", b"\xc2\xa0", b"\xe2\x80\x8b", b"\xe2\x80\xae", b"'", b"=1+1", b"\\", b"\x85",
    b"\xe2\x80\xa8", b"\x0b", b"\x0c", b"\x1c", b"<html>", b"PK\x03\x04", b"1e309", b"-",
)  # fmt: skip
WORDS = (
    "NA", "N/A", "None", "null", "nan", "inf", "-inf", "1e309", "1E5", "007", "0", "6", "-1", "3.5", "3,5",
    "3.0", "03", "+3", "3.", "1,234", "1.234", "99", "-99", "999", "-9", "9007199254740993", "1" * 400,
    "0x3", "3e0", "1_0", "TRUE", "yes", "01-Feb", "2-Mar", "45000", "45000.5", "01/02/2025", "13/02/2025",
    "2025-02-30", "2025-10-03T10:00:00Z", "2025-10-03 25:61", "9999-12-31", "0001-01-01", "1899-12-31",
    "3 Oct 2025", "#REF!", "#N/A", "#VALUE!", "=1+1", "=cmd|' /C calc'!A0", "@x", "\u0663", "\uff13",
    "\u00b3", "\u2462", "3\u00a0", " 3", "3 ", "\u200b3", "\u202e3", "3\u0301", "\u00c3\u00a9", "caf\u00e9",
    "cafe\u0301", "\ud83d\ude00"[:1], "\U0001f600", "never", "NEVER", "Never ", "Nevr", "Sometimes.",
    "Always - or so", "Always \u2014 or so", "Often/Always", "prefer not to say", "3 - Sometimes",
    "3 Sometimes", "", " ", "\u00a0", "\t", "test", "preview", "a,b", 'a"b', "a\nb", "a\r\nb", "\0",
    "\ufeff", "\ufffd", "x" * 40_000,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A damaged file: the export it was, what was done to it, and the bytes."""

    seed: Seed
    kind: str
    content: bytes


# Bytes: any format.


def _span(rng: Rng, content: bytes, most: int = 200) -> tuple[int, int]:
    begin = rng.randrange(len(content) + 1)
    return begin, min(len(content), begin + rng.randint(1, most))


def flip_bits(rng: Rng, content: bytes) -> bytes:
    found = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8]) if found else 0):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def set_bytes(rng: Rng, content: bytes) -> bytes:
    found = bytearray(content)
    for _ in range(rng.choice([1, 1, 4]) if found else 0):
        found[rng.randrange(len(found))] = rng.choice([0, 10, 13, 32, 34, 44, 45, 48, 57, 127, 128, 255])
    return bytes(found)


def delete(rng: Rng, content: bytes) -> bytes:
    begin, end = _span(rng, content, rng.choice([1, 1, 10, 200]))
    return content[:begin] + content[end:]


def insert_token(rng: Rng, content: bytes) -> bytes:
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(content) + 1)
        content = content[:at] + rng.choice(TOKENS) + content[at:]
    return content


def insert_noise(rng: Rng, content: bytes) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.randbytes(rng.choice([1, 4, 64])) + content[at:]


def repeat_block(rng: Rng, content: bytes) -> bytes:
    begin, end = _span(rng, content, 400)
    return content[:end] + content[begin:end] * rng.choice([1, 1, 20]) + content[end:]


def move_block(rng: Rng, content: bytes) -> bytes:
    begin, end = _span(rng, content)
    rest = content[:begin] + content[end:]
    at = rng.randrange(len(rest) + 1)
    return rest[:at] + content[begin:end] + rest[at:]


def truncate(rng: Rng, content: bytes) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def pad(rng: Rng, content: bytes) -> bytes:
    tail = rng.choice(
        [b"\0" * rng.choice([1, 512]), b" " * 100, b"\n" * rng.choice([1, 100]), b"\x1a", b",,,,\n"]
    )
    return content + tail if rng.random() < 0.7 else tail + content


def twice(rng: Rng, content: bytes) -> bytes:
    return content * rng.choice([2, 3])


def zero_block(rng: Rng, content: bytes) -> bytes:
    begin, end = _span(rng, content, rng.choice([1, 16, 512]))
    return content[:begin] + bytes(end - begin) + content[end:]


def another_format(rng: Rng, content: bytes) -> bytes:
    other = rng.choice([seed for seed in SEEDS.values() if not seed.target])
    return rng.choice(
        [
            raw(other)[other.file], gzip.compress(content, mtime=0), packed({"a.csv": content}), b"", b"\n",
            b"\xef\xbb\xbf", b"<!DOCTYPE html><html><body><form>Sign in</form></body></html>",
            b"%PDF-1.4\n", b"PAR1" + content, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            b'{"a": [1, 2]}', b"\x80\x04\x95\x0c\x00", rng.randbytes(500),
        ]
    )  # fmt: skip


# Text: CSV only.


def encoding(rng: Rng, content: bytes) -> bytes:
    """The text in another encoding, with a byte order mark or without, or decoded wrongly on its way."""
    text = content.decode("utf-8", "replace")
    text = text if rng.random() < 0.5 else text.replace("o", "\u00f6")
    name = rng.choice(
        [
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "utf-32",
            "cp1252",
            "latin-1",
            "mac-roman",
            "utf-7",
            "cp037",
            "utf-8-sig",
            "wrong",
        ]
    )
    if name == "wrong":
        return content.decode("latin-1").encode()
    return text.encode(name, "replace")


def delimiter(rng: Rng, content: bytes) -> bytes:
    return content.replace(
        b",", rng.choice([b";", b"\t", b"|", b":", b", ", b" ", b"\xe2\x80\x9a"]), rng.choice([-1, -1, 1, 20])
    )


def line_ends(rng: Rng, content: bytes) -> bytes:
    if rng.random() < 0.5:
        return content.replace(
            b"\n",
            rng.choice([b"\r\n", b"\r", b"\n\r", b"\n\n", b"\r\r\n", b"\xe2\x80\xa8", b"\x85", b"\x0b"]),
        )
    return b"".join(rng.choice([b"\r\n", b"\r", b"\n"]) if c == 10 else bytes([c]) for c in content)


def quotes(rng: Rng, content: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    done = rng.choice(
        [
            lambda: text.replace('"', "'"), lambda: text.replace('"', ""), lambda: text.replace('"', '""'),
            lambda: text.replace('""', '\\"'), lambda: text.replace('"', "\u201d"),
            lambda: text.replace(",", '","'), lambda: re.sub(r"(?m)^", '"', text),
            lambda: re.sub(r"([^,\n]+)", r'"\1"', text), lambda: text.replace('"', '"', 1)[::-1],
        ]
    )()  # fmt: skip
    return done.encode("utf-8", "replace")


# The grid: any format; the file is written anew.


def _place(rng: Rng, rows: Rows) -> tuple[int, int]:
    row = rng.randrange(1, len(rows))
    return row, rng.randrange(len(rows[row]))


def odd_cells(rng: Rng, rows: Rows) -> Rows:
    for _ in range(rng.choice([1, 1, 3, 12])):
        row, column = _place(rng, rows)
        rows[row][column] = rng.choice(WORDS)
    return rows


def odd_column(rng: Rng, rows: Rows) -> Rows:
    _, column = _place(rng, rows)
    word = rng.choice(WORDS)
    for row in rows[1:]:
        row[column] = word if rng.random() < 0.8 else row[column]
    return rows


def swap_cells(rng: Rng, rows: Rows) -> Rows:
    (row, column), (other_row, other) = _place(rng, rows), _place(rng, rows)
    one, two = rows[row][column], rows[other_row][other]
    rows[row][column], rows[other_row][other] = two, one
    return rows


def respell(rng: Rng, rows: Rows) -> Rows:
    """Cells in another spelling: case, blanks, normal forms, invisible signs, look-alikes."""
    done: list[Callable[[str], str]] = [
        str.upper, str.title, lambda x: f" {x}", lambda x: f"{x}\u00a0", lambda x: f"{x}\u200b",
        lambda x: unicodedata.normalize("NFD", x), lambda x: x.replace("a", "\u0430"), lambda x: x[::-1],
        lambda x: x[:5], lambda x: x + x, lambda x: x.replace(" ", "  "),
        lambda x: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in x), lambda x: f"{x}.0",
        lambda x: f"00{x}",
    ]  # fmt: skip
    change = rng.choice(done)
    row, column = _place(rng, rows)
    for place in range(1, len(rows)) if rng.random() < 0.5 else [row]:
        rows[place][column] = change(rows[place][column])
    return rows


def header(rng: Rng, rows: Rows) -> Rows:
    """Header names swapped, repeated, blank, respelt, or a data row in their place."""
    one, other = rng.randrange(len(rows[0])), rng.randrange(len(rows[0]))
    name = rows[0][one]
    choice = rng.randrange(7)
    if choice == 0:
        rows[0][one], rows[0][other] = rows[0][other], name
    elif choice == 1:
        rows[0][other] = name
    elif choice == 2:
        rows[0][one] = rng.choice(
            ["", " ", "Unnamed: 3", "__proto__", "index", "row", "x" * 3000, *WORDS[:20]]
        )
    elif choice == 3:
        rows[0][one] = rng.choice(
            [
                name.upper(),
                f" {name}",
                f"{name}\u00a0",
                name.replace("_", "-"),
                f"{name}\n",
                f"{name}.1",
                f"\ufeff{name}",
            ]
        )
    elif choice == 4:
        del rows[0]
    elif choice == 5:
        rows.insert(rng.choice([0, 1]), list(rng.choice(rows)))
    else:
        rows.insert(0, ["Export of the survey", *[""] * (len(rows[0]) - 1)])
    return rows


def columns(rng: Rng, rows: Rows) -> Rows:
    """Columns shuffled, repeated, dropped or added in all rows."""
    width = min(map(len, rows))
    order = list(range(width))
    choice = rng.randrange(4)
    if choice == 0:
        rng.shuffle(order)
    elif choice == 1:
        order.insert(rng.randrange(width + 1), rng.randrange(width))
    elif choice == 2:
        del order[rng.randrange(width)]
    taken = [[row[n] for n in order] for row in rows]
    if choice == 3:
        taken = [[*row, rng.choice(WORDS) if n else "added"] for n, row in enumerate(rows)]
    return taken


def lines(rng: Rng, rows: Rows) -> Rows:
    """Rows dropped, repeated, blank, shuffled or all gone."""
    row = rng.randrange(1, len(rows))
    choice = rng.randrange(6)
    if choice == 0:
        del rows[row]
    elif choice == 1:
        rows.insert(rng.randrange(1, len(rows) + 1), list(rows[row]))
    elif choice == 2:
        rows.insert(row, [""] * len(rows[0]))
    elif choice == 3:
        rest = rows[1:]
        rng.shuffle(rest)
        return [rows[0], *rest]
    elif choice == 4:
        return rows[: rng.choice([1, 2])]
    else:
        rows[row] = [cell if rng.random() < 0.5 else rng.choice(WORDS) for cell in rows[row]]
    return rows


def widths(rng: Rng, rows: Rows) -> Rows:
    """Cells more or fewer in some rows (CSV only: the others pad)."""
    for _ in range(rng.choice([1, 1, 4])):
        row, column = _place(rng, rows)
        if rng.random() < 0.5 and len(rows[row]) > 1:
            del rows[row][column]
        else:
            rows[row].insert(column, rng.choice(["", "", "3", rng.choice(WORDS)]))
    return rows


# The members of a workbook.


XML = (
    (rb't="n"', b't="s"'), (rb't="n"', b't="d"'), (rb't="n"', b't="b"'), (rb't="n"', b't="e"'),
    (rb't="s"', b't="inlineStr"'), (rb"<v>", b"<v>-"), (rb"<v>(\d+)</v>", rb"<v>\g<1>.0000000001</v>"),
    (rb"<v>(\d+)</v>", rb"<f>1+1</f><v>\g<1></v>"), (rb"<v>(\d+)</v>", rb"<v>99999</v>"),
    (rb'r="[A-Z]+(\d+)"', rb'r="A\g<1>"'), (rb' r="[A-Z]+\d+"', b""), (rb'r="B', b'r="XFD'),
    (rb'<row r="\d+"', b"<row"), (rb'<row r="3"', b'<row r="1048576"'), (rb'<row r="3"', b'<row r="2"'),
    (rb"<dimension[^>]*>", b'<dimension ref="A1:XFD1048576"/>'), (rb"<dimension[^>]*>", b""),
    (rb"<sheetData>", b'<mergeCells><mergeCell ref="A1:B2"/></mergeCells><sheetData>'),
    (rb'<row r="4"', b'<row hidden="1" r="4"'),
    (rb"\?>", b'?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'),
    (rb"<t>", b"<t>&#0;"), (rb"<t>", b"<t xml:space='preserve'> "), (rb"<t>", b"<t>_x0000_"),
    (rb"<si>", b"<si><r><t>x</t></r>"), (rb"sheet1", b"sheet2"), (rb'state="visible"', b'state="hidden"'),
    (rb"UTF-8", b"UTF-16"), (rb'count="\d+"', b'count="999999999"'), (rb"<c ", b'<c s="99999" '),
)  # fmt: skip


def zip_members(rng: Rng, content: bytes) -> bytes:
    """Members of the archive changed in bytes or words, dropped, renamed, or packed once more."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            members = {name: book.read(name) for name in book.namelist()}
    except Exception:
        return insert_noise(rng, content)
    name = rng.choice([*members, *[n for n in members if "sheet1" in n or "sharedStrings" in n] * 4])
    choice = rng.randrange(7)
    if choice in (0, 1, 2):
        old, new = rng.choice(XML)
        members[name] = re.sub(old, new, members[name], count=rng.choice([0, 1, 3]))
    elif choice == 3:
        members[name] = rng.choice(BYTES)(rng, members[name])
    elif choice == 4:
        del members[name]
    elif choice == 5:
        members[rng.choice(["../../x", name.upper(), "x" * 300, "xl/vbaProject.bin", "EncryptedPackage"])] = (
            members.pop(name)
        )
    else:
        members["xl/media/a.xlsx"] = rng.choice([content, bytes(30_000_000)])
    return packed(members)


BYTES = (
    flip_bits, set_bytes, delete, insert_token, insert_noise, repeat_block, move_block, truncate, pad,
    twice, zero_block, another_format,
)  # fmt: skip
TEXT = (encoding, delimiter, line_ends, quotes)
GRID = (odd_cells, odd_cells, odd_column, swap_cells, respell, header, columns, lines)


def made(number: int, seed: int) -> Case:
    """The case ``number`` of the run ``seed``: one kind of damage or, one time in four, several."""
    rng = random.Random(f"{seed}:{number}")  # noqa: S311
    of = rng.choice([*SEEDS.values(), SEEDS["csv"], SEEDS["qualtrics"], SEEDS["jisc"], SEEDS["xlsx"]])
    rows = [*map(list, grid(of))]
    on_grid = [*GRID, *([widths] if of.form == "csv" else [])]
    on_bytes = [
        *BYTES,
        *(TEXT if of.form == "csv" else ()),
        *([zip_members] * 8 if of.form == "xlsx" else ()),
    ]
    several = rng.random() < 0.25
    chosen = rng.sample(on_grid, rng.randint(1, 2)) if several or rng.random() < 0.5 else []
    chosen.sort(key=lambda change: change is widths)  # the others want rows of one width
    for change in chosen:
        rows = change(rng, rows) if len(rows) > 1 and all(rows) else rows
    try:
        content = write(rows, of.form)
    except Exception:  # a library that refuses to write such cells; its export is damaged below
        content, chosen = write(grid(of), of.form), []
    later = (
        rng.sample(on_bytes, rng.randint(0 if chosen else 1, 2))
        if several
        else []
        if chosen
        else [rng.choice(on_bytes)]
    )
    for damage in later:
        content = damage(rng, content)
    kind = "several" if several else (*chosen, *later)[0].__name__.replace("_", " ")
    return Case(of, kind, content)


def sound(name: str) -> Case:
    """An export as it is."""
    of = SEEDS[name]
    return Case(of, "none", as_csv(grid(of)) if of.form == "csv" else raw(of)[of.file])
