# Cluster-robust inference by clubSandwich: CR2 (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018), people as clusters,
# with Satterthwaite df, and the same by hand for free covariances at their exact optimum.
# In this folder: Rscript robust.R > robust.json
source("reference.R")
source("cases.R")
source("dense.R")
suppressMessages(library(clubSandwich))

tested_rows <- function(fit, vcov, L) {
  found <- linear_contrast(fit, vcov, L, test = "Satterthwaite", level = .95)
  data.frame(
    named(rownames(L)), estimate = found$Est, std_error = found$SE, df = found$df, low = found$CI_L, high = found$CI_U,
    row.names = NULL
  )
}

coefficients_by <- function(fit, vcov) {
  found <- coef_test(fit, vcov = vcov, test = "Satterthwaite")
  list(
    std_error = values_of(found$SE), df = values_of(found$df_Satt), statistic = values_of(found$tstat),
    p_value = values_of(found$p_Satt), vcov = bare(unclass(vcov)[, ])
  )
}

# One fit, whose weights are the inverse of its fitted covariance and whose working covariance (target) is that covariance
robust <- function(fit, formula, data, group, estimates) {
  vcov <- vcovCR(fit, type = "CR2")
  terms <- delete.response(terms(lme4::nobars(formula)))
  L <- wave_rows(terms, data, "wave", group)
  names <- names(estimates)
  joint <- diag(length(names))[grepl(paste0("wave.*:", group), names), , drop = FALSE]
  htz <- Wald_test(fit, constraints = joint, vcov = vcov, test = "HTZ")
  c(
    list(formula = deparse1(formula), terms = values_of(names), estimate = values_of(estimates)),
    coefficients_by(fit, vcov),
    lapply(L, function(rows) tested_rows(fit, vcov, rows)),
    list(
      joint = list(interaction = list(
        L = joint, test = "HTZ", statistic = htz$Fstat, df_numerator = htz$df_num, df_denominator = htz$df_denom,
        p_value = htz$p_val
      )),
      vcov_cr0 = bare(unclass(vcovCR(fit, type = "CR0"))[, ]), vcov_cr1 = bare(unclass(vcovCR(fit, type = "CR1"))[, ]),
      inverse_var = attr(vcov, "inverse_var"), model_vcov = bare(vcov(fit))
    )
  )
}

# CR2 by its definition. For person j with block V_j of the fitted covariance, D'D = V_j by Cholesky, M = (X'V^-1 X)^-1:
# A_j = D' (D (V_j - X_j M X_j') D')^(-1/2) D, vcov = M [sum X_j'V_j^-1 A_j e_j e_j' A_j' V_j^-1 X_j] M. The df of one
# contrast is (tr W)^2 / tr(W W), W the covariance of the people's terms under the fitted covariance.
cr2 <- function(y, X, person, wave, S) {
  rows <- split(seq_along(y), factor(person, unique(person)))
  V <- lapply(rows, function(at) S[wave[at], wave[at], drop = FALSE])
  part <- function(at) X[at, , drop = FALSE]
  M <- solve(Reduce(`+`, Map(function(at, v) crossprod(part(at), solve(v, part(at))), rows, V)))
  beta <- M %*% Reduce(`+`, Map(function(at, v) crossprod(part(at), solve(v, y[at])), rows, V))
  scored <- Map(function(at, v) {
    D <- chol(v)
    around <- eigen(D %*% (v - part(at) %*% M %*% t(part(at))) %*% t(D), TRUE)
    kept <- around$values > max(around$values) * 1e-12
    root <- around$vectors[, kept, drop = FALSE] %*% (t(around$vectors[, kept, drop = FALSE]) / sqrt(around$values[kept]))
    crossprod(part(at), solve(v, t(D) %*% root %*% D))
  }, rows, V)
  terms <- do.call(cbind, Map(function(e, at) M %*% e %*% (y[at] - part(at) %*% beta), scored, rows))
  df <- function(l) {
    a <- Map(function(e) drop(l %*% M %*% e), scored)
    own <- unlist(Map(function(a, v) drop(a %*% v %*% a), a, V))
    shared <- do.call(rbind, Map(function(a, at) drop(a %*% part(at)), a, rows))
    W <- diag(own) - shared %*% M %*% t(shared)
    sum(diag(W))^2 / sum(W^2)
  }
  list(beta = drop(beta), vcov = tcrossprod(terms), df = df)
}

by_hand <- function(y, X, person, wave, S) {
  found <- cr2(y, X, person, wave, S)
  list(
    std_error = values_of(sqrt(diag(found$vcov))), df = values_of(apply(diag(ncol(X)), 1, found$df)), vcov = unname(found$vcov)
  )
}

by_lmer <- function(formula, data, person, group) {
  model <- lme4::lmer(formula, data, REML = TRUE, control = TIGHT)
  values <- robust(model, formula, data, group, fixef(model))
  components <- as.data.frame(VarCorr(model))$vcov
  k <- nlevels(data$wave)
  S <- components[1] + diag(components[2], k)
  hand <- by_hand(getME(model, "y"), getME(model, "X"), data[[person]], as.integer(data$wave), S)
  off <- function(name) below(hand[[name]] / values[[name]] - 1)
  c(values, list(by_hand_within = list(std_error = off("std_error"), df = off("df"), vcov = off("vcov"))))
}

by_gls <- function(terms, data, person, group) {
  # clubSandwich looks for the data by the name in the call; `data` would find R's function
  answers <- data
  form <- as.formula(paste("~ 1 |", person))
  fit <- eval(bquote(nlme::gls(
    .(terms), answers, correlation = nlme::corCompSymm(form = .(form)), control = list(tolerance = 1e-10, msTol = 1e-12)
  )))
  robust(fit, terms, data, group, coef(fit))
}

# A free covariance at the exact REML optimum, where gls stops short
by_dense <- function(terms, data, person, group) {
  frame <- model.frame(terms, data)
  y <- model.response(frame); X <- model.matrix(terms, frame)
  wave <- as.integer(data$wave); person <- as.character(data[[person]])
  start <- diag(nlevels(data$wave)) * var(residuals(lm(y ~ X - 1)))
  fit <- settled(unstructured(start), blocks_of(y, X, person, wave))
  S <- fit$structure$covariance(fit$theta)
  found <- cr2(y, X, person, wave, S)
  L <- wave_rows(delete.response(terms(terms)), data, "wave", group)
  c(
    list(
      formula = deparse1(terms), structure = "unstructured", terms = values_of(colnames(X)),
      estimate = values_of(fit$beta), covariance = S
    ),
    by_hand(y, X, person, wave, S),
    lapply(L, function(rows) {
      error <- sqrt(diag(rows %*% found$vcov %*% t(rows))); df <- apply(rows, 1, found$df); estimate <- drop(rows %*% fit$beta)
      data.frame(
        named(rownames(rows)), estimate = estimate, std_error = error, df = df, low = estimate - qt(.975, df) * error,
        high = estimate + qt(.975, df) * error, row.names = NULL
      )
    })
  )
}

RI <- y ~ wave * group + x + (1 | person)
MEAN <- y ~ wave * group + x
three <- generated_set("three_waves"); small <- generated_set("small"); dropped <- generated_set("dropout")
print_json(list(
  convention = paste(
    "clubSandwich's default for lmer and gls: weights are the inverse of the fitted covariance of a person's rows, the target is",
    "that covariance (inverse_var TRUE), clusters are the people, form is the sandwich. by_hand_within: how near the definition",
    "in robust.R comes, relatively."
  ),
  orthodont_uneven_intercept = by_lmer(distance ~ wave * Sex + (1 | Subject), orthodont_uneven, "Subject", "Sex"),
  generated_three_waves_intercept = by_lmer(RI, three, "person", "group"),
  generated_dropout_intercept = by_lmer(RI, dropped, "person", "group"),
  generated_small_intercept = by_lmer(RI, small, "person", "group"),
  orthodont_uneven_compound_gls = by_gls(distance ~ wave * Sex, orthodont_uneven, "Subject", "Sex"),
  generated_three_waves_compound_gls = by_gls(MEAN, three, "person", "group"),
  orthodont_uneven_unstructured = by_dense(distance ~ wave * Sex, orthodont_uneven, "Subject", "Sex"),
  generated_three_waves_unstructured = by_dense(MEAN, three, "person", "group"),
  generated_dropout_unstructured = by_dense(MEAN, dropped, "person", "group"),
  generated_small_unstructured = by_dense(MEAN, small, "person", "group")
), c("lme4", "nlme", "clubSandwich", "jsonlite"))
