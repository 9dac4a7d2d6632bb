"""An invented cohort with a known truth, and the raw files that it would leave behind.

Nobody in it exists. `simulate` makes the cohort, `raw_files` what survey tools would export of it,
`population` any number of complete mentees, of whom `outcomes.recovery` takes the truth.
"""

from outcomes.simulate.cohort import Cohort, Population, population, simulate
from outcomes.simulate.design import Design
from outcomes.simulate.exports import raw_files
from outcomes.simulate.streams import Seed

SEED = 2026
"""The seed of the cohort in data/raw/career_mentoring/."""

__all__ = ["SEED", "Cohort", "Design", "Population", "Seed", "population", "raw_files", "simulate"]
