"""Job of rule clean: read the raw files, clean them, write the tables."""

from outcomes import files, joblog, tables
from outcomes.clean import clean
from outcomes.study.stages import Cleaning

with joblog.opened(snakemake.log[0], "clean") as log:
    part = Cleaning.model_validate(snakemake.params.study)
    made = clean(files.Folder(part.folder), part)
    for name, frame in made.items():
        files.write_table(frame, snakemake.output[name], tables.RESTRICTED[name])
    rows = made["rows"]
    for file, reason, n in rows[["file", "reason", "n"]].itertuples(index=False):
        log.say(f"{file}: {n} rows {reason}")
    used = rows["reason"] == "used"
    log.say(f"{rows.loc[used, 'n'].sum()} rows used, {rows.loc[~used, 'n'].sum()} left out, with reasons")
