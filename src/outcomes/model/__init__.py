"""From scores to answers: fitted models, gains, gaps, verdicts and the regression of the published study."""

from outcomes.model.ols import ols
from outcomes.model.stage import gaps, model

__all__ = ["gaps", "model", "ols"]
