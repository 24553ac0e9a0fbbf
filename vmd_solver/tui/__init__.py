"""The terminal UI: presentation, and nothing else."""
