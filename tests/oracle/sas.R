# What SAS PROC MIXED printed on fev_data, and how dense.R stands to it. In this folder: Rscript sas.R > sas.json
# The listings are in the repository openpharma/mmrm (Apache-2.0) at the commit below; `listing` tells the file of each.
# Lines are taken over as printed; references are RACE Asian, SEX Male, ARMCD PBO, AVISIT VIS1, and terms are named as
# R names them.
source("reference.R")
source("dense.R")
COMMIT <- "ec290b2695b25057b31bc98e27c39d3f498cd0d6"

fev <- read.csv("fev_data.csv", stringsAsFactors = FALSE)
fev$RACE <- factor(fev$RACE, c("Asian", "Black or African American", "White"))
fev$SEX <- factor(fev$SEX, c("Male", "Female"))
fev$ARMCD <- factor(fev$ARMCD, c("PBO", "TRT"))
fev$AVISIT <- factor(fev$AVISIT)
fev <- fev[!is.na(fev$FEV1), ]

lines_of <- function(text, columns) read.table(text = text, col.names = columns, stringsAsFactors = FALSE, comment.char = "")
SOLUTION <- c("term", "estimate", "std_error", "df", "statistic", "p_value")
KNOWN <- c("estimate", "std_error", "df", "statistic")

MMRM <- FEV1 ~ RACE + SEX + ARMCD * AVISIT
mmrm_reml <- lines_of("
(Intercept)                    30.7774  0.8865  219  34.72  <.0001
ARMCDTRT                        3.7745  1.0741  146   3.51  0.0006
AVISITVIS2                      4.8396  0.8016  144   6.04  <.0001
AVISITVIS3                     10.3422  0.8227  156  12.57  <.0001
AVISITVIS4                     15.0537  1.3129  138  11.47  <.0001
ARMCDTRT:AVISITVIS2           -0.04231  1.1292  139  -0.04  0.9702
ARMCDTRT:AVISITVIS3            -0.6939  1.1876  158  -0.58  0.5599
ARMCDTRT:AVISITVIS4             0.6240  1.8510  130   0.34  0.7366
'RACEBlack or African American' 1.5305  0.6244  169   2.45  0.0153
RACEWhite                       5.6436  0.6656  157   8.48  <.0001
SEXFemale                       0.3262  0.5319  166   0.61  0.5406
", SOLUTION)
mmrm_ml <- lines_of("
(Intercept)                    30.7748  0.8767  222  35.10  <.0001
ARMCDTRT                        3.7751  1.0641  148   3.55  0.0005
AVISITVIS2                      4.8376  0.7948  146   6.09  <.0001
AVISITVIS3                     10.3459  0.8156  158  12.68  <.0001
AVISITVIS4                     15.0480  1.3027  140  11.55  <.0001
ARMCDTRT:AVISITVIS2           -0.03937  1.1195  141  -0.04  0.9720
ARMCDTRT:AVISITVIS3            -0.6923  1.1773  161  -0.59  0.5573
ARMCDTRT:AVISITVIS4             0.6250  1.8367  131   0.34  0.7342
'RACEBlack or African American' 1.5361  0.6146  173   2.50  0.0134
RACEWhite                       5.6436  0.6548  161   8.62  <.0001
SEXFemale                       0.3275  0.5235  171   0.63  0.5324
", SOLUTION)
TYPE_3 <- c("effect", "df_numerator", "df_denominator", "chi_square", "statistic", "p_chi_square", "p_value")
mmrm_type_3 <- lines_of("
ARMCD:AVISIT  3  148    0.77    0.26  0.8556  0.8555
RACE          2  166   73.83   36.92  <.0001  <.0001
SEX           1  166    0.38    0.38  0.5398  0.5406
", TYPE_3)
# Both sexes and the three races weigh the same in SAS's least-squares means
MEANS <- c("wave", "group", "estimate", "std_error", "df", "statistic", "p_value", "alpha", "low", "high")
mmrm_means <- lines_of("
VIS2  TRT  41.9037  0.6023  144  69.57  <.0001  0.05  40.7131  43.0942
VIS2  PBO  38.1715  0.6117  147  62.40  <.0001  0.05  36.9626  39.3803
VIS3  TRT  46.7546  0.5086  130  91.92  <.0001  0.05  45.7484  47.7608
VIS3  PBO  43.6740  0.4617  130  94.58  <.0001  0.05  42.7605  44.5875
VIS4  TRT  52.7841  1.1877  133  44.44  <.0001  0.05  50.4347  55.1334
VIS4  PBO  48.3855  1.1886  134  40.71  <.0001  0.05  46.0346  50.7364
VIS1  TRT  37.1063  0.7626  143  48.66  <.0001  0.05  35.5990  38.6137
VIS1  PBO  33.3318  0.7554  148  44.13  <.0001  0.05  31.8391  34.8245
", MEANS)
DIFFERENCES <- c("wave", "group", "other_wave", "other_group", MEANS[-(1:2)])
mmrm_differences <- lines_of("
VIS2  TRT  VIS2  PBO    3.7322  0.8588  145   4.35  <.0001  0.05   2.0348    5.4296
VIS3  TRT  VIS3  PBO    3.0806  0.6896  131   4.47  <.0001  0.05   1.7164    4.4448
VIS4  TRT  VIS4  PBO    4.3985  1.6805  133   2.62  0.0099  0.05   1.0746    7.7225
VIS1  TRT  VIS1  PBO    3.7745  1.0741  146   3.51  0.0006  0.05   1.6517    5.8974
VIS2  TRT  VIS1  TRT    4.7973  0.7949  133   6.03  <.0001  0.05   3.2250    6.3697
VIS2  PBO  VIS1  PBO    4.8396  0.8016  144   6.04  <.0001  0.05   3.2551    6.4241
VIS3  TRT  VIS1  TRT    9.6483  0.8569  161  11.26  <.0001  0.05   7.9560   11.3405
VIS3  PBO  VIS1  PBO   10.3422  0.8227  156  12.57  <.0001  0.05   8.7171   11.9672
VIS4  TRT  VIS1  TRT   15.6778  1.3047  121  12.02  <.0001  0.05  13.0949   18.2607
VIS4  PBO  VIS1  PBO   15.0537  1.3129  138  11.47  <.0001  0.05  12.4578   17.6496
", DIFFERENCES)
ARM_SEX <- FEV1 ~ ARMCD + SEX
arm_sex <- lines_of("
(Intercept)  41.0762  0.5504  156  74.63  <.0001  0.05  39.9890  42.1634
ARMCDTRT      3.8265  0.6421  161   5.96  <.0001  0.05   2.5584   5.0945
SEXFemale    -0.1404  0.6434  161  -0.22  0.8276  0.05  -1.4108   1.1301
", c(SOLUTION, "alpha", "low", "high"))
ARM <- FEV1 ~ ARMCD
one_arm <- function(intercept, arm) {
  lines_of(paste(c("(Intercept)", "ARMCDTRT"), c(intercept, arm), collapse = "\n"), SOLUTION)
}
alone <- function(line) lines_of(paste("(Intercept)", line), SOLUTION)

settings <- list(
  un = function() unstructured(diag(c(100, 40, 30, 150))),
  csh = function() compound_heterogeneous(4, c(100, 35, 30, 170, .1)),
  cs = function() random_intercept(4, c(2, 80))
)

fitted_by_us <- function(terms, structure, reml = TRUE) {
  X <- model.matrix(terms, fev)
  fit <- settled(settings[[structure]](), blocks_of(fev$FEV1, X, fev$USUBJID, as.integer(fev$AVISIT)), reml)
  fit$names <- colnames(X)
  fit
}

# At covariance parameters that are given instead of estimated
fixed_at <- function(terms, structure, theta) {
  X <- model.matrix(terms, fev); form <- settings[[structure]]()
  blocks <- blocks_of(fev$FEV1, X, fev$USUBJID, as.integer(fev$AVISIT))
  c(criterion(theta, form, blocks), list(theta = theta, structure = form))
}

# One listing: what SAS printed, what dense.R finds at its own optimum, and by how much they differ
listed <- function(listing, terms, structure, solution, criterion_printed, parameters, reml = TRUE,
                   method = "satterthwaite", second = TRUE, ...) {
  fit <- fitted_by_us(terms, structure, reml)
  ours <- under(fit, method, information = "observed", second = second)
  row <- match(solution$term, fit$names)
  found <- data.frame(estimate = fit$beta, ours[KNOWN[-1]])[row, ]
  list(
    listing = listing, formula = deparse1(terms), structure = structure, method = if (reml) "REML" else "ML",
    inference = method, second_derivatives = second, minus_twice_log_likelihood = criterion_printed,
    parameters = as.list(parameters), solution = solution, ...,
    dense = list(
      minus_twice_log_likelihood = fit$value, parameters = as.list(setNames(fit$theta, fit$structure$names)),
      solution = data.frame(found, row.names = NULL),
      largest_difference = lapply(setNames(nm = KNOWN), function(name) {
        signif(max(abs(found[[name]] - solution[[name]])), 2)
      })
    )
  )
}

# SAS's unrounded Kenward-Roger test of TRT - PBO beside each way to choose W, at our optimum and at SAS's own parameters
# as printed: SAS stops its Newton steps early (criterion 1E-8, relative), and its df follows the parameters
variants <- function(listing, structure, printed, printed_linear, parameters) {
  own <- fitted_by_us(ARM, structure)
  theirs <- fixed_at(ARM, structure, parameters)
  at <- function(fit) {
    ways <- expand.grid(
      information = c("expected", "observed"), second_derivatives = c(TRUE, FALSE), stringsAsFactors = FALSE
    )
    cbind(ways, do.call(rbind, Map(function(information, second) {
      found <- under(fit, "kenward_roger", information = information, second = second)
      data.frame(std_error = found$std_error[2], df = found$df[2])
    }, ways$information, ways$second_derivatives)))
  }
  list(
    listing = listing, sas = printed, sas_linear = printed_linear,
    at_optimum = data.frame(at(own), row.names = NULL), at_printed_parameters = data.frame(at(theirs), row.names = NULL)
  )
}

# The sandwich with no correction (PROC MIXED EMPIRICAL), at our optimum
sandwich <- function(structure) {
  fit <- fitted_by_us(ARM, structure)
  X <- model.matrix(ARM, fev); S <- fit$structure$covariance(fit$theta)
  people <- split(seq_along(fev$FEV1), fev$USUBJID)
  scores <- vapply(people, function(at) {
    wave <- as.integer(fev$AVISIT)[at]
    drop(crossprod(X[at, , drop = FALSE], solve(S[wave, wave], fev$FEV1[at] - X[at, , drop = FALSE] %*% fit$beta)))
  }, c(0, 0))
  unname(fit$phi %*% tcrossprod(scores) %*% fit$phi)
}
empirical <- function(structure, listing, intercept, arm) {
  ours <- sandwich(structure)
  list(
    listing = listing, formula = deparse1(ARM), structure = structure,
    vcov = matrix(c(intercept, -intercept, -intercept, arm), 2), dense = ours,
    relative_difference_below = below(c(ours[1, 1] / intercept, ours[2, 2] / arm) - 1)
  )
}

UN_ARM <- c(108.39, 45.4113, -2.6971, -47.0103, 40.1721, .7771, -13.0998, 24.6058, 18.7346, 152.36)
CSH_ARM <- c(100.98, 35.2903, 28.6359, 168.89, .09475)
CS_ARM <- c(1.1388, 81.4907)
csh_names <- c(paste0("Var(", 1:4, ")"), "CSH")
un_names <- unstructured(diag(4))$names
full <- function(estimate, std_error, df, statistic, p_value, low, high) as.list(environment())

cases <- list(
  fev_unstructured = listed(
    "design/SAS/sas_log_reml.txt", MMRM, "un", mmrm_reml, 3386.44987722,
    # the listing's order of waves is VIS2 VIS3 VIS4 VIS1; here VIS1 comes first
    setNames(c(40.5509, 14.3982, 4.9744, 13.3731, 26.5692, 2.7851, 7.4790, 14.8970, .9017, 95.5528), un_names),
    type_3 = mmrm_type_3, means = mmrm_means, differences = mmrm_differences
  ),
  fev_unstructured_ml = listed(
    "design/SAS/sas_log.txt", MMRM, "un", mmrm_ml, 3397.57220025,
    setNames(c(39.7740, 14.0451, 4.7227, 12.9820, 25.9989, 2.5419, 7.2159, 14.4620, .6609, 93.9227), un_names), reml = FALSE
  ),
  fev_arm_sex_unstructured = listed(
    "design/SAS/sas_coef_ci_reml_un.txt", ARM_SEX, "un", arm_sex, 3666.96698281,
    setNames(c(108.64, 45.5282, -2.4314, -46.7566, 40.1475, .8698, -13.0626, 24.7713, 18.9219, 152.49), un_names)
  ),
  fev_intercept_heterogeneous = listed(
    "design/SAS/sas_csh_reml.txt", FEV1 ~ 1, "csh", alone("41.9964 0.3575 199 117.47 <.0001"), 3784.85341599,
    setNames(c(104.61, 38.6137, 31.3143, 178.91, .1582), csh_names)
  ),
  fev_intercept_heterogeneous_ml = listed(
    "design/SAS/sas_csh_ml.txt", FEV1 ~ 1, "csh", alone("42.0018 0.3566 199 117.78 <.0001"), 3784.63158043,
    setNames(c(104.54, 38.5253, 31.1656, 178.62, .1566), csh_names), reml = FALSE
  ),
  fev_intercept_compound = listed(
    "design/SAS/sas_cs_reml.txt", FEV1 ~ 1, "cs", alone("42.2896 0.4285 187 98.70 <.0001"), 3917.98183508,
    c(person = 5.8943, residual = 81.0025)
  ),
  fev_intercept_compound_ml = listed(
    "design/SAS/sas_cs_ml.txt", FEV1 ~ 1, "cs", alone("42.2897 0.4273 188 98.96 <.0001"), 3918.12214544,
    c(person = 5.7193, residual = 80.9950), reml = FALSE
  ),
  fev_arm_unstructured_kenward_roger = listed(
    "design/ddfm_covtype/kr_us.txt", ARM, "un",
    one_arm("41.0058 0.4547 162 90.18 <.0001", "3.8197 0.6612 161 5.78 <.0001"),
    3667.96276376, setNames(UN_ARM, un_names), method = "kenward_roger",
    difference = full(
      3.81972492174648, .66124382270307, 160.733266403768, 5.77657558467911,
      3.8418051504164e-08, 2.51387886026607, 5.12557098322688
    )
  ),
  fev_arm_heterogeneous_kenward_roger = listed(
    "design/ddfm_covtype/kr_csh.txt", ARM, "csh",
    one_arm("40.2471 0.4656 191 86.44 <.0001", "3.7709 0.6741 191 5.59 <.0001"),
    3754.18491472, setNames(CSH_ARM, csh_names), method = "kenward_roger",
    difference = full(
      3.77090812499029, .67414806011886, 190.737701349941, 5.59359041146748,
      7.6321785400906e-08, 2.44116504183384, 5.10065120814674
    )
  ),
  fev_arm_heterogeneous_kenward_roger_linear = listed(
    "design/ddfm_covtype/kr1_csh.txt", ARM, "csh",
    one_arm("40.2471 0.4655 191 86.46 <.0001", "3.7709 0.6740 191 5.59 <.0001"),
    3754.18491472, setNames(CSH_ARM, csh_names), method = "kenward_roger", second = FALSE,
    difference = full(
      3.77090812499029, .67403858183242, 190.737701349941, 5.59449893022268,
      7.5979370864976e-08, 2.44138098548593, 5.10043526449464
    )
  ),
  fev_arm_compound_kenward_roger = listed(
    "design/ddfm_covtype/kr_cs.txt", ARM, "cs",
    one_arm("40.2495 0.5560 187 72.39 <.0001", "4.1966 0.7965 177 5.27 <.0001"),
    3890.97896859, c(person = 1.1388, residual = 81.4907), method = "kenward_roger",
    difference = full(
      4.19663617897035, .7964696053595, 177.038485931223, 5.26904749500904,
      3.9513758117516e-07, 2.62483985242729, 5.7684325055134
    )
  )
)

tested_by_sas <- function(std_error, df) list(std_error = std_error, df = df)
of_w <- list(
  unstructured = variants(
    "design/ddfm_covtype/kr_us.csv, kr1_us.csv", "un", tested_by_sas(.66124382270307, 160.733266403768),
    tested_by_sas(.66124382270307, 160.733266403768), UN_ARM
  ),
  heterogeneous = variants(
    "design/ddfm_covtype/kr_csh.csv, kr1_csh.csv", "csh", tested_by_sas(.67414806011886, 190.737701349941),
    tested_by_sas(.67403858183242, 190.737701349941), CSH_ARM
  ),
  compound = variants(
    "design/ddfm_covtype/kr_cs.csv, kr1_cs.csv", "cs", tested_by_sas(.7964696053595, 177.038485931223),
    tested_by_sas(.7964696053595, 177.038485931223), CS_ARM
  )
)

# dense.R on what SAS tested beyond the coefficients: joint tests, and means over equally weighted races and sexes
beyond <- function() {
  fit <- fitted_by_us(MMRM, "un")
  identity <- diag(length(fit$names))
  rows <- function(pattern) identity[grepl(pattern, fit$names), , drop = FALSE]
  grid <- mmrm_means[c("wave", "group")]
  cells <- data.frame(
    RACE = fev$RACE[1], SEX = fev$SEX[1], ARMCD = factor(grid$group, levels(fev$ARMCD)), AVISIT = factor(grid$wave)
  )
  L <- model.matrix(delete.response(terms(MMRM)), cells)
  L[, grepl("^RACE", fit$names)] <- 1 / 3
  L[, grepl("^SEX", fit$names)] <- 1 / 2
  at <- function(wave, group) match(paste(wave, group), paste(grid$wave, grid$group))
  other <- with(mmrm_differences, L[at(wave, group), ] - L[at(other_wave, other_group), ])
  type_3 <- lapply(list("ARMCDTRT:AVISIT", "^RACE", "^SEX"), function(pattern) satterthwaite_joint(fit, rows(pattern)))
  list(
    type_3 = data.frame(effect = mmrm_type_3$effect, do.call(rbind, lapply(type_3, data.frame))),
    means = data.frame(grid, rows_under(fit, L, "satterthwaite"), row.names = NULL),
    differences = data.frame(mmrm_differences[1:4], rows_under(fit, other, "satterthwaite"), row.names = NULL)
  )
}

cases$fev_unstructured$dense <- c(cases$fev_unstructured$dense, beyond())
print_json(c(cases, list(
  empirical = list(
    unstructured = empirical("un", "design/Robust/empirical_us_covb.csv", .16725909903518, .40908637028234),
    heterogeneous = empirical("csh", "design/Robust/empirical_csh_covb.csv", .19635239056617, .46038132267959),
    compound = empirical("cs", "design/Robust/empirical_cs_covb.csv", .26910953746582, .6297163326325)
  ),
  kenward_roger_w = c(of_w, list(note = paste(
    "SAS takes W as the inverse of the observed information (its Newton-Raphson second derivative), so that its",
    "Kenward-Roger df of one contrast is Satterthwaite's. Kenward & Roger (1997) and pbkrtest take the expected",
    "information, which gives other df and standard errors here. SAS's default includes the second derivatives of V in",
    "the parameters (variances and correlation for CSH); kr(linear) leaves them out; for UN and CS they are 0. What still",
    "differs at our optimum comes from SAS's early stop."
  ))),
  source = list(repository = "github.com/openpharma/mmrm", commit = COMMIT, licence = "Apache-2.0", data = "data/fev_data.rda")
)), c("jsonlite"))
