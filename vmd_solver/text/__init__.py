"""Text by variational masked diffusion: the method of the grids, on sequences."""
