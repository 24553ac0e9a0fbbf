"""Train variational masked diffusion on constraint grids, and export what `vmd_solver` runs."""
