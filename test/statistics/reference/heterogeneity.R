# Reference values of test/statistics/heterogeneity.test.ts: R 4.2.2.
options(digits = 16)
# Responders and subjects of each site.
sites <- list(c(3, 12, 10, 12), c(3, 5, 0, 4, 1, 6), c(2, 14, 6, 12, 5, 11, 1, 10, 4, 9, 0, 8, 3, 10), c(0, 3, 5, 5, 2, 9, 1, 2, 4, 11, 3, 4, 0, 6))
for (site in sites) {
  m <- matrix(site, 2); table <- cbind(m[1, ], m[2, ] - m[1, ])
  print(fisher.test(table)$p.value)
  print(suppressWarnings(unlist(prop.test(m[1, ], m[2, ], correct = FALSE)[c("statistic", "parameter", "p.value")])))
}

# Responders and subjects, exposed and unexposed, of each level.
strata <- list(c(6, 9, 2, 8, 3, 9, 4, 7), c(6, 9, 2, 8, 3, 9, 4, 7, 1, 6, 5, 12),
               c(0, 5, 3, 9, 4, 9, 2, 8), c(0, 5, 0, 9, 4, 9, 2, 8, 7, 7, 1, 9), c(4, 4, 2, 8, 5, 5, 0, 3),
               c(6, 9, 2, 8, 3, 9, 4, 7, 1, 6, 0, 0))
for (stratum in strata) {
  m <- matrix(stratum, 4)
  d <- data.frame(level = factor(rep(seq_len(ncol(m)), each = 2)), exposed = rep(1:0, ncol(m)),
                  responders = c(m[c(1, 3), ]), of = c(m[c(2, 4), ]))
  d <- d[d$of > 0, ]
  fit <- function(formula) suppressWarnings(glm(formula, binomial, d, epsilon = 1e-14, maxit = 100))
  test <- anova(fit(cbind(responders, of - responders) ~ level + exposed),
                fit(cbind(responders, of - responders) ~ level * exposed), test = "LRT")
  print(c(test$Deviance[2], test$Df[2], test$`Pr(>Chi)`[2]))
}
print(fisher.test(matrix(c(300, 340, 700, 660), 2))$p.value)
