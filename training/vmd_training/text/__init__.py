"""Variational masked diffusion on text: corpus, network, objective, loop, figures, export."""
