# Free and heterogeneous compound-symmetric covariance over waves. nlme's gls fits by its own optimiser; the values come from
# the same criterion polished by Newton steps (dense.R), and `gls` says how far it stopped from there.
# In this folder: Rscript unstructured.R > unstructured.json
source("reference.R")
source("cases.R")
source("dense.R")

# nlme's optimiser as tight as it goes
CONTROL <- nlme::glsControl(tolerance = 1e-10, msTol = 1e-12, maxIter = 500, msMaxIter = 500)

by_gls <- function(terms, data, correlation, person, reml) {
  data$wave_number <- as.integer(data$wave)
  form <- as.formula(paste("~ wave_number |", person))
  # eval keeps the formula's value in the call, which gls looks at again
  eval(bquote(nlme::gls(
    .(terms), data, correlation = .(correlation)(form = .(form)), weights = nlme::varIdent(form = ~ 1 | wave),
    method = .(if (reml) "REML" else "ML"), control = CONTROL
  )))
}

# gls multiplies the variances of an ML fit by n / (n - p), which is taken back here
compared <- function(gls, fit, reml) {
  n <- length(residuals(gls)); p <- length(coef(gls))
  error <- sqrt(diag(gls$varBeta) * (if (reml) 1 else (n - p) / n)); ours <- sqrt(diag(fit$phi))
  list(
    log_likelihood = as.numeric(logLik(gls)), log_likelihood_within = below(-fit$value / 2 - as.numeric(logLik(gls))),
    estimates_within_std_errors = below((coef(gls) - fit$beta) / ours), std_errors_within = below(error / ours - 1)
  )
}

described <- function(fit) list(
  log_likelihood = -fit$value / 2, estimate = values_of(fit$beta), std_error = values_of(sqrt(diag(fit$phi))),
  vcov = unname(fit$phi), parameters = as.list(setNames(fit$theta, fit$structure$names)),
  covariance = fit$structure$covariance(fit$theta), gradient_below = below(fit$slope)
)

# Starting values: what the complete pairs show
moments <- function(y, wave, person) {
  wide <- matrix(NA_real_, length(unique(person)), max(wave))
  wide[cbind(match(person, unique(person)), wave)] <- y
  found <- cov(wide, use = "pairwise.complete.obs")
  diag(found) <- diag(found) * 1.1
  found
}

# The whole of one data set under one structure. `kinds` are the ways to test: see `ways`. gls is slow on STAR.
structured <- function(terms, data, person, group, structure = "unstructured", kinds = names(ways), gls_by_ml = TRUE) {
  frame <- model.frame(terms, data)
  y <- model.response(frame); X <- model.matrix(terms, frame); wave <- as.integer(data$wave)
  blocks <- blocks_of(y, X, as.character(data[[person]]), wave)
  found <- moments(residuals(lm(y ~ X - 1)), wave, as.character(data[[person]]))
  k <- nrow(found)
  form <- if (structure == "unstructured") unstructured(found) else {
    compound_heterogeneous(k, c(diag(found), mean(cov2cor(found)[lower.tri(found)])))
  }
  fit <- settled(form, blocks); ml <- settled(form, blocks, reml = FALSE)
  correlation <- if (structure == "unstructured") quote(nlme::corSymm) else quote(nlme::corCompSymm)
  terms_of <- delete.response(terms(terms))
  L <- wave_rows(terms_of, data, "wave", group)
  interaction <- diag(ncol(X))[grepl(paste0("wave.*:", group), colnames(X)), , drop = FALSE]
  c(
    list(
      formula = deparse1(terms), structure = structure, n_rows = length(y), n = length(unique(data[[person]])),
      waves = levels(data$wave), terms = values_of(colnames(X))
    ),
    described(fit), list(ml = described(ml)),
    lapply(ways[kinds], function(way) way(fit, L, list(interaction = interaction))),
    list(gls = list(
      reml = compared(by_gls(terms, data, correlation, person, TRUE), fit, TRUE),
      ml = if (gls_by_ml) compared(by_gls(terms, data, correlation, person, FALSE), ml, FALSE)
    ))
  )
}

# Kenward and Roger's W is the inverse of the expected information (as in pbkrtest) or of the observed one (as in SAS)
ways <- list(
  satterthwaite = function(...) under(..., method = "satterthwaite"),
  kenward_roger = function(...) under(..., method = "kenward_roger"),
  kenward_roger_observed = function(...) under(..., method = "kenward_roger", information = "observed"),
  kenward_roger_linear = function(...) under(..., method = "kenward_roger", second = FALSE)
)
usual <- setdiff(names(ways), "kenward_roger_linear")

# Do dense.R's formulas give what lmerTest and pbkrtest give? On one n x n block and on one block a person
proved <- function(formula, data, person, structure) {
  model <- lmerTest::lmer(formula, data, REML = TRUE, control = TIGHT)
  y <- getME(model, "y"); X <- getME(model, "X"); wave <- as.integer(data$wave)
  joint <- selecting(model, ":")
  of <- function(whole) {
    fit <- settled(structure, blocks_of(y, X, as.character(data[[person]]), wave, whole))
    satterthwaite <- under(fit, "satterthwaite", joint = list(joint))
    kenward_roger <- under(fit, "kenward_roger", joint = list(joint))
    from_r <- joint_test(model, joint)
    off <- function(ours, theirs) below(unlist(ours) / unlist(theirs) - 1)
    list(
      log_likelihood = below(-fit$value / 2 - as.numeric(logLik(model))),
      std_error = off(satterthwaite$std_error, sqrt(diag(vcov(model)))),
      df_satterthwaite = off(satterthwaite$df, coefficients_under(model, "Satterthwaite")$df),
      std_error_kenward_roger = off(kenward_roger$std_error, coefficients_under(model, "Kenward-Roger")$std_error),
      df_kenward_roger = off(kenward_roger$df, coefficients_under(model, "Kenward-Roger")$df),
      joint_satterthwaite = off(satterthwaite$joint[[1]][2:5], from_r$satterthwaite),
      joint_kenward_roger = off(kenward_roger$joint[[1]][2:6], from_r$kenward_roger[1:5])
    )
  }
  list(formula = deparse1(formula), dense = of(TRUE), by_person = of(FALSE))
}

Y <- y ~ wave * group + x
invented <- function(name, ...) structured(Y, generated_set(name), "person", "group", ..., kinds = usual)
heterogeneous <- function(name) structured(Y, generated_set(name), "person", "group", "heterogeneous compound symmetry")
toothed <- function(data) structured(distance ~ wave * Sex, data, "Subject", "Sex", kinds = usual)
schooled <- function(column) {
  structured(score ~ wave * group, star_scores(column), "id", "group", kinds = usual, gls_by_ml = FALSE)
}
print_json(list(
  proof = list(
    what = "dense.R differs from lmerTest and pbkrtest by less than this, relatively; in log_likelihood from lme4, absolutely",
    orthodont_uneven_intercept = proved(
      distance ~ wave * Sex + (1 | Subject), orthodont_uneven, "Subject", random_intercept(4, c(3, 2))
    ),
    generated_dropout_slope = proved(
      y ~ wave * group + x + (time | person), generated_set("dropout"), "person", random_slope(0:3, c(10, .4, .2, 4))
    )
  ),
  orthodont = toothed(orthodont),
  orthodont_uneven = toothed(orthodont_uneven),
  star_reading = schooled("read"),
  star_mathematics = schooled("math"),
  generated_two_waves = invented("two_waves"),
  generated_three_waves = invented("three_waves"),
  generated_dropout = invented("dropout"),
  generated_near_singular = invented("near_singular"),
  generated_small = invented("small"),
  generated_three_waves_heterogeneous = heterogeneous("three_waves"),
  generated_dropout_heterogeneous = heterogeneous("dropout")
), c("lme4", "lmerTest", "pbkrtest", "nlme", "jsonlite"))
