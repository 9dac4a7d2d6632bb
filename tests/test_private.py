"""Personal data that nobody needs stop at the door, column by column; pseudonyms take the place of ids."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.clean.private import mac, personal, pseudonyms, unused_drops
from outcomes.errors import Problem
from outcomes.study.yamltext import parse

FILE = "data/raw/six/start.csv"
KEY = bytes(range(32))
ANSWERS = ("1", "4", "", "3")


def held(
    columns: dict[str, tuple[str, ...]],
    questions: dict[str, str] | None = None,
    layout: str = "plain",
    drop: tuple[str, ...] = (),
    used: tuple[str, ...] = (),
    **ids: object,
) -> list[Problem]:
    """The problems of a file with these columns."""
    cells = {name: pd.Series(pd.Categorical(values)) for name, values in columns.items()}
    return personal(cells, questions or {}, layout, drop, used, FILE, **ids)


HEADERS = {
    "names": ["RecipientLastName", "RecipientFirstName", "Name", "name", "First name", "Surname", "SURNAME",
              "Full Name", "last_name", "Student name", "1. What is your name?", "Your\u00a0name",
              "forename"],
    "e-mail addresses": ["RecipientEmail", "Email", "E-mail", "e-mail address", "Student e-mail",
                         "EMAIL_ADDRESS", "Q5_email"],
    "IP addresses": ["IPAddress", "IP Address", "ip"],
    "places": ["LocationLatitude", "LocationLongitude", "Latitude", "lng", "Location Latitude"],
    "dates of birth": ["DOB", "Date of birth", "date_of_birth", "What is your date of birth?", "Birth date"],
    "postcodes": ["Postcode", "Home post code", "3.1. What is your home postcode?", "postal code"],
    "phone numbers": ["Telephone", "Mobile", "Phone number", "home phone", "What is your mobile number?"],
    "addresses": ["Address", "Home address", "term-time address"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "header"), [(kind, x) for kind, headers in HEADERS.items() for x in headers]
)
def test_a_filled_column_whose_header_names_personal_data_is_refused(kind, header):
    (problem,) = held({"Q1": ANSWERS, header: ("", "x", " ")})
    assert (problem.code, problem.found, problem.is_error) == ("personal-data", kind, True)
    assert problem.column == " ".join(header.split())
    assert not held({header: ("", "  ", "*******")}), "an empty column holds nobody's data"


@pytest.mark.parametrize(
    "header",
    ["username", "User Name", "Can you name three employers?", "Company name", "filename", "emailed",
     "I would telephone a professional to ask for advice", "phone_use_hours", "addressed", "Course",
     "Duration (in seconds)",
     "Which do you like best: a talk, a letter or an email",
     "I know whom to email when I need a contact in the sector", "longest job", "born in the UK", "surnamed",
     "UserLanguage", "ResponseId", "DistributionChannel", "polar4_quintile", "Unique response number"],
)  # fmt: skip
def test_words_inside_other_words_and_sentences_are_no_personal_data(header):
    assert not held({header: ANSWERS})


def test_the_wording_of_a_question_counts_as_its_header():
    (problem,) = held({"QID7": ("x",)}, questions={"QID7": "Please enter your\nFull name"})
    assert (problem.found, problem.column) == ("names", "QID7")


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("e-mail addresses", ("a.b@example.org", "c@example.ac.uk", "")),
        ("IP addresses", ("192.0.2.1", "198.51.100.7", "2001:db8::1")),
        ("phone numbers", ("07700 900123", "+44 (0)7700 900124", "0116 496 0000", "7700900125")),
        ("postcodes", ("LE1 7RH", "le17rh", "SW1A 1AA", "unknown")),
        ("places", ("52.6369, -1.1398", "51.5072,-0.1276")),
    ],
)
def test_a_column_is_refused_by_what_most_of_its_cells_look_like(kind, cells):
    (problem,) = held({"Q9": cells})
    assert (problem.code, problem.found) == ("personal-data", kind)
    others = tuple(f"other {n}" for n in range(len(cells)))
    assert not held({"Q9": (*cells, *others)}), "half of the cells or fewer"
    for cell in filter(None, cells):
        assert cell not in str(problem)


@pytest.mark.parametrize(
    "cells",
    [("AB-1234", "KL-5770"), ("QQ12DE", "XZ99AB"), ("1", "2", "3"), ("220001", "01234567"),
     ("2026-11-22", ""), ("2.5", "3.75"), ("1669116600", "1669116999"), ("R_3xGpJZShvm4nz8q", ""),
     ("731204-735469-13885415", "")],
)  # fmt: skip
def test_codes_numbers_and_days_do_not_look_like_personal_data(cells):
    assert not held({"Q9": cells})


def test_a_column_that_the_study_drops_or_asks_as_a_closed_question_is_no_problem():
    columns = {"RecipientEmail": ("a@example.org",), "Postcode": ("LE1",), "Home  phone": ("1",)}
    assert len(held(columns)) == 3
    assert [problem.column for problem in held(columns, used=("Postcode",))] == [
        "RecipientEmail",
        "Home phone",
    ]
    assert not held(columns, drop=("RecipientEmail", "Home\u00a0  phone"), used=("Postcode",))


def test_the_line_to_type_is_one_that_yaml_reads_as_the_column():
    header = 'Your "full"  name: first\nand last'
    (problem,) = held({header: ("x",)})
    line = problem.mend.split("`")[1]
    (named,) = parse(f"drop:\n{line}", "six.yaml")["drop"]
    assert not held({header: ("x",)}, drop=(named,))


def test_an_anonymous_form_names_nobody():
    columns = {"Email": ("anonymous", "anonymous"), "Name": ("", "")}
    assert not held(columns, layout="forms")
    assert len(held(columns)) == 1


def test_one_of_many_thousand_columns_cells_is_enough_to_look_at_a_sample():
    cells = tuple(f"{n}@example.org" for n in range(10_000))
    assert [problem.found for problem in held({"Q9": cells})] == ["e-mail addresses"]


@pytest.mark.parametrize(("replaced", "severity"), [(True, "warning"), (False, "error")])
def test_e_mail_addresses_as_ids_are_a_warning_only_where_pseudonyms_replace_them(replaced, severity):
    columns = {"Email": ("a@example.org", "b@example.org", "")}
    (problem,) = held(columns, used=("Email",), ids=("Email",), pseudonyms=replaced)
    assert (problem.code, problem.severity) == ("id-email", severity)
    assert "example" not in str(problem)
    assert not held({"Email": ("M1", "M2")}, ids=("Email",))


def test_a_column_to_drop_that_is_nowhere_is_a_warning_with_the_nearest_name():
    drop = ("IPAddress", "Recipient Email", "Last\u00a0 name")
    (problem,) = unused_drops(drop, ["IPAddress", "RecipientEmail", "Last name"], "six")
    assert (problem.code, problem.severity) == ("drop-unused", "warning")
    assert problem.where == "config/studies/six.yaml"
    assert problem.mend == "did you mean 'RecipientEmail'?"


RFC_4231 = [
    (b"\x0b" * 20, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 131, "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "text", "digest"), RFC_4231)
def test_the_hash_is_that_of_rfc_4231(key, text, digest):
    assert mac(key, text).hex() == digest


def hmac_by_its_definition(key: bytes, text: str) -> bytes:
    """HMAC-SHA256 as RFC 2104 defines it, for a key of up to 64 bytes."""
    block = np.frombuffer(key.ljust(64, b"\0"), dtype=np.uint8)
    inner = hashlib.sha256((block ^ 0x36).tobytes() + text.encode()).digest()
    return hashlib.sha256((block ^ 0x5C).tobytes() + inner).digest()


def test_a_pseudonym_is_160_bits_of_the_keyed_hash_of_study_kind_and_id():
    (made,) = pseudonyms(pd.Series(["KL-5770"], dtype="string"), KEY, "six")
    said = "outcomes pseudonym\0six\0person\0KL-5770"
    assert base64.b32decode(made) == hmac_by_its_definition(KEY, said)[:20]
    assert len(made) == 32
    assert made.isalnum()
    assert hmac.compare_digest(hmac_by_its_definition(KEY, said), mac(KEY, said))


def test_pseudonyms_differ_by_id_study_kind_and_key_and_by_nothing_else():
    ids = pd.Series(["M1", "M2", "m1", "M1 ", "7", "07"], dtype="string")
    keys = (KEY, bytes(32), KEY[:-1] + b"\0")
    made = [
        set(pseudonyms(ids, key, study, kind))
        for key, study, kind in itertools.product(keys, ("six", "seven"), ("person", "mentor"))
    ]
    assert len(set().union(*made)) == len(ids) * len(made)
    assert (
        pseudonyms(pd.Series(["e\u0301"]), KEY, "six")[0] == pseudonyms(pd.Series(["\u00e9"]), KEY, "six")[0]
    )


def test_a_name_can_not_slide_from_study_to_kind_to_id():
    one = pseudonyms(pd.Series(["x"]), KEY, "a", "b")
    assert one[0] != pseudonyms(pd.Series(["bx"]), KEY, "a", "")[0]
    assert one[0] != pseudonyms(pd.Series(["x"]), KEY, "ab", "")[0]


@given(st.lists(st.sampled_from(["M1", "M2", "M3", None]), max_size=12), st.randoms())
def test_pseudonyms_follow_the_ids_in_any_order(cells, random):
    ids = pd.Series(cells, dtype="string", index=range(5, 5 + len(cells)))
    made = pseudonyms(ids, KEY, "six")
    assert made.isna().tolist() == ids.isna().tolist()
    assert made.nunique() == ids.nunique()
    order = random.sample(list(ids.index), len(ids))
    pd.testing.assert_series_equal(pseudonyms(ids.loc[order], KEY, "six"), made.loc[order])


def test_a_hundred_thousand_ids_have_as_many_pseudonyms():
    ids = pd.Series(range(100_000)).astype("string")
    assert pseudonyms(ids, KEY, "six").nunique() == 100_000


def test_a_short_key_makes_no_pseudonyms():
    with pytest.raises(ValueError, match="31 bytes"):
        pseudonyms(pd.Series(["M1"]), KEY[:31], "six")
