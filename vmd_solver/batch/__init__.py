"""Batches: parts of an input are read, solved and turned into records, one puzzle or ten million.

`run.solve_parts` is the one entry. It must not know of options, terminals or streams of output.
"""
