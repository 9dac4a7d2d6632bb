"""Job of rule model: read the scores, fit the models, write gains, contrasts and verdicts."""

from outcomes import files, joblog, tables
from outcomes.model import model
from outcomes.study.stages import Modelling

with joblog.opened(snakemake.log[0], "model") as log:
    part = Modelling.model_validate(snakemake.params.study)
    made = model(
        files.read_table(snakemake.input.scores, tables.SCORES),
        files.read_table(snakemake.input.people, tables.PEOPLE),
        files.read_table(snakemake.input.participation, tables.PARTICIPATION),
        part,
    )
    for name, frame in made.items():
        files.write_table(frame, snakemake.output[name], tables.RESTRICTED[name])
    log.say(f"{len(made['fits'])} models fitted, {len(made['verdicts'])} verdicts")
