"""Which rows of two waves are one person: linked where one reading explains them, else listed for review.

A pair is linked *exactly* when its codes are equal and stand once on either side (of the block). Of the other
rows, all pairs with at most ``most_errors`` errors are candidates. A candidate is linked as *near* if

1. the best other candidates of its two rows have together more than ``most_errors + 1`` errors more than it
   has (a row without another candidate counts ``most_errors + 1``), so that each of them has more, and both
   together would not explain the rows as well; and
2. no code of the other side that can't be the partner (it is linked exactly, or too short to be compared)
   is as near: where codes of different people lie that near, nearness says nothing.

By 1, a linked pair lies in *every* best one-to-one assignment of its block, where a pair is worth the errors
that it stays below ``most_errors + 1``: putting it in place of the one or two pairs in its way always gains.
So none need be solved, no tie is ever broken, and the order of rows plays no part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA, Hamming

from outcomes.linking.nearness import MOST, Bools, Distance, Near, TooAlike, compare
from outcomes.linking.sides import Blocks, Ints, Side, Table, Texts, of_codes, of_elements


@dataclass(frozen=True)
class Links:
    """Who is who, by position on each side.

    ``pairs``: left, right, errors (int64), how (text: exact, near); each row of a side stands in it once at
    most. ``review``: left, right, errors (int64), reason (text), the pairs that are not linked:

    * ``repeated``: the code of either row stands more than once on its side;
    * ``ambiguous``: other candidates explain the rows as well;
    * ``crowded``: a code that can't be the partner is as near;
    * ``near match``: clear, but near pairs were not to be linked.

    ``repeated_left``, ``repeated_right``: all positions whose code stands more than once on their side,
    whether or not the other side has it. ``without_left``, ``without_right``: those without a code.
    ``rows``: the number of rows on the left and the right. Both tables are sorted by position.
    """

    pairs: pd.DataFrame
    review: pd.DataFrame
    repeated_left: Ints
    repeated_right: Ints
    without_left: Ints
    without_right: Ints
    rows: tuple[int, int]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each side has, how many of them each step linked, and how many are left over."""
        exact = int((self.pairs["how"] == "exact").sum())
        return {
            "left": self.rows[0],
            "right": self.rows[1],
            "without_left": len(self.without_left),
            "without_right": len(self.without_right),
            "repeated_left": len(self.repeated_left),
            "repeated_right": len(self.repeated_right),
            "exact": exact,
            "near": len(self.pairs) - exact,
            "review_left": self.review["left"].nunique(),
            "review_right": self.review["right"].nunique(),
            "unlinked_left": self.rows[0] - len(self.pairs),
            "unlinked_right": self.rows[1] - len(self.pairs),
        }


def link_codes(
    left: Texts,
    right: Texts,
    *,
    most_errors: int = 2,
    left_block: Blocks | None = None,
    right_block: Blocks | None = None,
) -> Links:
    """Return who is who by typed codes; an error is a sign added, dropped, changed or swapped with the next.

    Codes are compared as they stand (optimal string alignment); write them alike before: case, blanks,
    leading zeros, letters for digits. Near pairs lie within one block; a row without a block is linked
    exactly or not at all, with any block, if its code is the only one of its kind on either side. A code has
    three signs for each error at least (`SIGNS`), else it is compared exactly.

    Raises:
        TooAlike: more pairs are equal or near, and not linked, than anybody could review.
        ValueError: blocks are on one side only, or not one for each row.
    """
    sides = of_codes(left, right, left_block, right_block)
    return _link(*sides, OSA.distance, most_errors)


def link_elements(
    left: Table,
    right: Table,
    *,
    most_errors: int = 2,
    left_block: Blocks | None = None,
    right_block: Blocks | None = None,
) -> Links:
    """Return who is who by codes of several elements (rows x elements); an error is an element that differs.

    A missing or empty element counts as one error, even where both sides lack it, so that ``most_errors``
    elements at most don't agree. Blocks and errors are those of `link_codes`, with an element for a sign.

    Raises:
        ValueError: as `link_codes`, or the sides have different numbers of elements.
    """
    sides = of_elements(left, right, left_block, right_block)
    return _link(*sides, Hamming.distance, most_errors)


def near(
    left: Texts,
    right: Texts,
    *,
    most_errors: int = 1,
    left_block: Blocks | None = None,
    right_block: Blocks | None = None,
) -> Links:
    """Return the exact links of `link_codes`; its near ones stand in ``review`` as ``near match``."""
    links = link_codes(left, right, most_errors=most_errors, left_block=left_block, right_block=right_block)
    close = links.pairs["how"] == "near"
    shown = links.pairs[close].drop(columns="how").assign(reason="near match")
    review = _sorted(pd.concat([links.review, shown]))
    return replace(links, pairs=links.pairs[~close].reset_index(drop=True), review=review)


def _link(left: Side, right: Side, distance: Distance, most_errors: int) -> Links:
    """Return who is who, with errors counted by ``distance``."""
    if most_errors < 0:
        raise ValueError(f"{most_errors} errors")
    many = _repeated(left.key), _repeated(right.key)
    at, to = _same(left.key, right.key)
    several = many[0][at] | many[1][to]
    free = np.ones(len(left), dtype=bool), np.ones(len(right), dtype=bool)
    free[0][at[~several]] = free[1][to[~several]] = False
    close = compare(left, right, free, distance, most_errors)
    equal = _frame(at, to, np.zeros(len(at), dtype=np.int64))
    found = pd.concat([equal[several], _frame(close.left, close.right, close.errors)], ignore_index=True)
    reason = _reasons(found, close, many, most_errors)
    linked = pd.concat([equal[~several].assign(how="exact"), found[reason == ""].assign(how="near")])
    return Links(
        pairs=_sorted(linked),
        review=_sorted(found.assign(reason=reason)[reason != ""]),
        repeated_left=np.flatnonzero(many[0]),
        repeated_right=np.flatnonzero(many[1]),
        without_left=np.flatnonzero(~left.known),
        without_right=np.flatnonzero(~right.known),
        rows=(len(left), len(right)),
    )


def _repeated(key: Ints) -> Bools:
    """Return whether each row's key stands more than once."""
    return pd.Series(key).duplicated(keep=False).to_numpy() & (key >= 0)


def _same(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Return the positions of all pairs with equal keys.

    Raises:
        TooAlike: there are more than can be kept.
    """
    sides = [pd.DataFrame({"key": key, "at": np.arange(len(key))}) for key in (left, right)]
    ours, theirs = (side[side["key"] >= 0] for side in sides)
    if ours["key"].value_counts().mul(theirs["key"].value_counts(), fill_value=0).sum() > MOST:
        raise TooAlike
    pairs = ours.merge(theirs, on="key")
    return pairs["at_x"].to_numpy(), pairs["at_y"].to_numpy()


def _reasons(found: pd.DataFrame, close: Near, many: tuple[Bools, Bools], most_errors: int) -> pd.Series:
    """Return why each candidate is not linked (text), empty where it is."""
    left, right, errors = (found[name].to_numpy() for name in ("left", "right", "errors"))
    rivals = _rival(left, errors, most_errors + 1) + _rival(right, errors, most_errors + 1)
    crowd = np.minimum(close.crowd_left[left], close.crowd_right[right])
    reasons = [
        (many[0][left] | many[1][right], "repeated"),
        (rivals <= errors + most_errors + 1, "ambiguous"),
        (crowd <= errors, "crowded"),
    ]
    conditions, words = zip(*reasons, strict=True)
    return pd.Series(np.select(conditions, words, ""), index=found.index, dtype="str")


def _rival(rows: Ints, errors: Ints, none: int) -> Ints:
    """Return the fewest errors of any *other* pair of the same row, ``none`` where it has no other."""
    order = np.lexsort((errors, rows))
    row, error = rows[order], errors[order]
    first = np.searchsorted(row, row)
    best = np.arange(len(row)) == first
    following = np.append(error[1:], none)
    alone = np.append(row[1:] != row[:-1], True)[: len(row)]
    rival = np.where(best, np.where(alone, none, following), error[first])
    back = np.empty_like(rival)
    back[order] = rival
    return back


def _frame(left: Ints, right: Ints, errors: Ints) -> pd.DataFrame:
    return pd.DataFrame({"left": left, "right": right, "errors": errors}, dtype="int64")


def _sorted(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs.sort_values(["left", "right"], ignore_index=True)
