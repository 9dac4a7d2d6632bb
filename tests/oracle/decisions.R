# What base R says of claims: t tests of gains against margins, each way, and p values adjusted in a family.
suppressMessages(library(jsonlite))

LOW <- c(0.9, 1.4, -0.3, 0.6, 1.1, 0.2, 0.8, 1.9, 0.4, 0.7, 1.2)
HIGH <- c(0.3, 0.8, -0.6, 1.0, 0.5, 0.1, -0.2, 0.9, 0.4, 0.6, 0.0, 1.3, -0.4, 0.7)

against <- function(margin) {
  one <- function(mu, alternative) t.test(LOW, HIGH, mu = mu, alternative = alternative, var.equal = TRUE)$p.value
  list(
    margin = margin, deficit = one(-margin, "greater"), beyond_deficit = one(-margin, "less"),
    excess = one(margin, "less"), beyond_excess = one(margin, "greater")
  )
}

interval <- function(level) {
  found <- t.test(LOW, HIGH, var.equal = TRUE, conf.level = level)
  list(level = level, low = found$conf.int[1], high = found$conf.int[2])
}

whole <- t.test(LOW, HIGH, var.equal = TRUE)
RAW <- c(0.011, 0.02, 0.003, 0.04, 0.3, 0.02)
found <- list(
  low = LOW, high = HIGH, estimate = mean(LOW) - mean(HIGH), std_error = whole$stderr,
  df = unname(whole$parameter), statistic = unname(whole$statistic), p_value = whole$p.value,
  p_greater = t.test(LOW, HIGH, alternative = "greater", var.equal = TRUE)$p.value,
  intervals = lapply(c(0.9, 0.95, 0.9875), interval), margins = lapply(c(0.1, 0.25, 0.8, 1.5), against),
  adjusted = list(raw = RAW, holm = p.adjust(RAW, "holm"), bh = p.adjust(RAW, "BH")),
  versions = list(R = R.version.string)
)
cat(toJSON(found, digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n", sep = "")
