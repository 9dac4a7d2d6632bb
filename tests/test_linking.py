"""Who is who over two waves, in small tables that can be checked by eye."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from table import table

from outcomes.linking import TooAlike, link_codes, link_elements, near, nearness


def drawn(text):
    """The codes of a drawn table, left and right, an empty cell where a side has no further row."""
    sides = table(text)
    return [sides[name].replace("", pd.NA).dropna().tolist() for name in ("left", "right")]


def told(links, codes):
    """The links and the review list as sentences: left code, right code, errors, how or why not."""
    left, right = codes
    return [
        f"{left[row.left]} {right[row.right]} {row.errors} {row[4]}"
        for each in (links.pairs, links.review)
        for row in each.itertuples()
    ]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("MA07ROSE", "MAO7ROSE"),
        ("MA1LROSE", "MALLROSE"),
        ("MA07ROSE", "MA70ROSE"),
        ("MA07ROSE", "MA7ROSE"),
        ("0712AB", "712AB"),
        ("MA07ROSE", "MA07ROSES"),
    ],
    ids=["O for 0", "l for 1", "swapped digits", "a dropped digit", "a leading zero", "a sign too many"],
)
def test_one_slip_of_the_pen_is_one_error(left, right):
    links = link_codes([left, "ZZZZZZ99"], ["QQQQQQ55", right])
    assert told(links, ([left, "ZZZZZZ99"], ["QQQQQQ55", right])) == [f"{left} {right} 1 near"]


def test_equal_codes_are_linked_before_near_ones():
    codes = drawn(
        """
        left   | right
        ANNA12 | ANNA12
        ANNA21 | BERT77
        """
    )
    assert told(link_codes(*codes), codes) == ["ANNA12 ANNA12 0 exact"]


def test_a_code_with_two_equally_near_partners_is_left_to_the_reader():
    codes = drawn(
        """
        left   | right
        ANNA12 | ANNA13
        BERT77 | ANNA14
               | BERT78
        """
    )
    assert told(link_codes(*codes), codes) == [
        "BERT77 BERT78 1 near", "ANNA12 ANNA13 1 ambiguous", "ANNA12 ANNA14 1 ambiguous",
    ]  # fmt: skip


def test_the_nearer_of_two_partners_is_linked_and_the_other_listed():
    codes = drawn(
        """
        left   | right
        ANNA12 | ANNA13
               | ANNA34
        """
    )
    assert told(link_codes(*codes), codes) == ["ANNA12 ANNA13 1 near", "ANNA12 ANNA34 2 ambiguous"]


def test_a_pair_is_not_linked_when_two_other_pairs_explain_its_rows_as_well():
    codes = drawn(
        """
        left   | right
        ANNA12 | ANNA13
        ANXX13 | ANYA22
        """
    )
    assert told(link_codes(*codes), codes) == [
        "ANNA12 ANNA13 1 ambiguous", "ANNA12 ANYA22 2 ambiguous", "ANXX13 ANNA13 2 ambiguous",
    ]  # fmt: skip


def test_codes_that_stand_twice_are_never_linked_and_all_their_pairs_are_listed():
    codes = drawn(
        """
        left   | right
        ANNA12 | ANNA12
        ANNA12 | ANNA21
        BERT77 | CARL55
        DORA88 | CARL55
        DORA88 |
        """
    )
    links = link_codes(*codes)
    assert told(links, codes) == [
        "ANNA12 ANNA12 0 repeated", "ANNA12 ANNA21 1 repeated",
        "ANNA12 ANNA12 0 repeated", "ANNA12 ANNA21 1 repeated",
    ]  # fmt: skip
    assert links.repeated_left.tolist() == [0, 1, 3, 4]
    assert links.repeated_right.tolist() == [2, 3]


def test_nearness_says_nothing_where_codes_of_other_people_lie_as_near():
    codes = drawn(
        """
        left  | right
        S0016 | S0016
        S0017 | S0018
        """
    )
    assert told(link_codes(*codes), codes) == ["S0016 S0016 0 exact", "S0017 S0018 1 crowded"]


def test_a_code_that_is_linked_hinders_only_what_is_no_nearer():
    codes = drawn(
        """
        left   | right
        ANNA12 | ANNA12
        ANNA54 | ANNA53
        """
    )
    assert told(link_codes(*codes), codes) == ["ANNA12 ANNA12 0 exact", "ANNA54 ANNA53 1 near"]


def test_codes_too_short_for_an_error_are_linked_exactly_only():
    codes = drawn(
        """
        left  | right
        A1    | A2
        CD    | CD
        EFGHI | EFGJK
        LMN   | LMO
        """
    )
    assert told(link_codes(*codes), codes) == ["CD CD 0 exact", "LMN LMO 1 near"]


def test_a_code_too_short_still_stands_in_the_way():
    codes = drawn(
        """
        left   | right
        ANNA12 | ANNA34
               | ANNA1
               | ANNA
        """
    )
    links = link_codes(["ANNA12"], ["ANNA34", "ANNA"])
    assert told(links, (["ANNA12"], ["ANNA34", "ANNA"])) == ["ANNA12 ANNA34 2 crowded"]
    assert told(link_codes(*codes), codes)[0] == "ANNA12 ANNA1 1 near"


def test_near_pairs_lie_within_one_block():
    left, right = ["ANNA12", "BERT77", "CARL55"], ["ANNA13", "BERT78", "CARL55"]
    blocks = {"left_block": ["2024", "2024", "2025"], "right_block": ["2025", "2024", "2024"]}
    assert told(link_codes(left, right, **blocks), (left, right)) == ["BERT77 BERT78 1 near"]


def test_one_code_in_two_blocks_is_two_people():
    links = link_codes(["ANNA12"] * 2, ["ANNA12"] * 2, left_block=["a", "b"], right_block=["b", "a"])
    assert links.pairs[["left", "right"]].to_numpy().tolist() == [[0, 1], [1, 0]]
    assert links.review.empty


@pytest.mark.parametrize("other", ["a", None])
def test_a_row_without_a_block_is_linked_exactly_or_not_at_all(other):
    left, right = ["ANNA12", "BERT77"], ["ANNA12", "BERT78"]
    links = link_codes(left, right, left_block=[None, None], right_block=["a", other])
    assert told(links, (left, right)) == ["ANNA12 ANNA12 0 exact"]


def test_a_row_without_a_block_may_be_any_of_its_code():
    left, right = ["ANNA12", "ANNA12"], ["ANNA12"]
    links = link_codes(left, right, left_block=["a", None], right_block=["a"])
    assert told(links, (left, right)) == ["ANNA12 ANNA12 0 repeated"] * 2


def test_a_missing_code_is_nobody():
    links = link_codes([None, "", pd.NA, np.nan, "ANNA12"], ["", None, "ANNA12"])
    assert links.pairs.to_numpy().tolist() == [[4, 2, 0, "exact"]]
    assert links.review.empty
    assert links.without_left.tolist() == [0, 1, 2, 3]
    assert links.without_right.tolist() == [0, 1]


def test_no_errors_allowed_means_exact_links_only():
    links = link_codes(["ANNA12", "BERT77"], ["ANNA12", "BERT78"], most_errors=0)
    assert links.pairs.to_numpy().tolist() == [[0, 0, 0, "exact"]]
    assert links.review.empty


def test_near_lists_what_would_be_linked_and_links_nothing():
    left = ["ANNA12", "BERT77", "CARL55", "DORA88", "S0016", "S0017", "EMIL33", "EMIL33"]
    right = ["ANNA12", "BERT78", "CARL56", "CARL57", "S0016", "S0018", "EMIL33"]
    links = near(left, right)
    assert links.pairs.to_numpy().tolist() == [[0, 0, 0, "exact"], [4, 4, 0, "exact"]]
    assert links.counts["near"] == 0
    assert list(links.review.columns) == ["left", "right", "errors", "reason"]
    assert links.review.to_numpy().tolist() == [
        [1, 1, 1, "near match"], [2, 2, 1, "ambiguous"], [2, 3, 1, "ambiguous"], [5, 5, 1, "crowded"],
        [6, 6, 0, "repeated"], [7, 6, 0, "repeated"],
    ]  # fmt: skip


def test_near_looks_as_far_as_it_is_told():
    assert near(["ANNA12"], ["ANNA34"]).review.empty
    further = near(["ANNA12"], ["ANNA34"], most_errors=2)
    assert further.review.to_numpy().tolist() == [[0, 0, 2, "near match"]]


def test_counts_say_what_each_step_did():
    left = ["ANNA12", "BERT77", "CARL55", "DORA88", "DORA88", None]
    right = ["ANNA12", "BERT78", "CARL56", "CARL57", ""]
    assert link_codes(left, right).counts == {
        "left": 6, "right": 5, "without_left": 1, "without_right": 1, "repeated_left": 2,
        "repeated_right": 0, "exact": 1, "near": 1, "review_left": 1, "review_right": 2,
        "unlinked_left": 4, "unlinked_right": 3,
    }  # fmt: skip


def test_sides_without_rows_link_nobody():
    links = link_codes([], ["ANNA12"])
    assert [str(kind) for kind in links.pairs.dtypes] == ["int64", "int64", "int64", "str"]
    assert [str(kind) for kind in links.review.dtypes] == ["int64", "int64", "int64", "str"]
    assert links.counts["unlinked_right"] == 1


def elements(text):
    """Drawn codes of several elements, a column each, a blank where one is missing."""
    return table(text).replace("", pd.NA)


def test_an_element_that_differs_is_one_error_however_it_is_written():
    left = elements(
        """
        mother | month   | town
        Rose   | January | Leeds
        Ann    | May     | York
        """
    )
    right = elements(
        """
        mother | month   | town
        Ann    | May     | York
        Rose   | July    | Leeds
        """
    )
    links = link_elements(left, right)
    assert links.pairs.to_numpy().tolist() == [[0, 1, 1, "near"], [1, 0, 0, "exact"]]


def test_a_missing_element_is_one_error_even_where_both_sides_lack_it():
    left = elements(
        """
        a | b | c | d | e | f
        1 |   | 3 | 4 | 5 | 6
        2 |   | 9 | 9 | 9 |
        """
    )
    right = elements(
        """
        a | b | c | d | e | f
        1 |   | 3 | 4 | 5 | 6
        2 |   | 9 | 9 |   | 9
        """
    )
    links = link_elements(left, right)
    assert links.pairs.to_numpy().tolist() == [[0, 0, 1, "near"]]
    assert link_elements(left, right, most_errors=0).pairs.empty


def test_the_same_word_in_another_element_does_not_count():
    links = link_elements([["a", "b", "c", "d", "e", "f"]], [["b", "a", "d", "c", "f", "e"]], most_errors=5)
    assert links.pairs.empty


def test_a_row_without_any_element_has_no_code():
    links = link_elements([[None, ""], ["a", "b"]], [["a", "b"], [None, None]])
    assert links.pairs.to_numpy().tolist() == [[1, 0, 0, "exact"]]
    assert links.without_left.tolist() == [0]
    assert links.without_right.tolist() == [1]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: link_codes(["A"], ["A"], left_block=["a"]), "1 blocks for 1 and 1 rows"),
        (lambda: link_codes(["A"], ["A"], left_block=["a", "b"], right_block=["a"]), "2 and 1 blocks"),
        (lambda: link_codes(["A"], ["A"], most_errors=-1), "-1 errors"),
        (lambda: link_elements([["a"]], [["a", "b"]]), "1 elements on the left, 2 on the right"),
    ],
)
def test_sides_that_do_not_fit_are_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("codes", [["ANNA12"] * 40, [f"ANNA{number}" for number in range(10, 50)]])
def test_more_pairs_than_anybody_reviews_are_refused_not_kept(codes, monkeypatch):
    monkeypatch.setattr(nearness, "MOST", 100)
    monkeypatch.setattr("outcomes.linking.links.MOST", 100)
    with pytest.raises(TooAlike, match="pairs of codes are equal or near"):
        link_codes(codes, [code.replace("ANNA", "ANNB") if code[-2:] != "12" else code for code in codes])


def test_comparing_in_small_portions_finds_the_same(monkeypatch):
    left = [f"{number:04}LEEDS" for number in range(0, 900, 7)]
    right = [f"{number:04}LEEDS" for number in range(3, 900, 11)]
    whole = link_codes(left, right)
    monkeypatch.setattr(nearness, "_CELLS", 100)
    pieces = link_codes(left, right)
    pd.testing.assert_frame_equal(whole.review, pieces.review)
    pd.testing.assert_frame_equal(whole.pairs, pieces.pairs)
    assert len(whole.review) > 100
