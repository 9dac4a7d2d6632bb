# Coefficient alpha and Feldt's interval by their formulas, complete answers only, for each occasion of sai.csv.
# Run inside this folder: Rscript alpha.R
library(jsonlite)
answers <- read.csv("sai.csv")
keys <- read.csv("sai_keys.csv")
reversed <- keys$item[keys$reverse == 1]
answers[reversed] <- 5 - answers[reversed]
one <- function(occasion) {
  items <- answers[answers$time == occasion, keys$item]
  items <- items[complete.cases(items), ]
  n <- nrow(items); k <- ncol(items); s <- cov(items)
  alpha <- k / (k - 1) * (1 - sum(diag(s)) / sum(s))
  limits <- 1 - (1 - alpha) * qf(c(.975, .025), n - 1, (n - 1) * (k - 1))
  list(n = n, alpha = alpha, feldt_low = limits[1], feldt_high = limits[2])
}
result <- list(waves = list("1" = one(1), "2" = one(2)), R = R.version.string)
writeLines(toJSON(result, digits = NA, auto_unbox = TRUE, pretty = TRUE), "alpha.json")
