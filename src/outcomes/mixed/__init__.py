"""Linear mixed models of scores over waves: REML, Satterthwaite, Kenward-Roger, in sums over people.

Read in this order: `rows` (what goes in), `structures` (how scores of a person hang together), `basis` and
`products` (one pass over the data), `kernels`, `criterion` and `curvature` (the profiled deviance and its
derivatives), `newton` and `solve` (the solution), `inference` (standard errors and degrees of freedom),
`answers` and `fit` (one model in the words of its user), `grid` and `gains` (for a notebook). `merging` adds
parts or sets fits side by side; `robust`, `simultaneous`, `profile`, `spread`, `explained`, `prediction`,
`simulate` and `ratio` answer further questions. It knows matrices and people, nothing of studies, files or
SES.
"""

from outcomes.mixed.fit import DfMethod, Fit, StructureName, Test, fit
from outcomes.mixed.gains import Gains, gains
from outcomes.mixed.grid import Grid
from outcomes.mixed.rows import Rows
from outcomes.mixed.simultaneous import critical

__all__ = [
    "DfMethod",
    "Fit",
    "Gains",
    "Grid",
    "Rows",
    "StructureName",
    "Test",
    "critical",
    "fit",
    "gains",
]
