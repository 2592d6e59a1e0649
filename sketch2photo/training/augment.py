"""What the feature networks look at: a differentiable random view of a picture, the same for a fake and its real.

Half of the views are the whole picture at half resolution, a quarter are crops at full resolution, pixel for pixel, and a quarter
crops between the two, so both structure and texture are judged at the price of a small picture. The colour, shift and cutout
changes are DiffAugment's (Zhao et al., 2020), which keeps discriminators from learning a small data set by heart.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

VIEW_NUMBERS = 8


def views(pictures: Tensor, numbers: Tensor, size: int, whole: float) -> Tensor:
    """Random views (N, 3, size, size) of pictures (N, 3, H, W) in [-1, 1], decided by numbers (N, VIEW_NUMBERS) in [0, 1].

    The same numbers give the same view, so a fake compares with its real. Those whose first number is below `whole` show the whole.
    """
    return _cutout(_colour(_crop(pictures, numbers[:, :3], size, whole), numbers[:, 3:6]), numbers[:, 6:8])


def _crop(x: Tensor, numbers: Tensor, size: int, whole_share: float) -> Tensor:
    """A window of the picture: the whole of it (give or take an eighth), or a part, half of those as it is, pixel for pixel."""
    side = x.shape[-1]
    smallest = min(1.0, size / side)
    share, across, down = numbers.unbind(1)
    whole = share < whole_share
    part = (share - whole_share) / max(1 - whole_share, 1e-6)
    scale = torch.where(whole, 1.0, smallest + (1 - smallest) * F.relu(2 * part - 1) / 2)
    room = torch.where(whole, torch.full_like(scale, 0.125), 1 - scale)
    theta = torch.zeros(len(x), 2, 3, device=x.device)
    theta[:, 0, 0] = theta[:, 1, 1] = scale
    for axis, number in enumerate((across, down)):
        # In whole pixels: between them a crop at full resolution would be blurred, and nobody could judge the finest detail.
        theta[:, axis, 2] = (room * (2 * number - 1) * side / 2).round() * 2 / side
    grid = F.affine_grid(theta, [len(x), 3, size, size], align_corners=False)
    # Bilinear sampling at half resolution is the mean of 2x2 pixels, so this does not alias.
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _colour(x: Tensor, numbers: Tensor) -> Tensor:
    brightness, saturation, contrast = (numbers - 0.5).T[:, :, None, None, None]
    x = x + 0.5 * brightness
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * (1 + saturation)
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * (1 + 0.7 * contrast)


def _cutout(x: Tensor, numbers: Tensor) -> Tensor:
    """A square of a third of the side at grey."""
    side = x.shape[-1]
    ramp = torch.arange(side, device=x.device) / side
    hidden = [(ramp - centre[:, None]).abs() < 1 / 6 for centre in (numbers[:, 0], numbers[:, 1])]
    mask = hidden[0][:, None, :] & hidden[1][:, :, None]
    return x.masked_fill(mask[:, None], 0.0)
