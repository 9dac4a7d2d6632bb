"""What is a paragraph of the methods, and which works can it cite?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paragraph:
    """A piece of the methods text: its heading, its text, a list below it, and the works that it cites."""

    heading: str
    text: str
    items: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()


REFERENCES = {
    "alpha": "Feldt LS, Woodruff DJ, Salih FA (1987). Statistical inference for coefficient alpha. Applied "
    "Psychological Measurement 11:93-103. doi 10.1177/014662168701100107.",
    "bh": "Benjamini Y, Hochberg Y (1995). Controlling the false discovery rate. Journal of the Royal "
    "Statistical Society B 57:289-300. doi 10.1111/j.2517-6161.1995.tb02031.x.",
    "bonferroni": "Dunn OJ (1961). Multiple comparisons among means. Journal of the American Statistical "
    "Association 56:52-64. doi 10.1080/01621459.1961.10482090.",
    "cr2": "Pustejovsky JE, Tipton E (2018). Small-sample methods for cluster-robust variance estimation and "
    "hypothesis testing in fixed effects models. Journal of Business & Economic Statistics 36:672-683. doi "
    "10.1080/07350015.2016.1247004.",
    "equivalence": "Schuirmann DJ (1987). A comparison of the two one-sided tests procedure and the power "
    "approach for assessing the equivalence of average bioavailability. Journal of Pharmacokinetics and "
    "Biopharmaceutics 15:657-680. doi 10.1007/BF01068419.",
    "explained": "Nakagawa S, Schielzeth H (2013). A general and simple method for obtaining R\u00b2 from "
    "generalized linear mixed-effects models. Methods in Ecology and Evolution 4:133-142. doi "
    "10.1111/j.2041-210x.2012.00261.x.",
    "hedges": "Hedges LV (1981). Distribution theory for Glass's estimator of effect size and related "
    "estimators. Journal of Educational Statistics 6:107-128. doi 10.3102/10769986006002107.",
    "heterogeneous": "Jennrich RI, Schluchter MD (1986). Unbalanced repeated-measures models with structured "
    "covariance matrices. Biometrics 42:805-820. doi 10.2307/2530695.",
    "holm": "Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of "
    "Statistics 6:65-70.",
    "kenward-roger": "Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted "
    "maximum likelihood. Biometrics 53:983-997. doi 10.2307/2533558.",
    "lyden": "Lyden (2026), doi 10.1108/ijmce-12-2024-0135.",
    "mixed": "Laird NM, Ware JH (1982). Random-effects models for longitudinal data. Biometrics 38:963-974. "
    "doi 10.2307/2529876.",
    "mmrm": "Mallinckrodt CH, Lane PW, Schnell D, Peng Y, Mancuso JP (2008). Recommendations for the primary "
    "analysis of continuous endpoints in longitudinal clinical trials. Drug Information Journal 42:303-319. "
    "doi 10.1177/009286150804200402.",
    "morris": "Morris SB (2008). Estimating effect sizes from pretest-posttest-control group designs. "
    "Organizational Research Methods 11:364-386. doi 10.1177/1094428106291059.",
    "ofs": "Office for Students. Standards of evidence: type 2, empirical enquiry.",
    "ofs3": "Office for Students. Standards of evidence: type 3, causality.",
    "reml": "Patterson HD, Thompson R (1971). Recovery of inter-block information when block sizes "
    "are unequal. Biometrika 58:545-554. doi 10.1093/biomet/58.3.545.",
    "satterthwaite": "Fai AH-T, Cornelius PL (1996). Approximate F-tests of multiple degree of freedom "
    "hypotheses in generalized least squares analyses of unbalanced split-plot experiments. Journal of "
    "Statistical Computation and Simulation 54:363-378. doi 10.1080/00949659608811740.",
    "lmertest": "Kuznetsova A, Brockhoff PB, Christensen RHB (2017). lmerTest package: tests in linear mixed "
    "effects models. Journal of Statistical Software 82(13). doi 10.18637/jss.v082.i13.",
    "sequence": "Morikawa T, Yoshida M (1995). A useful testing strategy in phase III trials: combined test "
    "of superiority and test of equivalence. Journal of Biopharmaceutical Statistics 5:297-306. doi "
    "10.1080/10543409508835115.",
    "simultaneous": "Hothorn T, Bretz F, Westfall P (2008). Simultaneous inference in general parametric "
    "models. Biometrical Journal 50:346-363. doi 10.1002/bimj.200810425.",
    "union": "Berger RL (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics "
    "24:295-300. doi 10.2307/1267823.",
    "welch": "Welch BL (1947). The generalization of 'Student's' problem when several different population "
    "variances are involved. Biometrika 34:28-35. doi 10.2307/2332510.",
    "wilson": "Wilson EB (1927). Probable inference, the law of succession, and statistical inference. "
    "Journal of the American Statistical Association 22:209-212. doi 10.1080/01621459.1927.10502953.",
}
"""Works that the paragraphs cite."""
