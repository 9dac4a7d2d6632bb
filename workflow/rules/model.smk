# Scores and people -> gains, gaps in gains, verdicts.
rule model:
    input:
        scores=rules.score.output.scores,
        people=rules.clean.output.people,
        participation=rules.clean.output.participation,
        code=code("model"),
    output:
        **project.tables("model"),
    log:
        project.log("model"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        study=part("model"),
    message:
        f"Fitting {len(project.loaded.scales)} outcomes by REML"
    script:
        "../scripts/model.py"
