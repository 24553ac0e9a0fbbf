"""Benchmarks: each module asks one question, stated at its top, and ends with one JSON document."""
