"""What can be done with latents z without a network: draw them at random, limit, breed and travel between them."""

import keyword
import math
import re
from typing import Any

import torch
from torch import Tensor

LIMIT = 3.0  # of the sliders: each latent from -LIMIT to LIMIT
MARGIN = 1.2  # beyond sqrt(D), the length of a usual z: 96 of 100 random latents of 8 numbers are shorter
CANDIDATES = 64  # of which spread latents are chosen
FRAMES = 12  # of a loop from one stop to the next
MOST_IMAGES = 10_000  # at once: 2 GB of pictures of 256 px


# Arguments of the pipeline and of the page, beside which a direction is another: none may have its name.
RESERVED = {
    "self", "sketch", "num_images", "seed", "generator", "latents", "style", "strictness", "reframe", "output_type", "return_dict",
    "directions", "options", "drawing", "photo", "variations", "liked", "picture", "count", "difference", "locked", "share", "prompt",
    "strength", "past", "event", "recorded", "kept", "lost", "moments", "begun",
}  # fmt: skip


def checked_directions(directions: Any, latent_dim: int) -> dict[str, dict[str, Any]]:
    """Named directions in plain numbers, as config.json has them.

    Args:
        directions: for each name "vector", D numbers, and "range", the smallest and largest step along it, with 0 between; and
            whatever else is known of it.
        latent_dim: D.

    Raises:
        ValueError: one sentence about a name that is no argument's, or about numbers that are none.
    """
    if not isinstance(directions, dict):
        raise ValueError(f"directions are a dict of named ones, not {type(directions).__name__}.")
    found = {}
    for name, direction in directions.items():
        if not (isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)):
            raise ValueError(f"A direction's name is a word of letters, digits and _, not {name!r}.")
        if name in RESERVED or re.fullmatch(r"latent_\d+", name):
            raise ValueError(f"No direction can be named {name}, which is something else already: choose another name.")
        values = plain(direction)
        if not isinstance(values, dict) or not {"vector", "range"} <= values.keys():
            raise ValueError(f'The direction {name} needs a "vector" and a "range".')
        vector, ends = values["vector"], values["range"]
        if not (_are_numbers(vector) and len(vector) == latent_dim):
            raise ValueError(f"The vector of the direction {name} is {latent_dim} finite numbers.")
        if not (_are_numbers(ends) and len(ends) == 2 and ends[0] <= 0 <= ends[1] and ends[0] < ends[1]):
            raise ValueError(
                f"The range of the direction {name} is two finite numbers, the smaller first, with 0 between."
            )
        found[name] = values
    return found


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(type(n) in (int, float) and math.isfinite(n) for n in values)


def plain(value: Any) -> Any:
    """Numbers and arrays of NumPy and PyTorch, wherever in dicts and lists, as Python's own: what JSON can hold."""
    if isinstance(value, dict):
        return {plain(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


def whole_number(name: str, value: Any, low: int, high: int) -> int:
    """An argument as an int, of NumPy and PyTorch, too; ValueError where it is none, or not from `low` to `high`."""
    number = plain(value)
    if type(number) is not int:
        raise ValueError(f"{name} is a whole number, not {shown(value)}.")
    if not low <= number <= high:
        raise ValueError(f"{name} is from {low:,} to {high:,}, not {number}.")
    return number


def real_number(name: str, value: Any, low: float, high: float) -> float:
    """An argument as a float, of NumPy and PyTorch, too; ValueError where it is none, or not between `low` and `high`."""
    number = plain(value)
    if type(number) not in (int, float):
        raise ValueError(f"{name} is a number, not {shown(value)}.")
    if not low <= number <= high:  # so is NaN
        raise ValueError(f"{name} is between {low} and {high}, not {number}.")
    return float(number)


def yes_or_no(name: str, value: Any) -> bool:
    """An argument as a bool, of NumPy and PyTorch, too; ValueError where it is none."""
    found = plain(value)
    if type(found) is not bool:
        raise ValueError(f"{name} is True or False, not {shown(value)}.")
    return found


def shown(value: Any, most: int = 80) -> str:
    """A value in a sentence about it: its repr, cut after `most` letters; of what has none for people, its type."""
    told = repr(value)
    if " at 0x" in told:
        return f"one of the type {type(value).__name__}"
    return told if len(told) <= most else f"{told[: most - 1]}…"


def max_norm(latent_dim: int) -> float:
    """The length that latents are shortened to before a photograph is made of them.

    A model is trained on few that are longer, and makes gaudy and broken pictures of them.
    """
    return math.sqrt(latent_dim) + MARGIN


def clip_norm(z: Tensor) -> Tensor:
    """Latents (N, D), those longer than `max_norm` shortened to it."""
    most = max_norm(z.shape[1])
    length = z.double().norm(dim=1, keepdim=True)  # that of float32 is infinite beyond 1e19
    return z * (most / length.clamp(min=most)).to(z.dtype)


def random_latents(count: int, latent_dim: int, seed: int | torch.Generator | None = None) -> Tensor:
    """`count` latents (count, D) from N(0, I), on the CPU; a seed fixes them, and the first of more are those of fewer.

    A generator in place of the seed, on any device, goes on from where it is.

    Raises:
        ValueError: a count or seed that is no whole number, or out of range.
    """
    count = whole_number("The number of images", count, 1, MOST_IMAGES)
    generator = seed if isinstance(seed, torch.Generator) else torch.Generator()
    if seed is None:
        generator.seed()
    elif generator is not seed:
        generator.manual_seed(whole_number("seed", seed, -(2**63), 2**64 - 1))
    # One draw for each picture, so that asking for more changes none of the earlier ones.
    drawn = [torch.randn(1, latent_dim, generator=generator, device=generator.device) for _ in range(count)]
    return torch.cat(drawn).cpu()


def spread_latents(count: int, latent_dim: int, seed: int) -> Tensor:
    """`count` latents (count, D) that are far from each other: people that differ, and not one face in other tints.

    Of CANDIDATES from N(0, I), none longer than `max_norm`, the first; then always that which is farthest from the nearest of
    those before (Gonzalez 1985). A seed fixes them, and the first of more are those of fewer, up to CANDIDATES.

    Far by their latents, not by their photographs: to make those of all candidates takes seconds on a CPU, smaller ones say
    too little of them, and what they differ in most is the background.
    """
    candidates = clip_norm(random_latents(max(count, CANDIDATES), latent_dim, seed))
    distances = torch.cdist(candidates, candidates)
    chosen = [0]
    while len(chosen) < count:
        chosen.append(int(distances[chosen].amin(0).argmax()))
    return candidates[chosen]


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
