# REML and ML for scores whose covariance over waves is a given function of few parameters, with Satterthwaite and
# Kenward-Roger tests, straight from the formulas: Kenward & Roger (1997) Biometrics 53, 983-997, and for joint
# Satterthwaite tests Fai & Cornelius (1996) as lmerTest does it. Slow and plain: it is there to be believed.
# A block is a set of rows that shares nothing with the other blocks: a person, or the whole set at once (n x n).

# Linear in its parameters: S = sum of theta_i * basis_i
linear <- function(names, basis, start) {
  zero <- basis[[1]] * 0
  list(
    names = names, start = start, linear = TRUE,
    covariance = function(theta) Reduce(`+`, Map(`*`, theta, basis)),
    slopes = function(theta) basis, bends = function(theta) NULL
  )
}

unstructured <- function(start) {
  k <- nrow(start)
  cells <- which(lower.tri(start, diag = TRUE), arr.ind = TRUE)
  basis <- lapply(seq_len(nrow(cells)), function(i) {
    one <- matrix(0, k, k)
    one[cells[i, 1], cells[i, 2]] <- one[cells[i, 2], cells[i, 1]] <- 1
    one
  })
  linear(paste0("UN(", cells[, 1], ",", cells[, 2], ")"), basis, start[cells])
}

random_intercept <- function(k, start) linear(c("person", "residual"), list(matrix(1, k, k), diag(k)), start)

random_slope <- function(time, start) {
  one <- rep(1, length(time))
  basis <- list(one %o% one, one %o% time + time %o% one, time %o% time, diag(length(time)))
  linear(c("intercept", "covariance", "slope", "residual"), basis, start)
}

# Parameters as SAS has them: the variances of the waves, then the one correlation
compound_heterogeneous <- function(k, start) {
  off <- 1 - diag(k)
  parts <- function(theta) list(v = theta[1:k], root = sqrt(theta[1:k]), rho = theta[k + 1])
  slope <- function(i, p) {
    if (i > k) return(off * (p$root %o% p$root))
    one <- matrix(0, k, k)
    one[i, ] <- one[, i] <- p$rho / 2 * p$root / p$root[i]
    one[i, i] <- 1
    one
  }
  bend <- function(i, j, p) {
    one <- matrix(0, k, k)
    a <- min(i, j); b <- max(i, j)
    if (a > k) return(one)
    if (b > k) {one[a, ] <- one[, a] <- p$root / p$root[a] / 2; one[a, a] <- 0; return(one)}
    if (a == b) {one[a, ] <- one[, a] <- -p$rho / 4 * p$root / p$root[a]^3; one[a, a] <- 0; return(one)}
    one[a, b] <- one[b, a] <- p$rho / 4 / p$root[a] / p$root[b]
    one
  }
  list(
    names = c(paste0("Var(", 1:k, ")"), "CSH"), start = start, linear = FALSE,
    covariance = function(theta) {p <- parts(theta); diag(p$v) + p$rho * off * (p$root %o% p$root)},
    slopes = function(theta) lapply(1:(k + 1), slope, parts(theta)),
    bends = function(theta) lapply(1:(k + 1), function(i) lapply(1:(k + 1), bend, i, parts(theta)))
  )
}

# `wave` counts from 1. People apart (those with the same waves and the same X in one block, a column of y each), or all rows
# as one dense block
blocks_of <- function(y, X, person, wave, whole = FALSE) {
  rows <- if (whole) list(seq_along(y)) else split(seq_along(y), factor(person, unique(person)))
  alike <- vapply(rows, function(at) paste(c(wave[at], X[at, ]), collapse = " "), "")
  lapply(split(rows, factor(alike, unique(alike))), function(people) {
    at <- people[[1]]
    list(
      y = vapply(people, function(of) y[of], y[at]) |> matrix(length(at)), X = X[at, , drop = FALSE], wave = wave[at],
      same = outer(person[at], person[at], `==`) * 1, count = length(people)
    )
  })
}

trace_of <- function(a, b) sum(a * t(b))

# The criterion -2 log L at theta, its slope and its exact second derivative, and what the tests need
criterion <- function(theta, structure, blocks, reml = TRUE) {
  S <- structure$covariance(theta); dS <- structure$slopes(theta); ddS <- structure$bends(theta)
  m <- length(theta); p <- ncol(blocks[[1]]$X); n <- sum(lengths(lapply(blocks, `[[`, "y")))
  spread <- function(matrix, b) matrix[b$wave, b$wave, drop = FALSE] * b$same
  flat <- function(matrices) matrix(unlist(matrices), ncol = m)
  worked <- lapply(blocks, function(b) {
    root <- chol(spread(S, b))
    b$inverse <- chol2inv(root); b$log_det <- 2 * sum(log(diag(root))); b$XS <- b$inverse %*% b$X
    b
  })
  information <- Reduce(`+`, lapply(worked, function(b) b$count * crossprod(b$X, b$XS)))
  phi <- solve(information)
  beta <- phi %*% Reduce(`+`, lapply(worked, function(b) crossprod(b$XS, rowSums(b$y))))
  parts <- lapply(worked, function(b) {
    residual <- b$y - drop(b$X %*% beta)
    u <- b$inverse %*% residual
    D <- lapply(dS, spread, b)
    A <- lapply(D, function(d) b$inverse %*% d)
    BX <- do.call(cbind, lapply(D, function(d) d %*% b$XS))
    Du <- lapply(D, function(d) d %*% u)
    bu <- flat(Du)
    found <- list(
      log_det = b$count * b$log_det, squares = sum(u * residual), t = b$count * vapply(A, function(a) sum(diag(a)), 0),
      M = b$count * crossprod(b$XS, BX), Q = b$count * crossprod(BX, b$inverse %*% BX), q = drop(crossprod(bu, c(u))),
      h = crossprod(bu, flat(lapply(Du, function(d) b$inverse %*% d))), k = crossprod(b$XS, flat(lapply(Du, rowSums))),
      T = b$count * crossprod(flat(A), flat(lapply(A, t)))
    )
    if (!is.null(ddS)) {
      E <- function(i, j) spread(ddS[[i]][[j]], b)
      found$e <- outer(1:m, 1:m, Vectorize(function(i, j) b$count * trace_of(b$inverse, E(i, j)) - sum(u * (E(i, j) %*% u))))
      R <- function(i, j) b$count * crossprod(b$XS, E(i, j) %*% b$XS)
      found$R <- do.call(rbind, lapply(1:m, function(i) do.call(cbind, lapply(1:m, R, i = i))))
    }
    found
  })
  total <- lapply(setNames(nm = names(parts[[1]])), function(name) Reduce(`+`, lapply(parts, `[[`, name)))
  of <- function(i) (i - 1) * p + 1:p
  M <- lapply(1:m, function(i) total$M[, of(i), drop = FALSE])
  Q <- lapply(1:m, function(i) lapply(1:m, function(j) total$Q[of(i), of(j), drop = FALSE]))
  R <- lapply(1:m, function(i) lapply(1:m, function(j) if (is.null(ddS)) 0 * phi else total$R[of(i), of(j), drop = FALSE]))
  each <- function(f) outer(1:m, 1:m, Vectorize(f))
  # tr(P dV_i P dV_j), and its share of the maximum-likelihood criterion
  traces <- each(function(i, j) total$T[i, j] - 2 * trace_of(phi, Q[[i]][[j]]) + trace_of(phi %*% M[[i]], phi %*% M[[j]]))
  quadratic <- total$h - crossprod(total$k, phi %*% total$k)
  bend <- if (is.null(ddS)) 0 else total$e - (if (reml) each(function(i, j) trace_of(phi, R[[i]][[j]])) else 0)
  value <- total$log_det + total$squares + (n - reml * p) * log(2 * pi) +
    (if (reml) as.numeric(determinant(information)$modulus) else 0)
  list(
    value = value, beta = drop(beta), phi = phi, M = M, Q = Q, R = R, expected = traces / 2,
    slope = total$t - total$q - (if (reml) vapply(M, trace_of, 0, phi) else 0),
    hessian = -(if (reml) traces else total$T) + 2 * quadratic + bend
  )
}

# Newton steps with the exact second derivative, halved while they do not lower the criterion. They end when the next one
# would lower it by less than its own rounding.
settled <- function(structure, blocks, reml = TRUE, steps = 60) {
  theta <- structure$start
  at <- criterion(theta, structure, blocks, reml)
  for (step in seq_len(steps)) {
    curved <- if (all(eigen(at$hessian, TRUE, TRUE)$values > 0)) at$hessian else 2 * at$expected
    move <- drop(solve(curved, at$slope))
    if (sum(move * at$slope) < 1e-20 * abs(at$value)) break
    for (halving in 0:20) {
      to <- tryCatch(criterion(theta - move / 2^halving, structure, blocks, reml), error = function(e) NULL)
      if (!is.null(to) && to$value <= at$value + 1e-12 * abs(at$value)) break
    }
    theta <- theta - move / 2^halving
    at <- to
  }
  c(at, list(theta = theta, structure = structure, steps = step))
}

# Satterthwaite's df of one contrast; the parameters' covariance is twice the inverse of the criterion's second derivative
satterthwaite_df <- function(fit, l) {
  variance <- drop(l %*% fit$phi %*% l)
  slope <- vapply(fit$M, function(M) drop(l %*% fit$phi %*% M %*% fit$phi %*% l), 0)
  2 * variance^2 / drop(slope %*% (2 * solve(fit$hessian)) %*% slope)
}

satterthwaite_joint <- function(fit, L) {
  around <- eigen(L %*% fit$phi %*% t(L), TRUE)
  rows <- t(around$vectors) %*% L
  q <- nrow(L)
  statistic <- sum(drop(rows %*% fit$beta)^2 / around$values) / q
  df <- apply(rows, 1, function(l) satterthwaite_df(fit, l))
  spread <- sum((df / (df - 2))[df > 2])
  denominator <- if (diff(range(df)) < 1e-8) mean(df) else if (spread > q) 2 * spread / (spread - q) else 2
  tested(statistic, q, denominator)
}

tested <- function(statistic, numerator, denominator, ...) list(
  statistic = statistic, df_numerator = numerator, df_denominator = denominator,
  p_value = pf(statistic, numerator, denominator, lower.tail = FALSE), ...
)

# Kenward and Roger's adjusted covariance. `weights` is the covariance of the parameters (W); with `second` the second
# derivatives of V enter (R)
adjusted <- function(fit, weights, second = TRUE) {
  m <- length(fit$theta)
  within <- 0 * fit$phi
  for (i in 1:m) for (j in 1:m) {
    term <- fit$Q[[i]][[j]] - fit$M[[i]] %*% fit$phi %*% fit$M[[j]] - (if (second) fit$R[[i]][[j]] / 4 else 0)
    within <- within + weights[i, j] * term
  }
  fit$phi + 2 * fit$phi %*% within %*% fit$phi
}

kenward_roger_joint <- function(fit, L, weights, vcov) {
  phi <- fit$phi; q <- nrow(L); m <- length(fit$theta)
  theta <- t(L) %*% solve(L %*% phi %*% t(L), L)
  by <- lapply(fit$M, function(M) theta %*% phi %*% M %*% phi)
  traces <- vapply(by, function(b) sum(diag(b)), 0)
  A1 <- sum(weights * outer(traces, traces))
  A2 <- sum(weights * outer(1:m, 1:m, Vectorize(function(i, j) trace_of(by[[i]], by[[j]]))))
  B <- (A1 + 6 * A2) / (2 * q)
  g <- ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
  below <- 3 * q + 2 * (1 - g)
  E <- 1 / (1 - A2 / q)
  V <- 2 / q * (1 + g / below * B) / ((1 - (q - g) / below * B)^2 * (1 - (q + 2 - g) / below * B))
  rho <- V / (2 * E^2)
  df <- 4 + (q + 2) / (q * rho - 1)
  scaling <- df / (E * (df - 2))
  unscaled <- drop(t(L %*% fit$beta) %*% solve(L %*% vcov %*% t(L), L %*% fit$beta)) / q
  tested(scaling * unscaled, q, df, scaling = scaling, statistic_unscaled = unscaled)
}

# Rows of L one by one: estimate, std_error, df, statistic, p_value, limits
rows_under <- function(fit, L, method, weights = NULL, vcov = fit$phi) {
  df <- apply(L, 1, function(l) {
    if (method == "satterthwaite") satterthwaite_df(fit, l) else kenward_roger_joint(fit, t(l), weights, vcov)$df_denominator
  })
  estimate <- drop(L %*% fit$beta)
  std_error <- sqrt(diag(L %*% vcov %*% t(L)))
  data.frame(
    estimate = estimate, std_error = std_error, df = df, statistic = estimate / std_error,
    p_value = 2 * pt(-abs(estimate / std_error), df),
    low = estimate - qt(.975, df) * std_error, high = estimate + qt(.975, df) * std_error
  )
}

# All tests of one fit under one method. L and joint are named; `information` is the one W is the inverse of.
under <- function(fit, method, L = list(), joint = list(), information = "expected", second = TRUE) {
  weights <- solve(if (information == "expected") fit$expected else fit$hessian / 2)
  vcov <- if (method == "satterthwaite") fit$phi else adjusted(fit, weights, second)
  each <- function(rows) rows_under(fit, rows, method, weights, vcov)
  coefficients <- each(diag(length(fit$beta)))
  c(
    list(vcov = unname(vcov)), lapply(coefficients[c("std_error", "df", "statistic", "p_value")], I),
    lapply(L, function(rows) data.frame(named(rownames(rows)), each(rows), row.names = NULL)),
    if (length(joint)) list(joint = lapply(joint, function(rows) c(
      list(L = unname(rows)),
      if (method == "satterthwaite") satterthwaite_joint(fit, rows) else kenward_roger_joint(fit, rows, weights, vcov)
    )))
  )
}

# The first columns of a table: of means the group and wave, of contrasts their name
named <- function(names) {
  parts <- strsplit(names, "/")
  if (parts[[1]][1] != "mean") return(data.frame(contrast = names))
  data.frame(group = vapply(parts, `[`, "", 2), wave = vapply(parts, `[`, "", 3))
}

# Rows of L for the means by wave and group (other columns at their mean) and for the gains, gaps and differences
wave_rows <- function(terms, data, wave, group) {
  grid <- expand.grid(wave = levels(data[[wave]]), group = levels(data[[group]]), stringsAsFactors = FALSE)
  cells <- data[rep(1, nrow(grid)), all.vars(terms), drop = FALSE]
  for (name in setdiff(names(cells), c(wave, group))) cells[[name]] <- mean(data[[name]])
  cells[[wave]] <- factor(grid$wave, levels(data[[wave]])); cells[[group]] <- factor(grid$group, levels(data[[group]]))
  rows <- model.matrix(terms, cells)
  cell <- function(of, at) rows[grid$group == of & grid$wave == at, ]
  waves <- levels(data[[wave]]); groups <- levels(data[[group]])
  gain <- function(of, at) cell(of, at) - cell(of, waves[1])
  wanted <- list(); pair <- paste(groups[2], "-", groups[1])
  for (at in waves[-1]) {
    for (of in groups) wanted[[paste("gain", of, at, sep = "/")]] <- gain(of, at)
    wanted[[paste("gap", pair, at, sep = "/")]] <- gain(groups[2], at) - gain(groups[1], at)
  }
  for (at in waves) wanted[[paste("difference", pair, at, sep = "/")]] <- cell(groups[2], at) - cell(groups[1], at)
  dimnames(rows) <- list(paste("mean", grid$group, grid$wave, sep = "/"), NULL)
  list(means = rows, contrasts = without_columns(do.call(rbind, wanted)))
}

without_columns <- function(rows) {colnames(rows) <- NULL; rows}
