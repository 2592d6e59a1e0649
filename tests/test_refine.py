"""The second step: diffusers' real pipeline, from files in its format, with components small enough for a test."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

transformers = pytest.importorskip("transformers")

from diffusers import (  # noqa: E402
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    StableDiffusionControlNetImg2ImgPipeline,
    UNet2DConditionModel,
)

from sketch2photo import Sketch2Photo, Sketch2PhotoOutput, Sketch2PhotoPipeline  # noqa: E402
from sketch2photo.refine import Refiner  # noqa: E402

HOW = {"steps": 4, "size": 64, "seed": 0}


@pytest.fixture(scope="module")
def refiner(tmp_path_factory: pytest.TempPathFactory) -> Refiner:
    """Stable Diffusion and ControlNet with tiny random components, saved as on the Hub."""
    folder = tmp_path_factory.mktemp("diffusion")
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=32,
        layers_per_block=1,
        block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        norm_num_groups=4,
        attention_head_dim=4,
    )
    controlnet = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 16))
    for name, parameter in controlnet.named_parameters():  # which begin at zero, and so change nothing before training
        if "controlnet_" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    vae = AutoencoderKL(
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=4,
        latent_channels=4,
    )
    words = ["<|startoftext|>", "<|endoftext|>", *(chr(code) for code in range(97, 123))]
    words += [f"{word}</w>" for word in words[2:]]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = transformers.CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)
    text = transformers.CLIPTextConfig(
        vocab_size=len(words),
        **{"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2},
        **{"max_position_embeddings": 77, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1},
    )
    StableDiffusionControlNetImg2ImgPipeline(
        vae=vae,
        text_encoder=transformers.CLIPTextModel(text),
        tokenizer=tokenizer,
        unet=unet,
        controlnet=controlnet,
        scheduler=DDIMScheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder / "model")
    controlnet.save_pretrained(folder / "controlnet")
    return Refiner(str(folder / "model"), str(folder / "controlnet"), device="cpu")


@pytest.fixture(scope="module")
def draft() -> Sketch2PhotoOutput:
    torch.manual_seed(0)
    pipe = Sketch2PhotoPipeline(Sketch2Photo(image_size=64, channels=(16, 32), blocks=(1, 1), head=8))
    page = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(page).ellipse((60, 30, 240, 270), outline=0, width=8)
    return pipe(page, num_images=2, seed=0)


def pixels(images: list[Image.Image]) -> np.ndarray:
    return np.stack([np.asarray(image) for image in images]).astype(float)


def test_draft_drawing_and_prompt_all_matter(refiner: Refiner, draft: Sketch2PhotoOutput) -> None:
    refined = pixels(refiner(draft, "a face", **HOW))
    assert refined.shape == (2, 64, 64, 3)
    assert np.array_equal(pixels(refiner(draft, "a face", **HOW)), refined)
    other_draft = Sketch2PhotoOutput(draft.images[::-1], draft.latents, draft.sketch)
    other_drawing = Sketch2PhotoOutput(draft.images, draft.latents, draft.sketch.flip(2).roll(9, 3))
    for changed in (
        refiner(other_draft, "a face", **HOW),
        refiner(other_drawing, "a face", **HOW),
        refiner(draft, "an old man", **HOW),
        refiner(draft, "a face", **{**HOW, "seed": 7}),
    ):
        assert not np.array_equal(pixels(changed), refined)
    without_control = {**HOW, "control": 0.0}
    assert np.array_equal(
        pixels(refiner(draft, "a face", **without_control)), pixels(refiner(other_drawing, "a face", **without_control))
    )


def test_strength_is_the_distance_from_the_draft(refiner: Refiner, draft: Sketch2PhotoOutput) -> None:
    through_vae = pixels(refiner(draft, "a face", strength=0.02, steps=50, size=64, seed=0))
    near, far = (pixels(refiner(draft, "a face", strength=s, steps=20, size=64, seed=0)) for s in (0.1, 1.0))
    assert np.abs(near - through_vae).mean() < np.abs(far - through_vae).mean()


def test_fewer_pictures_are_the_first_of_more(refiner: Refiner, draft: Sketch2PhotoOutput) -> None:
    one = Sketch2PhotoOutput(draft.images[:1], draft.latents[:1], draft.sketch)
    assert np.abs(pixels(refiner(one, "a face", **HOW))[0] - pixels(refiner(draft, "a face", **HOW))[0]).max() <= 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"strength": 0}, "strength is"), ({"steps": 1}, "strength x steps"), ({"size": 100}, "64")],
)
def test_bad_numbers_get_one_sentence(draft: Sketch2PhotoOutput, arguments: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Refiner()(draft, "a face", **arguments)


def test_models_that_are_not_there_are_named(draft: Sketch2PhotoOutput, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be loaded"):
        Refiner(str(tmp_path), str(tmp_path), device="cpu")(draft, "a face", **HOW)


def test_nothing_of_it_is_loaded_before_it_is_used() -> None:
    code = "import sys, sketch2photo.refine as r; r.Refiner(); r.available(); print('transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
