"""The synthetic studies of the papers: data whose joint is known, and what models make of it."""
