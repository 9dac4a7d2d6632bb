"""Job of rule score: read the answers, score them, write scores and reliability."""

from outcomes import files, joblog, tables
from outcomes.score import reliability, score
from outcomes.study.stages import Scoring

with joblog.opened(snakemake.log[0], "score") as log:
    part = Scoring.model_validate(snakemake.params.study)
    answers = files.read_table(snakemake.input.answers, tables.ANSWERS)
    people = files.read_table(snakemake.input.people, tables.PEOPLE)
    scores = score(answers, part)
    files.write_table(scores, snakemake.output.scores, tables.SCORES)
    files.write_table(reliability(answers, people, part), snakemake.output.reliability, tables.RELIABILITY)
    log.say(f"{scores['score'].notna().sum()} scores on {len(part.outcomes)} outcomes, "
            f"{scores['score'].isna().sum()} spoiled by gaps")  # fmt: skip
