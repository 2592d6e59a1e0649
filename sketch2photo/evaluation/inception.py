"""FID and KID as others report them, on features of Inception."""

import torch

from ..images import Picture

BATCH = 16


class InceptionDistances:
    """FID (Heusel et al., 2017) and KID x1000 (Binkowski et al., 2018) of pictures against photographs (N, H, W, 3), by torchmetrics.

    Raises:
        ValueError: Inception's weights cannot be had, or torch-fidelity is not installed.
    """

    def __init__(self, photos: Picture, device: torch.device) -> None:
        from torchmetrics.image.fid import FrechetInceptionDistance
        from torchmetrics.image.kid import KernelInceptionDistance

        try:
            self.fid = FrechetInceptionDistance(reset_real_features=False).to(device)
        except (ImportError, OSError) as error:
            raise ValueError(
                "FID and KID need torch-fidelity (pip install torch-fidelity) and Inception's weights, which it downloads from "
                f"github.com; that did not work here ({type(error).__name__}). Leave --features inception out for everything else."
            ) from error
        self.kid = KernelInceptionDistance(
            self.fid.inception, subsets=1, subset_size=len(photos), reset_real_features=False
        ).to(device)
        self.device = device
        self._update(photos, real=True)

    def __call__(self, pictures: Picture) -> dict[str, float]:
        self.fid.reset()
        self.kid.reset()
        self._update(pictures, real=False)
        return {"fid": self.fid.compute().item(), "kid": 1000 * self.kid.compute()[0].item()}

    def _update(self, pictures: Picture, real: bool) -> None:
        for part in torch.from_numpy(pictures).permute(0, 3, 1, 2).split(BATCH):
            self.fid.update(part.to(self.device), real=real)
            self.kid.update(part.to(self.device), real=real)
