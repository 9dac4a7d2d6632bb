"""Which columns of a raw file hold personal data that nobody needs; and what stands in place of an id?

In: the cells of a file, what the study uses and drops of it; ids and the study's secret key. Out: a problem
for each column with names, contacts, places or the like; pseudonyms. No cell ever stands in a problem.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from outcomes.errors import Problem, in_file, nearest

KEY_BYTES = 32
"""Bytes of a secret key; HMAC-SHA256 gains nothing from more (RFC 2104, section 3)."""

_PSEUDONYM_BYTES = 20
_LOOKED_AT = 2000

_PHRASES = {
    "names": ("first name", "last name", "family name", "given name", "middle name", "maiden name",
        "full name", "your name", "legal name", "preferred name", "surname", "forename", "student name",
        "mentee name", "mentor name", "participant name", "respondent name", "recipient name", "parent name"),
    "e-mail addresses": ("email address", "e mail address"),
    "IP addresses": ("ip address",),
    "dates of birth": ("date of birth", "dob", "birth date", "birthdate", "birthday"),
    "postcodes": ("postcode", "post code", "postal code", "zip code"),
    "phone numbers": ("phone number", "telephone number", "mobile number", "phone no", "telephone no"),
    "addresses": ("home address", "postal address", "street address", "term time address", "your address"),
    "places": ("location latitude", "location longitude"),
    "official numbers": ("national insurance number", "nhs number", "passport number"),
}  # fmt: skip
"""Kind of personal data to the words that name it wherever they stand in a header or a question."""

_LAST_WORDS = {
    "e-mail addresses": ("email", "emails", "e mail"),
    "phone numbers": ("phone", "telephone", "mobile", "tel"),
    "addresses": ("address",),
    "places": ("latitude", "longitude", "geolocation"),
}
"""Words that name it at the end of a header of at most three words, and may mean anything in a sentence."""

_WHOLE = {
    "names": ("name", "names"),
    "places": ("lat", "lon", "lng", "long", "location"),
    "IP addresses": ("ip",),
}
"""Headers that name it when they stand alone."""

_E_MAIL = re.compile(r"(?:mailto:)?[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
_PHONE = re.compile(
    r"(?:(?:\+|00)440?|0)(?:[1238][0-9]{8,9}|7[0-9]{9})"  # 07..., +44 7...
    r"|7[1-9][0-9]{8}"  # a mobile number that a spreadsheet took for a number
    r"|\+[1-9][0-9]{7,14}"  # E.164
)
_POSTCODE = re.compile(r"([A-Z]{1,2})[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2}")
_AREAS = re.compile(
    "A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]"
    "|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?"
    "|YO|ZE"
)
"""The postcode areas of the UK and the Crown dependencies (ONS), so that other codes aren't taken for one."""
_PLACE = re.compile(r"\(?-?[0-9]{1,2}\.[0-9]{2,}[,; ]\s*-?[0-9]{1,3}\.[0-9]{2,}\)?")
_BLANKED = re.compile(r"[\s*-]*")
"""What stands for a cell that the platform left out: Qualtrics writes asterisks for an anonymised address."""


def personal(
    columns: Mapping[str, pd.Series],
    questions: Mapping[str, str],
    layout: str,
    drop: Collection[str],
    used: Collection[str],
    file: str,
    *,
    ids: Collection[str] = (),
    pseudonyms: bool = True,
) -> list[Problem]:
    """Return a problem for each column of personal data that the study neither uses nor drops.

    ``columns`` holds a file's cells (categorical text) by header, ``questions`` the wording of a column,
    ``layout`` whose export it is; ``used`` are the columns that the study names (closed questions, days), and
    ``ids`` the id columns among them: e-mail addresses there are a warning where ``pseudonyms`` replace them,
    an error where they stay.
    """
    dropped, kept = {_plain(name) for name in drop}, {*used, *ids}
    blanked = {"anonymous"} if layout == "forms" else set()
    found: list[Problem] = []
    for name, cells in columns.items():
        if name in ids:
            found += _named_by_mail(file, name, _filled(cells, blanked), pseudonyms)
        elif name not in kept and _plain(name) not in dropped and len(filled := _filled(cells, blanked)):
            kind = _said(name) or _said(questions.get(name, "")) or _held(filled)
            if kind is not None:
                found.append(_unwanted(file, name, kind))
    return found


def unused_drops(drop: Collection[str], headers: Collection[str], study: str) -> list[Problem]:
    """Return a warning for each column to drop that is in no file; ``headers`` are those of all files."""
    known = {_plain(name): name for name in headers}
    where = f"config/studies/{study}.yaml"
    allowed = "columns that stand in a raw file"
    return [
        in_file(
            "drop-unused", where, f"'{_plain(name)[:60]}' under `drop`, which is in no raw file", allowed,
            nearest(_plain(name), known) or "correct the name or take it out", severity="warning",
        )
        for name in drop
        if _plain(name) not in known
    ]  # fmt: skip


def pseudonyms(ids: pd.Series, secret: bytes, study: str, kind: str = "person") -> pd.Series:
    """Return a pseudonym for each id (string, 32 letters and digits; missing stays missing).

    HMAC-SHA256 (RFC 2104) of the id in NFC under ``secret`` (32 bytes), the first 160 bits in base32. The
    same id has other pseudonyms in another ``study`` and as another ``kind`` (person, mentor), so that nobody
    can be followed from one to the other.
    """
    if len(secret) < KEY_BYTES:
        raise ValueError(f"a key of {len(secret)} bytes")
    places, distinct = pd.factorize(ids)
    said = f"outcomes pseudonym\0{study}\0{kind}\0"
    made = [
        base64.b32encode(mac(secret, said + unicodedata.normalize("NFC", text))[:_PSEUDONYM_BYTES]).decode()
        for text in map(str, distinct)
    ]
    spread = pd.Series([*made, None], dtype="string").take(places)  # a missing id has the place -1
    return spread.set_axis(ids.index)


def mac(secret: bytes, text: str) -> bytes:
    """Return the HMAC-SHA256 of ``text`` in UTF-8."""
    return hmac.digest(secret, text.encode(), "sha256")


def _unwanted(file: str, name: str, kind: str) -> Problem:
    line = json.dumps(" ".join(name.split()), ensure_ascii=False)
    mend = f"add the line `  - {line}` below `drop:` in the study file, or take the column out of the export"
    return in_file(
        "personal-data", file, kind, "no personal data that the study does not use", mend, column=name
    )


def _named_by_mail(file: str, name: str, filled: list[str], replaced: bool) -> Iterator[Problem]:
    if len(filled) and _most(filled, _is_mail):
        mend = "use a code that the scheme gives; with `ids: pseudonyms` no address leaves this stage"
        yield in_file(
            "id-email", file, "e-mail addresses as ids", "ids that say nothing about a person", mend,
            column=name, severity="warning" if replaced else "error",
        )  # fmt: skip


def _filled(cells: pd.Series, blanked: Collection[str]) -> list[str]:
    """Return the distinct filled cells, at most some thousand of them, evenly spread."""
    given = cells.astype("category").cat
    there = np.unique(given.codes.to_numpy())
    there = there[there >= 0]
    step = -(-len(there) // _LOOKED_AT) or 1
    text = [str(cell).strip() for cell in given.categories[there[::step]]]
    return [cell for cell in text if not _BLANKED.fullmatch(cell) and cell not in blanked]


def _said(header: str) -> str | None:
    """Return the kind of personal data that a header or a question names."""
    words = _words(header)
    said = " ".join(words)
    for kind, phrases in _PHRASES.items():
        if any(f" {phrase} " in f" {said} " for phrase in phrases):
            return kind
    for kind, lasts in _LAST_WORDS.items():
        if len(words) <= 3 and any(f" {said}".endswith(f" {last}") for last in lasts):
            return kind
    return next((kind for kind, whole in _WHOLE.items() if said in whole), None)


def _words(header: str) -> list[str]:
    """Return the words of a header in small letters: those of RecipientLastName, IPAddress, q5_e-mail."""
    text = unicodedata.normalize("NFKC", header)
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    words = re.findall(r"[^\W\d_]+", apart.casefold())
    return words[1:] if words[:1] in (["q"], ["qid"]) else words


def _held(filled: list[str]) -> str | None:
    """Return the kind of personal data that most of the cells look like."""
    kinds = {"e-mail addresses": _is_mail, "IP addresses": _is_ip, "phone numbers": _is_phone,
             "postcodes": _is_postcode, "places": _is_place}  # fmt: skip
    return next((kind for kind, looks in kinds.items() if _most(filled, looks)), None)


def _most(filled: list[str], looks: Callable[[str], bool]) -> bool:
    return sum(looks(cell) for cell in filled) * 2 > len(filled)


def _is_mail(cell: str) -> bool:
    return bool(_E_MAIL.fullmatch(cell))


def _is_ip(cell: str) -> bool:
    try:
        ipaddress.ip_address(cell)
    except ValueError:
        return False
    return True


def _is_phone(cell: str) -> bool:
    return bool(_PHONE.fullmatch(re.sub(r"[\s().-]", "", cell)))


def _is_postcode(cell: str) -> bool:
    matched = _POSTCODE.fullmatch(cell.upper())
    return matched is not None and bool(_AREAS.fullmatch(matched[1]))


def _is_place(cell: str) -> bool:
    return bool(_PLACE.fullmatch(cell))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))
