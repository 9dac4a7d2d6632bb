# Times lme4 (and nlme::gls where lme4 has no such model), one job a line from standard input; see engine.py.
suppressPackageStartupMessages({
  library(lme4)
  library(nlme)
})
folder <- commandArgs(trailingOnly = TRUE)[1]
tables <- new.env()

long <- function(people) {
  if (is.null(tables[[people]])) {
    table <- read.csv(file.path(folder, paste0(people, ".csv")))
    table$time <- table$wave
    table$wave <- factor(table$wave)
    table$mentee <- factor(table$mentee)
    table$ses <- factor(table$ses, c("high", "low"))
    table$gender <- factor(table$gender, c("woman", "man", "other"))
    table$eth <- factor(table$eth, c("white", "asian", "black", "mixed", "other"))
    tables[[people]] <- table
  }
  tables[[people]]
}

fixed <- y ~ wave * ses + gender + eth + age + grade
intercept <- update(fixed, . ~ . + (1 | mentee))
slope <- update(fixed, . ~ . + (time | mentee))

with_errors <- function(model) {
  c(as.numeric(logLik(model)), sort(coef(summary(model))[, "Std. Error"]))
}

jobs <- list(
  intercept = function(table) with_errors(lmer(intercept, table)),
  slope = function(table) with_errors(lmer(slope, table)),
  # The fit and nothing after it.
  table = function(table) as.numeric(logLik(lmer(intercept, table))),
  unstructured = function(table) {
    model <- gls(
      fixed, table, correlation = corSymm(form = ~ time + 1 | mentee), weights = varIdent(form = ~ 1 | wave)
    )
    c(as.numeric(logLik(model)), sort(sqrt(diag(vcov(model)))))
  }
)

cat(sprintf(
  "R %s, lme4 %s, nlme %s\n", getRversion(), packageVersion("lme4"), packageVersion("nlme")
))
flush(stdout())
input <- file("stdin", "r")
while (length(line <- readLines(input, n = 1))) {
  asked <- strsplit(line, " ")[[1]]
  table <- long(asked[2])
  times <- as.integer(asked[3])
  started <- proc.time()
  for (run in seq_len(times)) found <- suppressMessages(suppressWarnings(jobs[[asked[1]]](table)))
  seconds <- sum((proc.time() - started)[c("user.self", "sys.self")]) / times
  cat(format(c(seconds, found), digits = 15), "\n")
  flush(stdout())
}
