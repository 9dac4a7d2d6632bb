"""Job of rule clean: read the raw files, clean them, write the tables."""

from outcomes import files, joblog, keys, tables
from outcomes.clean import clean
from outcomes.study.stages import Cleaning

with joblog.opened(snakemake.log[0], "clean") as log:
    part = Cleaning.model_validate(snakemake.params.study)
    made = clean(files.Folder(part.folder, part.folder), part, keys.secret_for(part.study, part.ids))
    for name, frame in made.tables.items():
        files.write_table(frame, snakemake.output[name], tables.RESTRICTED[name])
    rows = made.tables["rows"]
    for file, reason, n in rows[["file", "reason", "n"]].itertuples(index=False):
        log.say(f"{file}: {n} rows {reason}")
    used = rows["reason"] == "used"
    left_out = f"{rows.loc[~used, 'n'].sum()} left out, with reasons"
    log.say(f"{rows.loc[used, 'n'].sum()} rows used, {left_out}; {len(made.warnings)} warnings")
