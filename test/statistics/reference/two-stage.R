# Reference values of test/statistics/two-stage.test.ts: R 4.2.2, its binomial distribution alone.
options(digits = 16)
# The probability that more than r1 of n1, and at least s of n respond.
late <- function(n1, r1, n, s, p) { x <- (r1 + 1):n1; sum(dbinom(x, n1, p) * pbinom(s - x - 1, n - n1, p, lower.tail = FALSE)) }
properties <- function(n1, r1, n, r, p) { stop <- pbinom(r1, n1, p); c(stop, n1 + (1 - stop) * (n - n1), late(n1, r1, n, r + 1, p)) }
for (p in c(0.05, 0.25)) print(properties(9, 0, 17, 2, p))
for (p in c(0.3, 0.5)) print(properties(15, 5, 46, 18, p))
for (p in c(0.1, 0.3)) print(properties(22, 2, 33, 6, p))
# p and limits: s responders of all, or of the first stage where it stopped (s <= r1).
reach <- function(n1, r1, n, s, p) if (s <= r1) pbinom(s - 1, n1, p, lower.tail = FALSE) else late(n1, r1, n, s, p)
root <- function(f) uniroot(f, c(1e-9, 1 - 1e-9), tol = 1e-15)$root
for (s in c(1, 2, 3, 5, 9, 29)) print(c(s, reach(10, 1, 29, s, 0.1),
  root(function(p) reach(10, 1, 29, s, p) - 0.05), if (s < 29) root(function(p) reach(10, 1, 29, s + 1, p) - 0.95)))

# Every design up to 65 subjects with p1 = p0 + 0.2: r1, n1, r, n and the expected size of the optimal and the minimax one.
search <- function(p0, alpha, beta, most = 65) {
  rows <- list()
  for (n in 2:most) for (n1 in 1:(n - 1)) for (r1 in 0:(n1 - 1)) {
    if (pbinom(r1, n1, p0 + 0.2) > beta) break
    x <- (r1 + 1):n1
    accept <- function(p) colSums(dbinom(x, n1, p) * outer(x, r1:n, function(x, r) pbinom(r - x, n - n1, p, lower.tail = FALSE)))
    fits <- which(accept(p0) <= alpha & accept(p0 + 0.2) >= 1 - beta)
    for (r in (r1:n)[fits]) rows[[length(rows) + 1]] <- c(r1, n1, r, n, n1 + (1 - pbinom(r1, n1, p0)) * (n - n1))
  }
  found <- do.call(rbind, rows)
  smallest <- found[found[, 4] == min(found[, 4]), , drop = FALSE]
  rbind(found[which.min(found[, 5]), ], smallest[which.min(smallest[, 5]), ])
}
for (p0 in c(0.05, 0.1, 0.2, 0.3)) for (errors in list(c(0.1, 0.1), c(0.05, 0.2), c(0.05, 0.1)))
  print(round(cbind(p0, errors[1], errors[2], search(p0, errors[1], errors[2])), 4))
