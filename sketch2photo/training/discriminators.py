"""The two kinds of discriminators. They belong to training and are not in the published weights."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm


class FeatureDiscriminator(nn.Module):
    """Small spectrally normalised heads on frozen features, one per depth (Projected GANs, Sauer et al., 2021)."""

    def __init__(self, channels: Sequence[int], width: int = 64) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(
                spectral_norm(nn.Conv2d(c, width, 1)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Conv2d(width, width, 3, padding=1)),
                nn.LeakyReLU(0.2),
                spectral_norm(nn.Conv2d(width, 1, 3, padding=1)),
            )
            for c in channels
        )

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Feature maps (N, C, h, w) -> one map of logits (N, 1, h, w) per depth."""
        # Unit features scaled to the number of channels: every depth arrives at the same size.
        return [head(F.normalize(x, dim=1) * x.shape[1] ** 0.5) for head, x in zip(self.heads, maps, strict=True)]


class PatchDiscriminator(nn.Module):
    """Classic: three patch discriminators on the photograph at full, half and quarter resolution (pix2pixHD, Wang et al., 2018)."""

    def __init__(self, scales: int = 3) -> None:
        super().__init__()
        self.scales = nn.ModuleList(_patches() for _ in range(scales))

    def forward(self, pictures: Sequence[Tensor]) -> list[Tensor]:
        """One batch of photographs, [(N, 3, H, W)] -> one map of logits per scale."""
        logits, [photo] = [], pictures
        for network in self.scales:
            logits.append(network(photo))
            photo = F.avg_pool2d(photo, 3, 2, 1, count_include_pad=False)
        return logits


def _patches() -> nn.Sequential:
    layers: list[nn.Module] = []
    widths = [3, 64, 128, 256, 512]
    for i, (a, b) in enumerate(pairwise(widths)):
        layers += [nn.Conv2d(a, b, 4, 2, 1)] + ([nn.BatchNorm2d(b)] if i else []) + [nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 3, padding=1))
