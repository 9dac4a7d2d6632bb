"""Are p values, intervals and verdicts what they say? Counted over invented cohorts whose truth is known.

Read in this order: `cohorts` (invented scores with dropout), `fitting` (many cohorts as one batch), `cells`
(type-I error and coverage), `bounds` (errors of the decision rules), `gates` (what must hold), `battery` (all
of it on two processes), `page` (what is told of it). `python -m outcomes.calibration` runs it.
"""
