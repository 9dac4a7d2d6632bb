# Release tables and figures -> one page.
rule report:
    input:
        **project.tables("disclose"),
        figures=rules.figure.output.folder,
        code=code("report"),
    output:
        page=project.results("release/report.html"),
    log:
        project.log("report"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        study=part("report"),
    message:
        f"Writing the report on {project.name}"
    script:
        "../scripts/report.py"
