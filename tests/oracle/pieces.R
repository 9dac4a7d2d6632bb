# Parts around a fit: R2 and ICC, likelihood-ratio tests, profile limits, BLUPs and fitted values, simultaneous quantiles,
# adjusted p values and the standardised difference in gains. In this folder: Rscript pieces.R > pieces.json
source("reference.R")
source("cases.R")
source("dense.R")

tight <- function(formula, data, reml = TRUE) suppressMessages(lme4::lmer(formula, data, REML = reml, control = TIGHT))

# Nakagawa & Schielzeth (2013) Methods Ecol Evol 4, 133-142; random slopes by the mean of z'Gz over the rows (Johnson 2014,
# Methods Ecol Evol 5, 944-946), as MuMIn and performance define it. The fixed part's variance has n - 1 below.
explained <- function(model) {
  fixed <- var(drop(getME(model, "X") %*% fixef(model)))
  ZL <- Matrix::tcrossprod(getME(model, "Z"), getME(model, "Lambdat"))
  random <- sigma(model)^2 * mean(Matrix::rowSums(ZL^2))
  residual <- sigma(model)^2
  total <- fixed + random + residual
  list(
    fixed_variance = fixed, random_variance = random, residual_variance = residual, marginal = fixed / total,
    conditional = (fixed + random) / total, icc = random / (random + residual)
  )
}

ratio_test <- function(full, without, data) {
  one <- tight(full, data, FALSE); other <- tight(without, data, FALSE)
  chi2 <- 2 * (as.numeric(logLik(one)) - as.numeric(logLik(other)))
  df <- attr(logLik(one), "df") - attr(logLik(other), "df")
  list(
    full = deparse1(full), without = deparse1(without), log_likelihood = as.numeric(logLik(one)),
    log_likelihood_without = as.numeric(logLik(other)), statistic = chi2, df = df,
    p_value = pchisq(chi2, df, lower.tail = FALSE)
  )
}

# 95 % limits by the profile of the ML deviance, two ways: lme4's confint (splines through the profile) and `exact`, the roots
# of deviance - minimum = qchisq(.95, 1) with all other parameters at their best. Standard deviations and correlation as lme4
# gives them; `structure_at` makes the covariance parameters from them.
profiled <- function(formula, data, person, wave, structure, structure_at, start, lower, upper) {
  model <- tight(formula, data)
  by_lme4 <- suppressMessages(suppressWarnings(
    confint(model, method = "profile", level = .95, oldNames = FALSE, quiet = TRUE)
  ))
  y <- getME(model, "y"); X <- getME(model, "X")
  blocks_without <- function(column, value) {
    if (is.null(column)) return(blocks_of(y, X, person, wave))
    blocks_of(y - X[, column] * value, X[, -column, drop = FALSE], person, wave)
  }
  deviance_at <- function(values, blocks) {
    tryCatch(plain_deviance(structure$covariance(structure_at(values)), blocks), error = function(e) Inf)
  }
  # The lowest deviance with covariance parameter `held` at `value`, or with the blocks' own fixed effects
  lowest <- function(blocks, held = NULL, value = NULL, from = best) {
    free <- setdiff(seq_along(start), held)
    of <- function(part) {values <- start; values[held] <- value; values[free] <- part; deviance_at(values, blocks)}
    least_from <- function(at) {
      nlminb(at, of, lower = lower[free], upper = upper[free], control = list(rel.tol = 1e-15, x.tol = 1e-10))
    }
    found <- least_from(from[free])
    again <- least_from(found$par)
    list(value = min(found$objective, again$objective), at = again$par)
  }
  best <- start
  whole <- blocks_of(y, X, person, wave)
  least <- lowest(whole)
  best <- least$at
  limit <- least$value + qchisq(.95, 1)
  crossing <- function(profile, from, to) {
    # A profile that stays below the limit down to the edge of the parameter has the edge as its limit
    if (profile(to) < limit) return(to)
    uniroot(function(value) profile(value) - limit, sort(c(from, to)), tol = 1e-10)$root
  }
  covariance <- t(vapply(seq_along(start), function(i) {
    profile <- function(value) lowest(whole, i, value)$value
    reach <- function(edge) if (is.finite(edge)) edge else 6 * best[i]
    c(crossing(profile, best[i], reach(lower[i])), crossing(profile, best[i], reach(upper[i])))
  }, c(0, 0)))
  ml <- tight(formula, data, FALSE)
  fixed <- t(vapply(seq_along(fixef(ml)), function(j) {
    error <- sqrt(diag(as.matrix(vcov(ml))))[j]
    profile <- function(value) lowest(blocks_without(j, value))$value
    vapply(c(-8, 8), function(step) crossing(profile, fixef(ml)[j], fixef(ml)[j] + step * error), 0)
  }, c(0, 0)))
  exact <- rbind(covariance, fixed)
  list(
    formula = deparse1(formula), parameters = values_of(rownames(by_lme4)), estimate_ml = values_of(c(best, fixef(ml))),
    confint_low = values_of(by_lme4[, 1]), confint_high = values_of(by_lme4[, 2]), exact_low = values_of(exact[, 1]),
    exact_high = values_of(exact[, 2])
  )
}

# -2 log L at its best fixed effects (none may be left over: X without columns)
plain_deviance <- function(S, blocks) {
  root <- lapply(blocks, function(b) chol(S[b$wave, b$wave, drop = FALSE] * b$same))
  turned <- function(r, of) backsolve(r, of, transpose = TRUE)
  y <- unlist(Map(function(b, r) c(turned(r, b$y)), blocks, root))
  X <- do.call(rbind, Map(function(b, r) do.call(rbind, rep(list(turned(r, b$X)), b$count)), blocks, root))
  residual <- if (ncol(X)) qr.resid(qr(X), y) else y
  n <- length(y)
  sum(mapply(function(b, r) 2 * b$count * sum(log(diag(r))), blocks, root)) + sum(residual^2) + n * log(2 * pi)
}

# sd of the intercept and of the residual, in lme4's order
intercept_profile <- function(formula, data, person, wave, start) profiled(
  formula, data, person, wave, random_intercept(max(wave), start), function(v) v^2, start, c(0, .3 * start[2]), c(Inf, Inf)
)
# sd of the intercept, correlation, sd of the slope, sd of the residual
slope_profile <- function(formula, data, person, wave, time, start) profiled(
  formula, data, person, wave, random_slope(time, start),
  function(v) c(v[1]^2, v[2] * v[1] * v[3], v[3]^2, v[4]^2), start, c(0, -1, 0, .3 * start[4]), c(Inf, 1, Inf, Inf)
)

predicted <- function(formula, data) {
  model <- tight(formula, data)
  effects <- ranef(model, condVar = TRUE)[[1]]
  variance <- attr(effects, "postVar")
  list(
    formula = deparse1(formula), people = values_of(rownames(effects)), effects = values_of(colnames(effects)),
    blup = bare(effects),
    conditional_variance = lapply(seq_len(dim(variance)[3]), function(i) matrix(variance[, , i], dim(variance)[1])),
    fitted = values_of(fitted(model)), fitted_fixed_only = values_of(predict(model, re.form = NA)),
    residual = values_of(residuals(model))
  )
}

# Gauss-Legendre nodes and weights on [from, to] (Golub & Welsch 1969)
gauss <- function(n, from, to) {
  k <- seq_len(n - 1)
  jacobi <- matrix(0, n, n)
  jacobi[cbind(k, k + 1)] <- jacobi[cbind(k + 1, k)] <- k / sqrt(4 * k^2 - 1)
  found <- eigen(jacobi, TRUE)
  list(x = (from + to) / 2 + (to - from) / 2 * found$values, w = (to - from) * found$vectors[1, ]^2)
}

# P(|Z_i| < c s for all i) for normal Z whose correlations are a_i a_j: independent, given the factor they share (Dunnett 1955)
sharing <- function(a) {
  nodes <- gauss(200, -9, 9)
  spread <- sqrt(1 - a^2)
  function(bound) {
    boxes <- vapply(seq_along(a), function(i) {
      pnorm((bound - a[i] * nodes$x) / spread[i]) - pnorm((-bound - a[i] * nodes$x) / spread[i])
    }, nodes$x)
    sum(nodes$w * dnorm(nodes$x) * apply(boxes, 1, prod))
  }
}

# The same for correlations r^|i - j|, one step of the chain after the other
chained <- function(r, k) function(bound) {
  nodes <- gauss(120, -bound, bound)
  step <- outer(nodes$x, nodes$x, function(to, from) dnorm(to, r * from, sqrt(1 - r^2)))
  found <- dnorm(nodes$x)
  for (i in seq_len(k - 1)) found <- drop(step %*% (nodes$w * found))
  sum(nodes$w * found)
}

# c with P(|T_i| < c for all i) = .95: T_i = Z_i / s with s^2 chi-squared over df
quadrature <- function(inside, df) {
  chance <- inside
  if (!is.infinite(df)) {
    scale <- gauss(120, 1e-9, sqrt(qchisq(1e-15, df, lower.tail = FALSE) / df))
    density <- scale$w * 2 * df * scale$x * dchisq(df * scale$x^2, df)
    chance <- function(c) sum(density * vapply(c * scale$x, inside, 0))
  }
  uniroot(function(c) chance(c) - .95, c(1.5, 6), tol = 1e-12)$root
}

half <- function(k) matrix(.5, k, k) + diag(.5, k)
LOADINGS <- c(.3, .5, .7, .8, .9)
CORRELATIONS <- list(
  two_independent = diag(2), two_half = half(2), two_strong = matrix(c(1, .9, .9, 1), 2), three_half = half(3),
  three_uneven = matrix(c(1, .2, -.3, .2, 1, .6, -.3, .6, 1), 3), five_half = half(5),
  five_product = tcrossprod(LOADINGS) + diag(1 - LOADINGS^2), five_autoregressive = .6^abs(outer(1:5, 1:5, `-`))
)
INSIDE <- list(
  two_independent = sharing(c(0, 0)), two_half = sharing(rep(sqrt(.5), 2)), two_strong = sharing(rep(sqrt(.9), 2)),
  three_half = sharing(rep(sqrt(.5), 3)), five_half = sharing(rep(sqrt(.5), 5)), five_product = sharing(LOADINGS),
  five_autoregressive = chained(.6, 5)
)

# mvtnorm's chance of the box; in two and three dimensions by Genz's deterministic quadrature, which takes one-sided boxes only
# (so inclusion and exclusion over the corners), above by Genz and Bretz's random lattice
chance_by_mvtnorm <- function(c, R, df) {
  whole <- if (is.infinite(df)) 0 else df
  upper <- rep(c, nrow(R))
  if (nrow(R) > 3) {
    set.seed(20240601)
    lattice <- mvtnorm::GenzBretz(abseps = 2e-6, maxpts = 1e6)
    return(mvtnorm::pmvt(-upper, upper, corr = R, df = whole, algorithm = lattice)[1])
  }
  corners <- as.matrix(expand.grid(rep(list(c(1, -1)), nrow(R))))
  sum(apply(corners, 1, function(sign) prod(sign) * mvtnorm::pmvt(
    rep(-Inf, nrow(R)), sign * upper, corr = R, df = whole, algorithm = mvtnorm::TVPACK(abseps = 1e-13)
  )[1]))
}

# mvtnorm is the reference in two and three dimensions; in five, where it is random, quadrature is, and mvtnorm checks its chance
equicoordinate <- function(name, df) {
  R <- CORRELATIONS[[name]]
  known <- if (name %in% names(INSIDE)) quadrature(INSIDE[[name]], df)
  small <- nrow(R) <= 3
  by_mvtnorm <- if (small) uniroot(function(c) chance_by_mvtnorm(c, R, df) - .95, c(1.5, 6), tol = 1e-12)$root
  c(
    list(correlation = name, df = if (is.infinite(df)) "Inf" else df, quantile = if (small) by_mvtnorm else known),
    if (small && !is.null(known)) list(quadrature_within = below(known - by_mvtnorm)),
    if (!small) list(mvtnorm_chance_within = below(chance_by_mvtnorm(known, R, df) - .95))
  )
}

# Morris (2008) Organ Res Methods 11, 364-386: d_ppc2 with c as the gamma ratio and as Hedges' 1 - 3 / (4 df - 1), and its
# variance: the uncorrected one is a noncentral t with df = n_t + n_c - 2 times the root of 2 (1 - r) (1/n_t + 1/n_c), r the
# correlation of a person's two scores. Table 5 (page 382) prints d_ppc2 for these five studies of Carlson & Schmidt (1999).
morris <- function() {
  treated <- data.frame(
    mean_pre = c(30.6, 23.5, .5, 53.4, 35.6), mean_post = c(38.5, 26.8, .7, 75.9, 36),
    sd_pre = c(15, 3.1, .1, 14.5, 4.7), n = c(20, 50, 9, 10, 14), correlation = c(.47, .64, .77, .89, .44)
  )
  control <- data.frame(
    mean_pre = c(23.1, 24.9, .6, 55.7, 34.8), mean_post = c(19.7, 25.3, .6, 60.7, 33.4),
    sd_pre = c(13.8, 4.1, .2, 17.3, 3.1), n = c(20, 42, 9, 11, 14), correlation = c(.47, .64, .77, .89, .44)
  )
  df <- treated$n + control$n - 2
  pooled <- sqrt(((treated$n - 1) * treated$sd_pre^2 + (control$n - 1) * control$sd_pre^2) / df)
  raw <- ((treated$mean_post - treated$mean_pre) - (control$mean_post - control$mean_pre)) / pooled
  gamma_ratio <- sqrt(2 / df) * exp(lgamma(df / 2) - lgamma((df - 1) / 2))
  hedges <- 1 - 3 / (4 * df - 1)
  d <- hedges * raw
  size <- 1 / treated$n + 1 / control$n
  free <- 2 * (1 - treated$correlation) * size
  variance <- hedges^2 * free * df / (df - 2) * (1 + d^2 / free) - d^2
  list(
    formula = "d_ppc2 = c * (gain_treated - gain_control) / sd_pre_pooled",
    formula_variance = "c^2 * a * df / (df - 2) * (1 + d^2 / a) - d^2, a = 2 (1 - r) (1/n_t + 1/n_c), c of Hedges",
    treated = treated, control = control, sd_pre_pooled = pooled, uncorrected = raw, c_gamma = gamma_ratio, c_hedges = hedges,
    d_ppc2 = gamma_ratio * raw, d_ppc2_hedges = d, variance_hedges = variance, printed_in_table_5 = c(.77, .80, 1.20, 1.05, .44)
  )
}

P_VALUES <- list(
  plain = c(.01, .04, .03, .005, .2), ties = c(.02, .02, .5, .001, .02, .9), one = .03,
  close = c(.049, .05, .051, .0125, .0126, .0001, 1), small = c(1e-12, 1e-8, .5, .04)
)
adjusted_p <- function(p) list(
  p_value = values_of(p), holm = values_of(p.adjust(p, "holm")), benjamini_hochberg = values_of(p.adjust(p, "BH"))
)

INTERCEPT <- y ~ wave * group + x + (1 | person)
sleep_wave <- sleepstudy$Days + 1
fits <- list(
  sleepstudy_intercept = tight(Reaction ~ Days + (1 | Subject), sleepstudy),
  sleepstudy_slope = tight(Reaction ~ Days + (Days | Subject), sleepstudy),
  sleepstudy_uneven_slope = tight(Reaction ~ Days + (Days | Subject), sleepstudy_uneven),
  orthodont_intercept = tight(distance ~ wave * Sex + (1 | Subject), orthodont),
  orthodont_uneven_intercept = tight(distance ~ wave * Sex + (1 | Subject), orthodont_uneven),
  dyestuff2 = tight(Yield ~ 1 + (1 | Batch), dyestuff2),
  generated_dropout_intercept = tight(INTERCEPT, generated_set("dropout")),
  generated_dropout_slope = tight(y ~ wave * group + x + (time | person), generated_set("dropout")),
  generated_small_intercept = tight(INTERCEPT, generated_set("small"))
)

no_interaction <- function(data, random) {
  ratio_test(as.formula(paste("y ~ wave * group + x +", random)), as.formula(paste("y ~ wave + group + x +", random)), data)
}

batch <- as.character(dyestuff$Batch)
print_json(list(
  r2 = lapply(fits, explained),
  likelihood_ratio = list(
    orthodont_intercept = ratio_test(distance ~ wave * Sex + (1 | Subject), distance ~ wave + Sex + (1 | Subject), orthodont),
    orthodont_uneven_intercept = ratio_test(
      distance ~ wave * Sex + (1 | Subject), distance ~ wave + Sex + (1 | Subject), orthodont_uneven
    ),
    generated_two_waves_intercept = no_interaction(generated_set("two_waves"), "(1 | person)"),
    generated_three_waves_intercept = no_interaction(generated_set("three_waves"), "(1 | person)"),
    generated_dropout_intercept = no_interaction(generated_set("dropout"), "(1 | person)"),
    generated_dropout_slope = no_interaction(generated_set("dropout"), "(time | person)"),
    generated_small_intercept = no_interaction(generated_set("small"), "(1 | person)"),
    star_reading = ratio_test(score ~ wave * group + (1 | id), score ~ wave + group + (1 | id), star_scores("read"))
  ),
  profile = list(
    sleepstudy_intercept = intercept_profile(
      Reaction ~ Days + (1 | Subject), sleepstudy, sleepstudy$Subject, sleep_wave, c(36, 31)
    ),
    sleepstudy_slope = slope_profile(
      Reaction ~ Days + (Days | Subject), sleepstudy, sleepstudy$Subject, sleep_wave, 0:9, c(24, .08, 6, 25)
    ),
    orthodont_intercept = intercept_profile(
      distance ~ wave * Sex + (1 | Subject), orthodont, orthodont$Subject, as.integer(orthodont$wave), c(1.7, 1.4)
    ),
    dyestuff = intercept_profile(
      Yield ~ 1 + (1 | Batch), dyestuff, batch, ave(seq_along(batch), batch, FUN = seq_along), c(37, 49)
    )
  ),
  prediction = list(
    sleepstudy_slope = predicted(Reaction ~ Days + (Days | Subject), sleepstudy),
    orthodont_intercept = predicted(distance ~ wave * Sex + (1 | Subject), orthodont),
    orthodont_uneven_intercept = predicted(distance ~ wave * Sex + (1 | Subject), orthodont_uneven)
  ),
  simultaneous = list(
    what = paste(
      "quantile c with P(|T_i| < c for all i) = .95, T multivariate t (df, correlation); df Inf is the normal. In two and three",
      "dimensions by mvtnorm, in five by quadrature, where mvtnorm's chance of the box is random but near."
    ),
    correlations = CORRELATIONS,
    quantiles = do.call(c, lapply(names(CORRELATIONS), function(name) lapply(c(10, 30, Inf), equicoordinate, name = name)))
  ),
  adjusted = lapply(P_VALUES, adjusted_p),
  d_ppc2 = morris()
), c("lme4", "mvtnorm", "jsonlite"))
