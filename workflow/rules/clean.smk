# Raw exports and registers -> who answered what, when; what was changed or left out, and why.
rule clean:
    input:
        raw=raw_files,
        code=code("clean"),
    output:
        **project.tables("clean"),
    log:
        project.log("clean"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        study=part("clean"),
        key_id=project.key_id,
    message:
        f"Reading {len(raw_files)} raw files"
    script:
        "../scripts/clean.py"
