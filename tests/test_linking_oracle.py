"""Links against an exhaustive search in plain Python, and against changes that must change nothing.

The oracle knows neither rapidfuzz nor arrays: it counts errors by the dynamic programme of the textbook,
looks at all pairs, and tries every one-to-one assignment.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outcomes.linking import link_codes, link_elements

CODES = st.lists(st.text("AB01", min_size=0, max_size=9), max_size=6)
LONG = st.lists(st.text("AB", min_size=6, max_size=8), max_size=6)
ROWS = st.lists(st.lists(st.sampled_from(["x", "y", None]), min_size=7, max_size=7), max_size=6)
MOST = st.integers(0, 4)


def osa(one, other):
    """The errors between two codes: signs added, dropped, changed, or swapped with the next (each once)."""

    @cache
    def upto(i, j):
        if not i or not j:
            return i + j
        found = [upto(i - 1, j) + 1, upto(i, j - 1) + 1, upto(i - 1, j - 1) + (one[i - 1] != other[j - 1])]
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            found.append(upto(i - 2, j - 2) + 1)
        return min(found)

    return upto(len(one), len(other))


def differing(one, other):
    """The elements that two rows don't share; a missing one is shared with nobody."""
    return sum(a is None or b is None or a != b for a, b in zip(one, other, strict=True))


def whole(row):
    """Whether a code can be equal to another one."""
    return bool(row) and None not in row


def search(left, right, distance, most_errors):
    """Links and review list as sets of (left, right, errors, word), by looking at every pair of rows."""
    left, right = [tuple(row) for row in left], [tuple(row) for row in right]
    times = Counter(left), Counter(right)

    def repeated(i, j):
        ours, theirs = whole(left[i]) and times[0][left[i]] > 1, whole(right[j]) and times[1][right[j]] > 1
        return ours or theirs

    said = [[any(row) for row in side] for side in (left, right)]
    apart = {
        (i, j): distance(one, other)
        for i, one in enumerate(left) if said[0][i]
        for j, other in enumerate(right) if said[1][j]
    }  # fmt: skip
    exact = {pair for pair, errors in apart.items() if not errors and not repeated(*pair)}
    taken = {i for i, _ in exact}, {j for _, j in exact}
    found = {(*pair, 0, "exact") for pair in exact}, set()
    near = {
        (i, j): errors
        for (i, j), errors in apart.items()
        if errors <= most_errors and i not in taken[0] and j not in taken[1]
        and 3 * errors <= min(len(left[i]), len(right[j]))
    }  # fmt: skip
    for (i, j), errors in near.items():
        here = [near[pair] for pair in near if pair[0] == i and pair[1] != j]
        there = [near[pair] for pair in near if pair[1] == j and pair[0] != i]
        rivals = min([*here, most_errors + 1]) + min([*there, most_errors + 1])
        others = [
            apart[pair]
            for pair in apart
            if (pair[0] == i or pair[1] == j) and pair not in near and apart[pair] > 0
        ]
        if repeated(i, j):
            word = "repeated"
        elif rivals <= errors + most_errors + 1:
            word = "ambiguous"
        else:
            word = "crowded" if min([*others, 99]) <= errors else "near"
        found[word != "near"].add((i, j, errors, word))
    return found


def as_sets(links):
    """The links and the review list as the oracle says them."""
    return tuple(set(each.itertuples(index=False, name=None)) for each in (links.pairs, links.review))


def assignments(pairs):
    """Every set of one-to-one pairs."""
    if not pairs:
        yield ()
        return
    first, *rest = pairs
    yield from assignments(rest)
    for others in assignments([pair for pair in rest if pair[0] != first[0] and pair[1] != first[1]]):
        yield (first, *others)


@pytest.mark.parametrize(
    ("one", "other", "errors"),
    [
        ("ANNA12", "ANNA12", 0),
        ("ANNA12", "ANNA21", 1),
        ("CA", "ABC", 3),
        ("", "ABC", 3),
        ("KITTEN", "SITTING", 3),
    ],
)
def test_the_oracle_counts_the_errors_that_are_known(one, other, errors):
    assert osa(one, other) == errors


@pytest.mark.parametrize("codes", [CODES, LONG], ids=["of all lengths", "long and alike"])
def test_codes_are_linked_as_an_exhaustive_search_links_them(codes):
    @given(codes, codes, MOST)
    @example(["ANNA12", "ANXX13"], ["ANNA13", "ANYA22"], 2)
    def holds(left, right, most_errors):
        assert as_sets(link_codes(left, right, most_errors=most_errors)) == search(
            left, right, osa, most_errors
        )

    holds()


@given(ROWS, ROWS, MOST)
def test_elements_are_linked_as_an_exhaustive_search_links_them(left, right, most_errors):
    if not left or not right:
        return
    links = link_elements(left, right, most_errors=most_errors)
    assert as_sets(links) == search(left, right, differing, most_errors)


@given(LONG, LONG, st.integers(1, 3))
def test_a_near_link_lies_in_every_best_assignment(left, right, most_errors):
    links = link_codes(left, right, most_errors=most_errors)
    close = links.pairs[links.pairs["how"] == "near"]
    single = links.review[links.review["reason"] != "repeated"]
    candidates = [*close.itertuples(index=False), *single.itertuples(index=False)]
    worth = {
        frozenset((pair.left, pair.right) for pair in chosen): sum(
            most_errors + 1 - pair[2] for pair in chosen
        )
        for chosen in assignments(candidates[:12])
    }
    best = max(worth.values())
    for pair in close.itertuples():
        assert all((pair.left, pair.right) in chosen for chosen, value in worth.items() if value == best)


@given(LONG, LONG, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_plays_no_part(left, right, random):
    orders = list(range(len(left))), list(range(len(right)))
    for order in orders:
        random.shuffle(order)
    plain = as_sets(link_codes(left, right))
    mixed = as_sets(link_codes([left[place] for place in orders[0]], [right[place] for place in orders[1]]))
    again = tuple({(orders[0][row[0]], orders[1][row[1]], *row[2:]) for row in each} for each in mixed)
    assert again == plain


@given(LONG, LONG)
def test_the_letters_of_the_codes_play_no_part(left, right):
    other = str.maketrans("AB", "9\u00e9")
    plain = link_codes(left, right)
    written = link_codes([code.translate(other) for code in left], [code.translate(other) for code in right])
    assert as_sets(plain) == as_sets(written)


@given(LONG, LONG)
def test_the_sides_can_be_swapped(left, right):
    swapped = as_sets(link_codes(right, left))
    assert as_sets(link_codes(left, right)) == tuple(
        {(one, other, *rest) for other, one, *rest in each} for each in swapped
    )


@given(LONG, LONG, st.lists(st.sampled_from("xy"), min_size=6, max_size=6))
def test_blocks_are_linked_as_each_would_be_alone(left, right, blocks):
    sides = {"left_block": blocks[: len(left)], "right_block": blocks[: len(right)]}
    together = as_sets(link_codes(left, right, **sides))
    apart = set(), set()
    for block in "xy":
        ours = [place for place in range(len(left)) if blocks[place] == block]
        theirs = [place for place in range(len(right)) if blocks[place] == block]
        alone = as_sets(link_codes([left[place] for place in ours], [right[place] for place in theirs]))
        for found, each in zip(apart, alone, strict=True):
            found |= {(ours[row[0]], theirs[row[1]], *row[2:]) for row in each}
    assert together == apart
