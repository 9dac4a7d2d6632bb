"""In which words is a gap told: of gains, or of the difference from the comparison arm?

Each phrase takes {low} and {high}, the focal and the reference group. Those on effects take {added} too,
which the evidence decides: what the scheme added, or what may have other causes.
"""

from __future__ import annotations

from collections.abc import Mapping

OTHER = " (the other way round was not tested)"

GAINS: Mapping[str, str] = {
    "more": "{low} gained more than {high}",
    "less": "{low} gained less than {high}",
    "unclear": "it is not clear whether {low} or {high} gained more",
    "unclear_more": "it is not clear whether {low} gained more than {high}" + OTHER,
    "unclear_less": "it is not clear whether {low} gained less than {high}" + OTHER,
    "alike": "{low} and {high} gained alike, within the margin",
    "unclear_alike": "it is not clear whether {low} and {high} gained alike, within the margin",
    "low_better": "the gain of {low} was the better one by more than the margin",
    "high_better": "the gain of {high} was the better one by more than the margin",
    "unlike": "the gains of {low} and of {high} differed by more than the margin in at least one outcome",
    "none_behind": "in no outcome did {low} fall behind {high} by more than the margin",
    "behind": "{low} fell behind {high} by more than the margin",
    "kept_up": "{low} kept up with {high}",
    "unclear_kept_up": "it is not clear whether {low} kept up with {high}",
    "kept_up_more": "{low} kept up with {high} and, by a test of its own, gained more",
    "kept_up_less": "{low} kept up with {high} and, by a test of its own, gained less",
    "more_within": "{low} gained more than {high}, but not by more than the margin",
    "less_within": "{low} gained less than {high}, but not by more than the margin",
    "behind_once": "{low} fell behind {high} by more than the margin in at least one outcome",
    "amount": "gain",
}
"""Phrases on a gap in gains."""

EFFECTS: Mapping[str, str] = {
    "more": "{added} was larger in {low} than in {high}",
    "less": "{added} was smaller in {low} than in {high}",
    "unclear": "it is not clear whether {added} was larger in {low} or in {high}",
    "unclear_more": "it is not clear whether {added} was larger in {low} than in {high}" + OTHER,
    "unclear_less": "it is not clear whether {added} was smaller in {low} than in {high}" + OTHER,
    "alike": "{added} was alike in {low} and in {high}, within the margin",
    "unclear_alike": "it is not clear whether {added} was alike in {low} and in {high}, within the margin",
    "low_better": "{added} was better in {low} by more than the margin",
    "high_better": "{added} was better in {high} by more than the margin",
    "unlike": "{added} differed between {low} and {high} by more than the margin in at least one outcome",
    "none_behind": "in no outcome did {added} in {low} fall behind that in {high} by more than the margin",
    "behind": "{added} in {low} fell behind that in {high} by more than the margin",
    "kept_up": "{added} in {low} kept up with that in {high}",
    "unclear_kept_up": "it is not clear whether {added} in {low} kept up with that in {high}",
    "kept_up_more": "{added} in {low} kept up with that in {high} and, by a test of its own, was larger",
    "kept_up_less": "{added} in {low} kept up with that in {high} and, by a test of its own, was smaller",
    "more_within": "{added} was larger in {low} than in {high}, but not by more than the margin",
    "less_within": "{added} was smaller in {low} than in {high}, but not by more than the margin",
    "behind_once": "{added} in {low} fell behind that in {high} by more than the margin in at least one "
    "outcome",
    "amount": "difference",
}
"""The same on a gap in effects."""
