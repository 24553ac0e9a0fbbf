"""The plain transformer as the baseline on puzzles: no constraints, one token a cell.

Masked diffusion as it is usually done (arXiv 2406.07524): bidirectional attention over all cells,
learned positions, no time input, no latent, no units. It fits one board size and has to learn from
examples which cells belong together.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vmd_solver.errors import ModelError
from vmd_training.graph import CLOSED_LOGIT, Grid
from vmd_training.model import ModelConfig

CELLS, VALUES = 81, 9
WIDTH, LAYERS, HEADS = 96, 4, 6


class TransformerDenoiser(nn.Module):
    """p(x0 | x_t) by a pre-norm transformer encoder, behind the interface of `Denoiser`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        if config.latent != "none":
            raise ModelError("the transformer is a baseline without latent; add --latent none")
        self.value = nn.Embedding(VALUES + 1, WIDTH)
        self.position = nn.Parameter(0.02 * torch.randn(CELLS, WIDTH))
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, dropout=0.0, activation="gelu", batch_first=True,
            norm_first=True,
        )  # fmt: skip
        self.layers = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VALUES)

    def forward(self, grid: Grid, z: Tensor, h: Tensor, loops: int) -> tuple[Tensor, Tensor]:
        """Logits (1, B, n, D) and h as it came; `loops` means nothing here.

        Raises ModelError for boards of other sizes.
        """
        if grid.allowed.shape[1:] != (CELLS, VALUES):
            raise ModelError("the transformer reads 9x9 boards only")
        tokens = self.value(grid.x_t) + self.position
        logits = self.head(self.norm(self.layers(tokens)))
        stands = torch.where(grid.fixed() > 0, 0.0, CLOSED_LOGIT)
        return torch.where(grid.open(), logits, stands)[None], h
