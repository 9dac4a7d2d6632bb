"""Links where the truth is known: people with planted slips of the pen, twins, and those who left or came."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from test_linking_oracle import osa

from outcomes.linking import link_codes, link_elements

SIGNS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
LIKE = {"O": "0", "0": "O", "I": "1", "1": "I", "S": "5", "5": "S"}


def apart(codes, errors):
    """The codes of which no two come as near as ``errors``: sets of signs rule most pairs out."""
    kept: list[str] = []
    for code in codes:
        near = (one for one in kept if len(set(one) & set(code)) >= len(set(code)) - errors)
        if all(osa(one, code) > errors for one in near):
            kept.append(code)
    return kept


def people(number, random):
    """Codes of ten signs; any two differ by five errors at least, so that two errors hide nobody."""
    drawn = SIGNS[random.integers(0, len(SIGNS), (number, 10))]
    return apart(["".join(row) for row in drawn], 4)


def slip(code, random):
    """The code with one slip: a sign that looks alike, a swap, a sign dropped, doubled, or another one."""
    kind, place = random.integers(5), int(random.integers(len(code) - 1))
    sign, following = code[place], code[place + 1]
    if kind == 0 and (alike := [at for at, each in enumerate(code) if each in LIKE]):
        place = int(random.choice(alike))
        return code[:place] + LIKE[code[place]] + code[place + 1 :]
    if kind == 1 and sign != following:
        return code[:place] + following + sign + code[place + 2 :]
    if kind == 2:
        return code[:place] + code[place + 1 :]
    if kind == 3:
        return code[:place] + sign + code[place:]
    return code[:place] + ("X" if sign != "X" else "Y") + code[place + 1 :]


def pairs(links):
    return set(zip(links.pairs["left"], links.pairs["right"], strict=True))


def test_whoever_made_two_slips_at_most_is_found_and_nobody_else():
    random = np.random.default_rng(4)
    codes = people(900, random)
    slips = random.choice([0, 1, 2, 3], len(codes), p=[0.5, 0.25, 0.15, 0.1])
    later = codes.copy()
    for person, times in enumerate(slips):
        for _ in range(times):
            later[person] = slip(later[person], random)
    first = np.flatnonzero(random.random(len(codes)) < 0.8)
    second = random.permutation(np.flatnonzero(random.random(len(codes)) < 0.7))
    links = link_codes([codes[person] for person in first], [later[person] for person in second])
    linked = {(first[left], second[right]) for left, right in pairs(links)}
    both = np.intersect1d(first, second)
    within = {(person, person) for person in both if osa(codes[person], later[person]) <= 2}
    assert linked == within
    assert links.review.empty
    assert links.counts["exact"] / len(both) == pytest.approx(0.5, abs=0.06)
    assert len(linked) / len(both) > 0.88


def twins(number, random, *, differ=1, same_place=False):
    """Both waves' codes of twins: alike but for the last signs; at the second wave each makes one slip."""
    before, after = [], []
    for code in people(number, random):
        for sign, other in ("P", "Q"), ("R", "S"):
            before.append(code + sign * differ)
            after.append(code + other if same_place else "#" + code[1:] + sign * differ)
    return before, after


@pytest.mark.parametrize("same_place", [False, True], ids=["as near to the other twin", "nearer to itself"])
def test_twins_who_both_slip_are_listed_and_never_linked(same_place):
    before, after = twins(60, np.random.default_rng(5), same_place=same_place)
    links = link_codes(before, after)
    assert links.pairs.empty
    assert set(links.review["reason"]) == {"ambiguous"}
    assert {(person, person) for person in range(len(before))} <= set(
        zip(links.review["left"], links.review["right"], strict=True)
    )


def test_a_twin_who_slips_is_listed_when_the_other_code_is_as_near_and_linked_when_it_is_not():
    everybody = {(person, person) for person in range(120)}
    for differ in 1, 2:
        before, after = twins(60, np.random.default_rng(6), differ=differ)
        after[::2] = before[::2]
        links = link_codes(before, after)
        listed = set(zip(links.review["left"], links.review["right"], strict=True))
        assert pairs(links) | listed == everybody
        assert len(links.pairs) == 60 * differ
        assert set(links.review["reason"]) <= {"crowded"}


def test_codes_that_follow_one_another_are_not_linked_over_a_gap():
    before, after = np.arange(1, 400), np.arange(1, 400)
    before, after = before[before % 10 != 3], after[after % 10 != 4]
    links = link_codes([f"S{number:05}" for number in before], [f"S{number:05}" for number in after])
    assert all(before[left] == after[right] for left, right in pairs(links))
    assert links.counts["near"] == 0
    assert len(links.review) > 0


def test_twelve_elements_link_two_in_five_exactly_and_nine_in_ten_with_two_errors():
    random = np.random.default_rng(7)
    number, kinds = 1500, np.array([26, 26, 12, 28, 26, 10, 10, 26, 12, 2, 8, 26])
    before = random.integers(0, kinds, (number, 12)).astype(str).astype(object)
    slips = random.random((number, 12)) < 1 - 0.4 ** (1 / 12)  # two in five repeat all twelve
    after = before.copy()
    after[slips] = np.where(random.random(slips.sum()) < 0.3, None, "misheard")
    links = link_elements(before, after)
    right = links.pairs["left"] == links.pairs["right"]
    assert right.all()
    assert (links.pairs["how"] == "exact").mean() < 0.5
    assert links.counts["exact"] / number == pytest.approx(0.4, abs=0.03)
    within = np.flatnonzero(slips.sum(axis=1) <= 2)
    assert len(within) / number == pytest.approx(binom.cdf(2, 12, 1 - 0.4 ** (1 / 12)), abs=0.02)
    listed = links.review[links.review["left"] == links.review["right"]]
    assert set(links.pairs["left"]) | set(listed["left"]) == set(within)
    assert len(links.pairs) / number > 0.9
