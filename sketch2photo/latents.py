"""What can be done with latents z without a network: draw them at random, limit, breed and travel between them."""

import math

import torch
from torch import Tensor

MARGIN = 1.2  # beyond sqrt(D), the length of a usual z: 96 of 100 random latents of 8 numbers are shorter
FRAMES = 12  # of a loop from one stop to the next


def max_norm(latent_dim: int) -> float:
    """The length that latents are shortened to before a photograph is made of them.

    A model is trained on few that are longer, and makes gaudy and broken pictures of them.
    """
    return math.sqrt(latent_dim) + MARGIN


def clip_norm(z: Tensor) -> Tensor:
    """Latents (N, D), those longer than `max_norm` shortened to it."""
    most = max_norm(z.shape[1])
    return z * (most / z.norm(dim=1, keepdim=True).clamp(min=most))


def random_latents(count: int, latent_dim: int, seed: int | None = None) -> Tensor:
    """`count` latents (count, D) from N(0, I); a seed fixes them, and the first of more are those of fewer."""
    generator = torch.Generator()
    if seed is None:
        generator.seed()
    else:
        generator.manual_seed(seed)
    # One draw for each picture, so that asking for more changes none of the earlier ones.
    return torch.cat([torch.randn(1, latent_dim, generator=generator) for _ in range(count)])


def breed_latents(parents: Tensor, count: int, seed: int) -> Tensor:
    """(P, D) liked latents -> (count, D): each child takes each number from one of them, and changes it a little."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(parents), (count, parents.shape[1]), generator=generator)
    change = torch.randn(count, parents.shape[1], generator=generator)
    return parents.gather(0, chosen) * math.sqrt(0.9) + change * math.sqrt(0.1)  # of variance 1, if that of parents is


def slerp(one: Tensor, other: Tensor, share: float) -> Tensor:
    """(D,) latents on the way from one (share 0) to the other (1), along the sphere, where random latents are."""
    lengths = one.norm() * other.norm()
    angle = torch.arccos((one @ other / lengths.clamp(min=1e-6)).clamp(-1, 1))
    if not 1e-3 < angle < math.pi - 1e-3:
        return one + share * (other - one)
    length = (1 - share) * one.norm() + share * other.norm()
    a, b = one / one.norm(), other / other.norm()
    return length * (torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)


def slerp_loop(stops: Tensor) -> Tensor:
    """(P, D) -> (P x FRAMES, D): from each to the next and back to the first, slowly near each."""
    shares = [0.5 - 0.5 * math.cos(math.pi * frame / FRAMES) for frame in range(FRAMES)]
    return torch.stack(
        [slerp(one, other, share) for one, other in zip(stops, stops.roll(-1, 0), strict=True) for share in shares]
    )
