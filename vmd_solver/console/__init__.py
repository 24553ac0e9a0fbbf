"""What all commands share: exit codes, errors as one line, standard error, interrupts.

It must not know of options, forms or puzzles.
"""
