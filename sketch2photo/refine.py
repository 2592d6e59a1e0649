"""A second step, for people with a GPU: Stable Diffusion makes our photographs sharp, and the drawing keeps its say.

    refiner = Refiner()
    pictures = refiner(pipe("drawing.png", seed=0), "a photograph of an old man, soft light")

The photographs are the draft (img2img), the drawing is the control (ControlNet for scribbles), so the latents keep steering
what diffusion makes sharp. It needs `pip install "sketch2photo[refine]"`, and nothing else here needs it.
"""

from functools import cached_property
from importlib.util import find_spec
from typing import Any

import torch
from PIL import Image
from torch.nn import functional as F

from .pipeline import Sketch2PhotoOutput


def available() -> bool:
    """Whether it can run here: there is a GPU, and transformers, which has Stable Diffusion's text encoder."""
    return torch.accelerator.is_available() and find_spec("transformers") is not None


class Refiner:
    """Stable Diffusion with a scribble ControlNet, loaded when the first pictures are asked for, and never from a pickle.

    Args:
        model: folder or Hub id of a Stable Diffusion 1.x pipeline.
        controlnet: folder or Hub id of a ControlNet for it that was trained on white lines on black.
        device: where it runs; by default the GPU where there is one, in float16, and else the CPU, in float32.
    """

    def __init__(
        self,
        model: str = "stable-diffusion-v1-5/stable-diffusion-v1-5",
        controlnet: str = "lllyasviel/control_v11p_sd15_scribble",
        device: str | torch.device | None = None,
    ) -> None:
        self.model, self.controlnet = model, controlnet
        found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        self.device = torch.device(device or found or "cpu")

    @cached_property
    def pipe(self) -> Any:
        """diffusers' pipeline, loaded at first use. Raises ValueError where it cannot be."""
        if find_spec("transformers") is None:
            raise ValueError('Refining needs transformers: pip install "sketch2photo[refine]".')
        from diffusers import ControlNetModel, StableDiffusionControlNetImg2ImgPipeline

        how = {
            "torch_dtype": torch.float32 if self.device.type == "cpu" else torch.float16,
            "use_safetensors": True,
        }
        try:
            controlnet = ControlNetModel.from_pretrained(self.controlnet, **how)
            pipe: Any = StableDiffusionControlNetImg2ImgPipeline.from_pretrained(
                self.model, controlnet=controlnet, **how
            )
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"{self.model} with {self.controlnet} cannot be loaded: {reason}") from error
        pipe.set_progress_bar_config(disable=True)
        return pipe.to(self.device)

    def __call__(
        self,
        draft: Sketch2PhotoOutput,
        prompt: str,
        negative_prompt: str = "drawing, painting, blurry",
        strength: float = 0.5,
        steps: int = 30,
        control: float = 0.8,
        guidance: float = 6.0,
        size: int = 512,
        seed: int | None = None,
    ) -> list[Image.Image]:
        """One picture of each of the draft's photographs.

        Args:
            draft: what Sketch2PhotoPipeline returned: its images and its sketch are used.
            prompt, negative_prompt: what the pictures should show, and what not.
            strength: in (0, 1]: how far from the draft; at 1 nothing of it is left.
            steps: of denoising; `strength * steps` of them are made.
            control: weight of the drawing, from 0.
            guidance: weight of the prompt.
            size: side of the pictures in pixels, a multiple of 64.
            seed: the same seed gives the same pictures, and the first of more are those of fewer.

        Raises:
            ValueError: numbers out of range, or models that cannot be loaded.
        """
        if not 0 < strength <= 1 or int(strength * steps) < 1:
            raise ValueError(f"strength is in (0, 1] and strength x steps at least 1, not {strength} and {steps}.")
        if size < 64 or size % 64:
            raise ValueError(f"size is a multiple of 64, not {size}.")
        count = len(draft.images)
        lines = F.interpolate((1 - draft.sketch) / 2, (size, size), mode="bilinear", antialias=True)  # white on black
        start = torch.seed() if seed is None else seed
        return self.pipe(
            prompt=[prompt] * count,
            negative_prompt=[negative_prompt] * count,
            image=[image.resize((size, size), Image.Resampling.LANCZOS) for image in draft.images],
            control_image=lines.expand(count, 3, -1, -1),
            strength=strength,
            num_inference_steps=steps,
            guidance_scale=guidance,
            controlnet_conditioning_scale=control,
            generator=[torch.Generator().manual_seed((start + i) % 2**63) for i in range(count)],
        ).images
