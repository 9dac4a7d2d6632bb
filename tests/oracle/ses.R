# SES indicators of invented people: Cohen's kappa of each pair by its definition, the first principal component
# by prcomp, the same axis by MASS's mca, people with missing indicators by lm, and the cut nearest to a share low.
# Run inside this folder: Rscript ses.R > ses.json
library(jsonlite)
set.seed(20260301)
n <- 120
names <- c("fsm", "nssec", "first_generation", "imd", "polar4")
driver <- rnorm(n)
loading <- c(.8, .7, .6, .4, .3)
cut <- c(.9, .4, .1, .2, .3)
lows <- sapply(seq_along(names), function(j) {
  as.integer(loading[j] * driver + sqrt(1 - loading[j]^2) * rnorm(n) > cut[j])
})
lows[cbind(sample(n, 70, TRUE), sample(5, 70, TRUE))] <- NA
colnames(lows) <- names

pair <- function(one, other) {
  both <- !is.na(lows[, one]) & !is.na(lows[, other])
  counts <- table(factor(lows[both, one], 1:0), factor(lows[both, other], 1:0))
  share <- counts / sum(counts)
  observed <- sum(diag(share))
  expected <- sum(rowSums(share) * colSums(share))
  list(
    indicator = one, other = other, n = sum(counts), low_low = counts[1, 1], low_high = counts[1, 2],
    high_low = counts[2, 1], high_high = counts[2, 2], agree = observed,
    kappa = (observed - expected) / (1 - expected)
  )
}
pairs <- combn(names, 2, function(two) pair(two[1], two[2]), simplify = FALSE)

whole <- lows[complete.cases(lows), ]
found <- prcomp(whole, center = TRUE, scale. = TRUE)
turn <- sign(cor(found$x[, 1], rowSums(whole)))
loadings <- found$rotation[, 1] * turn
standard <- scale(lows, found$center, found$scale)
index <- apply(standard, 1, function(z) {
  known <- !is.na(z)
  if (any(known)) -unname(coef(lm(z[known] ~ 0 + loadings[known]))) else NA
})
stopifnot(all.equal(index[complete.cases(lows)], unname(-turn * found$x[, 1])))
axis <- MASS::mca(as.data.frame(lapply(as.data.frame(whole), factor)), nf = 2)$rs[, 1]

shares <- c(.05, .2, .25, .3, .5, .7, .9)
full <- index[complete.cases(lows)]
values <- sort(unique(round(full, 9)))
values <- rev(values[-length(values)])
reached <- sapply(values, function(value) mean(round(full, 9) <= value))
cuts <- sapply(shares, function(share) values[which.min(abs(reached - share))])
writeLines(toJSON(list(
  names = names, lows = lows, pairs = pairs, n = nrow(whole), means = unname(found$center),
  sds = unname(found$scale), loadings = unname(loadings), explained = found$sdev[1]^2 / sum(found$sdev^2),
  index = index, mca_correlation = abs(cor(axis, full)), shares = shares, cuts = cuts,
  low = sapply(cuts, function(cut) sum(round(full, 9) <= cut)), versions = list(R = R.version.string)
), digits = NA, auto_unbox = TRUE, na = "null", pretty = FALSE))
