# Restricted tables -> what may be shown.
rule disclose:
    input:
        **{
            name: path
            for stage in ("clean", "score", "model")
            for name, path in project.tables(stage).items()
            if name in RELEASED_FROM.values()
        },
        code=code("disclose"),
    output:
        **project.tables("disclose"),
    log:
        project.log("disclose"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        study=part("disclose"),
    message:
        f"Rounding and suppressing by the profile {project.loaded.profile.profile}"
    script:
        "../scripts/disclose.py"
