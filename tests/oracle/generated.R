# Six invented longitudinal sets with fixed seeds, each for one trait of real studies. In this folder:
# Rscript generated.R > generated.csv
# set, person (unique over all sets), wave (w1, ...), time of the wave, group (high is the reference), x (a covariate, of the
# person, but in near_singular of the row), y. A wave that was not answered has no row.
people_of <- function(sizes) data.frame(group = rep(c("high", "low"), sizes))

invent <- function(set, seed, sizes, time, intercept, slope, noise, gain, gap, within_x = FALSE) {
  set.seed(seed)
  people <- people_of(sizes)
  n <- nrow(people)
  people$person <- sprintf("%s_%03d", set, seq_len(n))
  people$of_person <- round(rnorm(n), 2)
  people$start <- rnorm(n, sd = intercept)
  people$slope <- rnorm(n, sd = slope)
  rows <- merge(people, data.frame(wave = paste0("w", seq_along(time)), time = time))
  rows <- rows[order(rows$person, rows$time), ]
  rows$x <- if (within_x) round(rnorm(nrow(rows)), 2) else rows$of_person
  low <- rows$group == "low"
  rows$y <- round(
    20 - 1.5 * low + gain * rows$time + gap * rows$time * low + 0.6 * rows$x + rows$start + rows$slope * rows$time +
      rnorm(nrow(rows), sd = noise), 3
  )
  rows$set <- set
  rows[, c("set", "person", "wave", "time", "group", "x", "y")]
}

at_random <- function(rows, share, seed) {
  set.seed(seed)
  rows[runif(nrow(rows)) >= share, ]
}

# Each later wave loses a share of those who were there before
dropped_out <- function(rows, share, seed) {
  set.seed(seed)
  waves <- sort(unique(rows$wave))
  left <- 1 + rgeom(length(unique(rows$person)), share)
  rows[match(rows$wave, waves) <= left[match(rows$person, unique(rows$person))], ]
}

# Scores that agree between people more than their noise lets expect: the person variance is estimated as 0
levelled <- function(rows) {
  rows$y <- round(rows$y - 0.9 * (ave(rows$y, rows$person) - ave(rows$y, rows$group)), 3)
  rows
}

sets <- list(
  invent("two_waves", 11, c(40, 25), 0:1, 3, 0, 2, 1, 0.8),
  at_random(invent("three_waves", 12, c(45, 35), 0:2, 3, 0.5, 2, 1, 0.5), 0.25, 112),
  dropped_out(invent("dropout", 13, c(50, 40), 0:3, 3, 0.8, 2, 0.8, 0.4), 0.2, 113),
  invent("near_singular", 114, c(30, 24), c(0, 1, 2, 4, 6), 2.5, 0.1, 2, 0.5, 0.2, within_x = TRUE),
  levelled(invent("boundary", 15, c(16, 14), 0:3, 0.2, 0, 2.5, 0.5, 0.3)),
  at_random(invent("small", 16, c(6, 6), 0:2, 3, 0, 1.5, 1, 1), 0.1, 116)
)
write.csv(do.call(rbind, sets), stdout(), row.names = FALSE, quote = FALSE)
