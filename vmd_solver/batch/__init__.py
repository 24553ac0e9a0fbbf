"""Batches: read -> solve -> rows, for one puzzle as for ten million; `run` is the entry."""
