"""A workbook whose bytes depend on its cells alone, not on the clock."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

EPOCH = datetime(2000, 1, 1)


def workbook(rows: Iterable[Sequence[object]], title: str) -> bytes:
    """Return an .xlsx with one sheet called ``title``, which also is the document's title and creator."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(list(row))
    book.properties.title = book.properties.creator = title
    book.properties.created = EPOCH
    written = io.BytesIO()
    book.save(written)
    book.properties.modified = EPOCH  # openpyxl sets it to now as it saves
    return _undated(written, {ARC_CORE: tostring(book.properties.to_tree())})


def _undated(written: io.BytesIO, replaced: dict[str, bytes]) -> bytes:
    """Return the archive with the members in ``replaced`` exchanged and every member dated 1 January 1980."""
    undated = io.BytesIO()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(undated, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, replaced.get(name) or source.read(name))
    return undated.getvalue()
