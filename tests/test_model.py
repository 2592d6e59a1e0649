"""The model: shapes, the latent and strictness in every picture, saving and loading."""

import copy
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.examples import EXAMPLES_FOLDER
from sketch2photo.networks.blocks import smoothed
from sketch2photo.networks.packed import PackedConv2d, pack
from tests import ROOT
from tests.programs import files_of_at_most

SMALL = {"image_size": 64, "channels": (16, 32), "blocks": (1, 1), "head": 8}
CLASSIC = {"architecture": "classic", "image_size": 64, "channels": (8, 16, 16)}


@pytest.fixture(params=[SMALL, CLASSIC], ids=["modulated", "classic"])
def model(request: pytest.FixtureRequest) -> Sketch2Photo:
    if request.param is CLASSIC:
        pytest.importorskip("torchvision")
    torch.manual_seed(0)
    return Sketch2Photo(**request.param).eval()


def sketches(model: Sketch2Photo, count: int = 2) -> torch.Tensor:
    lines = torch.ones(count, 1, model.image_size, model.image_size)
    for i in range(count):
        lines[i, :, 4 + 5 * i : 8 + 5 * i, 4:-4] = -1
    return lines


def test_default_model_is_256_px_with_eight_latents_and_without_discriminators(tmp_path: Path) -> None:
    model = Sketch2Photo().eval()
    photo = model(torch.ones(1, 1, 256, 256), torch.zeros(1, 8))
    assert photo.shape == (1, 3, 256, 256)
    model.half().save_pretrained(tmp_path)  # as training exports it
    assert (tmp_path / "model.safetensors").stat().st_size < 25e6
    assert not any("d_vae" in name or "d_lr" in name for name in load_file(tmp_path / "model.safetensors"))


def test_photo_is_in_range_and_encodes(model: Sketch2Photo) -> None:
    photo = model(sketches(model), torch.randn(2, 8))
    assert photo.shape == (2, 3, model.image_size, model.image_size)
    assert photo.abs().max() <= 1
    mu, logvar = model.encode(photo)
    assert mu.shape == logvar.shape == (2, 8)


def test_every_latent_changes_the_picture(model: Sketch2Photo) -> None:
    z = torch.zeros(9, 8)
    z[1:] = 2 * torch.eye(8)
    photo = model(sketches(model, 1), z)
    assert ((photo[1:] - photo[0]).abs().amax((1, 2, 3)) > 1e-4).all()


def test_several_latents_for_several_sketches_are_the_single_ones(model: Sketch2Photo) -> None:
    lines, z = sketches(model), torch.randn(4, 8)
    together = model(lines, z)
    for i in range(4):
        alone = model(lines[i % 2 : i % 2 + 1], z[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone, atol=1e-4, rtol=1e-3)


def test_strictness_of_each_sketch_is_that_of_all_its_pictures(model: Sketch2Photo) -> None:
    lines, z = sketches(model), torch.randn(4, 8)
    torch.testing.assert_close(
        model(lines, z, torch.tensor([0.2, 0.7])),
        model(lines, z, torch.tensor([0.2, 0.7, 0.2, 0.7])),
        atol=0,
        rtol=0,
    )
    with pytest.raises(ValueError, match=r"strictness is a number, or one for each of 2 sketches or 4 z, not \(3,\)"):
        model(lines, z, torch.ones(3))


@torch.inference_mode()
def test_packed_convolutions_draw_the_same_pictures() -> None:
    """Within 2/255, for any number of pictures and of any size; and the calibrator sees the same."""
    pipe = Sketch2PhotoPipeline.from_pretrained(str(ROOT / "hub" / "model"))
    packed = copy.deepcopy(pipe)
    pack(packed.model)
    pack(packed.calibrator)
    networks = (packed.model.generator, packed.model.encoder, packed.calibrator)
    assert all(any(isinstance(part, PackedConv2d) for part in network.modules()) for network in networks)
    elsewhere = copy.deepcopy(pipe.model).to("meta")  # as on a GPU, which has no oneDNN
    pack(elsewhere)
    assert not any(isinstance(part, PackedConv2d) for part in elsewhere.modules())
    for count, side in ((1, 256), (3, 256), (2, 64), (1, 64)):
        lines, z = torch.rand(1, 1, side, side) * 2 - 1, torch.randn(count, 8)
        torch.testing.assert_close(packed.model(lines, z), pipe.model(lines, z), atol=1e-4, rtol=0)
        torch.testing.assert_close(packed.model(lines, z), pipe.model(lines, z), atol=1e-4, rtol=0)
    drawing = EXAMPLES_FOLDER / "bun.png"
    torch.testing.assert_close(packed.encode(drawing), pipe.encode(drawing))
    torch.testing.assert_close(packed.calibrate(drawing).points, pipe.calibrate(drawing).points, atol=1e-3, rtol=0)


def test_what_is_smoothed_is_the_mean_of_means_of_neighbours() -> None:
    """As two poolings have it, which take longer: values, and the gradients by which a training goes its way."""

    def pooled(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool2d(torch.nn.functional.avg_pool2d(x, 2, 1, 1, count_include_pad=False), 2, 1)

    torch.manual_seed(0)
    x, weights = torch.randn(2, 3, 12, 10, requires_grad=True), torch.randn(2, 3, 12, 10)
    torch.testing.assert_close(smoothed(x), pooled(x))
    ours, theirs = (torch.autograd.grad((blur(x) * weights).sum(), x)[0] for blur in (smoothed, pooled))
    torch.testing.assert_close(ours, theirs)


def test_at_strictness_zero_lines_cannot_reach_the_picture_at_full_resolution() -> None:
    """The finest paths from the sketch to the photograph carry nothing at 0, some at 0.5 and most at 1."""
    torch.manual_seed(0)
    model = Sketch2Photo(**SMALL).eval()
    z, lines = torch.zeros(3, 8), sketches(model, 1)
    strictness = torch.tensor([0.0, 0.5, 1.0])
    before = model(lines, z, strictness)
    with torch.no_grad():
        for path in (model.generator.skip[0], model.generator.head_sketch):
            path.weight.add_(torch.randn_like(path.weight))
    change = (model(lines, z, strictness) - before).abs().mean((1, 2, 3))
    assert change[0] == 0
    assert 0 < change[1] < change[2]


@torch.inference_mode()
def test_where_lines_are_trusted_the_picture_is_that_of_strictness_1() -> None:
    """Its finest path, at strictness 0: as open as at 1 in the trusted half, closed in the other."""
    torch.manual_seed(0)
    model = Sketch2Photo(**SMALL).eval()
    z, lines, changed = torch.zeros(1, 8), sketches(model, 1), copy.deepcopy(model)
    changed.generator.head_sketch.weight.add_(torch.randn_like(model.generator.head_sketch.weight))
    size = lines.shape[-1]
    left = torch.zeros(1, 1, size // 4, size // 4)
    left[..., : size // 8] = 1
    model.generator.head_norm = changed.generator.head_norm = Unmixed()  # norms mix what is left and right

    def change(strictness: float, trusted: torch.Tensor | None) -> torch.Tensor:
        return (changed(lines, z, strictness, trusted) - model(lines, z, strictness, trusted)).abs().mean((0, 1, 2))

    nowhere, half, strict = change(0.0, None), change(0.0, left), change(1.0, None)
    border = 4
    assert nowhere.max() == 0
    assert half[size // 2 + border :].max() == 0
    assert strict[: size // 2 - border].min() > 0
    assert half[: size // 2 - border].min() > 0
    torch.testing.assert_close(change(1.0, left), strict)
    with pytest.raises(ValueError, match="trusted is"):
        model(lines, z, 0.0, left[..., 1:])
    for other in (torch.zeros(len(z) + 1), torch.zeros(len(z), 1)):
        with pytest.raises(ValueError, match="strictness is a number, or one for each"):
            model(lines, z, other)


class Unmixed(torch.nn.Module):
    """In place of a norm."""

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return x


def test_saved_and_loaded_is_the_same_model_in_eval_mode(model: Sketch2Photo, tmp_path: Path) -> None:
    model.train().save_pretrained(tmp_path)
    again = Sketch2Photo.from_pretrained(tmp_path)
    assert not again.training
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["image_size"] == model.image_size
    assert len(config["channels"]) in (2, 3)
    assert ("mapping" in config) == (model.architecture == "modulated")  # also what was not given
    z = torch.randn(2, 8)
    torch.testing.assert_close(again(sketches(model), z), model.eval()(sketches(model), z))


def test_where_a_model_is_saved_on_a_full_disk_the_one_before_stays(tmp_path: Path) -> None:
    Sketch2Photo(**SMALL).save_pretrained(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with files_of_at_most(10_000), pytest.raises(OSError, match="could not be written"):
        Sketch2Photo(**SMALL, latent_dim=4).save_pretrained(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_other_sizes_come_back_from_the_config(tmp_path: Path) -> None:
    Sketch2Photo(image_size=96, latent_dim=3, channels=(16, 32), blocks=(2, 1), head=8, mapping=20).save_pretrained(
        tmp_path
    )
    again = Sketch2Photo.from_pretrained(tmp_path)
    assert again(torch.ones(1, 1, 96, 96), torch.zeros(5, 3)).shape == (5, 3, 96, 96)


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    Sketch2Photo(**SMALL).save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    torch.save(weights, tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        Sketch2Photo.from_pretrained(tmp_path)


def test_a_tensor_of_another_shape_is_refused(tmp_path: Path) -> None:
    Sketch2Photo(**SMALL).save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    weights["generator.stem.bias"] = torch.zeros(3)
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"generator\.stem\.bias"):
        Sketch2Photo.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("sketch", "z", "words"),
    [
        ((1, 3, 64, 64), (1, 8), "A sketch is"),
        ((1, 1, 60, 64), (1, 8), "multiples of 8"),
        ((1, 1, 64, 64), (1, 7), "z is"),
        ((2, 1, 64, 64), (3, 8), "multiple of the 2 sketches"),
    ],
)
def test_shapes_that_do_not_fit_are_named(sketch: tuple[int, ...], z: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Sketch2Photo(**SMALL)(torch.ones(sketch), torch.zeros(z))


def test_arguments_that_cannot_be_are_named() -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        Sketch2Photo(image_size=100)
    with pytest.raises(ValueError, match="at least 64"):
        Sketch2Photo(image_size=32)
    with pytest.raises(ValueError, match="architecture"):
        Sketch2Photo(architecture="other")
    with pytest.raises(ValueError, match="no head or mapping, only channels"):
        Sketch2Photo(**CLASSIC, mapping=96, head=16)
    with pytest.raises(ValueError, match="for each of the 2 channels, not 1 numbers"):
        Sketch2Photo(**SMALL | {"blocks": (1,)})
    for name, size in {"channels": (), "blocks": (1, 0), "head": 0, "latent_dim": -1, "mapping": 9.5}.items():
        with pytest.raises(ValueError, match=f"{name} must be whole numbers"):
            Sketch2Photo(**SMALL | {name: size})


def test_the_generator_has_no_checkerboard_to_give() -> None:
    """A pattern that sub-pixel convolution puts on every other pixel of the stage at half resolution does not pass."""
    torch.manual_seed(0)
    model = Sketch2Photo(**SMALL).eval()
    before = model(torch.ones(1, 1, 64, 64), torch.zeros(1, 8))
    with torch.no_grad():
        phases = torch.tensor([1.0, -1.0, -1.0, 1.0])  # of the four sub-pixels of each cell
        model.generator.to_head.conv.bias.add_(phases.repeat(8))
    after = model(torch.ones(1, 1, 64, 64), torch.zeros(1, 8))
    inside = (..., slice(16, -16), slice(16, -16))
    assert (after - before)[inside].abs().max() < 1e-3


HAIR = {"vector": [0.0] * 7 + [1.0], "range": [-2.0, 2.0]}


def test_a_model_is_saved_as_it_is(tmp_path: Path) -> None:
    """Numbers of NumPy and PyTorch, directions that were set later, and a mark at the config's front."""
    sizes = {name: np.array(value) for name, value in SMALL.items() if name != "image_size"}
    model = Sketch2Photo(image_size=np.int64(64), **sizes)
    model.directions["hair"] = {"vector": np.eye(8, dtype=np.float32)[7], "range": torch.tensor([-2.0, 2.0])}
    model.save_pretrained(tmp_path)
    config = tmp_path / "config.json"
    assert json.loads(config.read_text())["directions"] == {"hair": HAIR}
    config.write_bytes(b"\xef\xbb\xbf" + config.read_bytes())
    again = Sketch2Photo.from_pretrained(tmp_path)
    assert again.directions == {"hair": HAIR}
    assert again.generator.stem.out_channels == 16
    again.directions = {}
    again.save_pretrained(tmp_path)
    assert Sketch2Photo.from_pretrained(tmp_path).directions == {}
    again.directions = {"hair": HAIR | {"vector": [float("nan")] * 8}}
    with pytest.raises(ValueError, match="8 finite numbers"):
        again.save_pretrained(tmp_path)


class Narrow(Sketch2Photo):
    """Made with one thing of its own, and nothing else."""

    def __init__(self, width: int = 16) -> None:
        super().__init__(**SMALL | {"channels": (width, 32)})


class Wide(Sketch2Photo):
    """Made with one thing of its own, and all that the model is made with."""

    def __init__(self, note: str = "", **arguments: object) -> None:
        super().__init__(**arguments)
        self.note = note


def test_subclasses_are_saved_and_come_back(tmp_path: Path) -> None:
    Narrow(24).save_pretrained(tmp_path / "narrow")
    assert Narrow.from_pretrained(tmp_path / "narrow").generator.stem.out_channels == 24
    Wide("mine", **SMALL, directions={"hair": HAIR}).save_pretrained(tmp_path / "wide")
    again = Wide.from_pretrained(tmp_path / "wide")
    assert (again.note, again.image_size, again.directions) == ("mine", 64, {"hair": HAIR})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image_size": "64"}, "image_size must be whole numbers"),
        ({"sketch_channels": 2}, "sketch_channels is 1 or 3, not 2"),
        ({"sketch_channels": [3]}, "sketch_channels is a number, not [3]"),
        ({"framing": "faces"}, "framing is face or whole, not 'faces'"),
        ({"framing": None}, "framing is face or whole, not None"),
        ({"polarity": ["as_drawn"]}, "polarity is dark_on_light or as_drawn, not ['as_drawn']"),
        ({"framing": "face", "polarity": "as_drawn"}, "other sketches are seen whole"),
        ({"framing": "face", "sketch_channels": 3}, "other sketches are seen whole"),
        ({"image_size": True}, "image_size must be whole numbers"),
        ({"image_size": 64.0}, "image_size must be whole numbers"),
        ({"image_size": 2**40}, "image_size must be whole numbers"),
        ({"latent_dim": None}, "latent_dim must be whole numbers"),
        ({"channels": [8192, 8192]}, "are more than"),
        ({"channels": 5}, "channels is a list of numbers, not 5"),
        ({"head": [16]}, "head is a number, not [16]"),
        ({"channels": "ab"}, "channels must be whole numbers"),
        ({"channels": {"a": 1}}, "channels must be whole numbers"),
        ({"blocks": [10000, 10000]}, "blocks are at most 256"),
        ({"mapping": 2**20}, "mapping must be whole numbers"),
        ({"architecture": ["modulated"]}, "architecture is one of"),
        ({"directions": ["hair"]}, "directions are a dict"),
        ({"directions": {"hair": [1]}}, 'needs a "vector" and a "range"'),
        ({"directions": {"hair": {"vector": [1.0] * 8}}}, 'needs a "vector" and a "range"'),
        ({"directions": {"hair": HAIR | {"vector": [1.0] * 7}}}, "8 finite numbers"),
        ({"directions": {"hair": HAIR | {"vector": [float("inf")] * 8}}}, "8 finite numbers"),
        ({"directions": {"hair": HAIR | {"range": [2.0, -2.0]}}}, "the smaller first"),
        ({"directions": {"hair": HAIR | {"range": [1.0, 2.0]}}}, "with 0 between"),
        ({"directions": {"seed": HAIR}}, "No direction can be named seed"),
        ({"directions": {"latent_1": HAIR}}, "No direction can be named latent_1"),
        ({"directions": {"long hair": HAIR}}, "a word of letters"),
        ({"directions": {"<b>": HAIR}}, "a word of letters"),
        ({"directions": {"class": HAIR}}, "a word of letters"),
    ],
)
def test_a_config_that_is_none_gets_one_sentence(changes: dict, words: str, saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved, tmp_path, dirs_exist_ok=True)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | changes))
    with pytest.raises(ValueError, match=re.escape(words)) as refused:
        Sketch2Photo.from_pretrained(tmp_path)
    assert "config.json describes no model" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    Sketch2Photo(**SMALL).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("content", "words"), [("[1]", "describes no model"), ("[" * 100_000, "is not JSON"), ("", "is not JSON")]
)
def test_a_config_of_something_else_gets_one_sentence(content: str, words: str, saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved, tmp_path, dirs_exist_ok=True)
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=words):
        Sketch2Photo.from_pretrained(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1 + 1j])
def test_weights_are_finite_numbers(value: complex, saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved, tmp_path, dirs_exist_ok=True)
    weights = load_file(tmp_path / "model.safetensors")
    dtype = torch.complex64 if isinstance(value, complex) else torch.float32
    weights["generator.stem.bias"] = torch.full((16,), value, dtype=dtype)
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"no finite numbers, in generator\.stem\.bias"):
        Sketch2Photo.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"torch_dtyp": "float16"}, "has no argument torch_dtyp; beside its own it takes what"),
        ({"dtype": "float8"}, "dtype is float32, bfloat16, float16, not float8"),
        ({"torch_dtype": torch.int32}, "dtype is float32, bfloat16, float16, not torch.int32"),
        ({"dtype": "float16", "torch_dtype": "float16"}, "either dtype or torch_dtype"),
        ({"map_location": "nowhere"}, "no device 'nowhere' here"),
        ({"image_size": 65}, "with another image_size describes no model"),
    ],
)
def test_arguments_of_from_pretrained_that_are_none_are_named(arguments: dict, words: str, saved: Path) -> None:
    with pytest.raises(ValueError, match=words):
        Sketch2Photo.from_pretrained(saved, **arguments)


def test_weights_come_in_the_dtype_that_is_asked_for(saved: Path, tmp_path: Path) -> None:
    for dtype in ("bfloat16", torch.float16, "float32"):
        model = Sketch2Photo.from_pretrained(saved, dtype=dtype, map_location=torch.device("cpu"))
        assert {str(weight.dtype).removeprefix("torch.") for weight in model.parameters()} == {
            str(dtype).removeprefix("torch.")
        }
        assert not model.training
    Sketch2Photo.from_pretrained(saved, torch_dtype="float16").save_pretrained(tmp_path)
    assert load_file(tmp_path / "model.safetensors")["generator.stem.bias"].dtype == torch.float16


def test_weights_that_a_file_lacks_are_random_only_where_that_is_asked_for(saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved, tmp_path, dirs_exist_ok=True)
    weights = load_file(saved / "model.safetensors")
    del weights["generator.stem.bias"]
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"does not hold the weights that its config\.json describes"):
        Sketch2Photo.from_pretrained(tmp_path)
    model = Sketch2Photo.from_pretrained(tmp_path, strict=False)
    assert torch.equal(model.generator.stem.weight, weights["generator.stem.weight"])


def test_what_is_no_name_of_a_model_is_one_sentence() -> None:
    for kind, name in ((Sketch2Photo, None), (Sketch2PhotoPipeline, 5)):
        with pytest.raises(ValueError, match=f"A model is a folder or an id of the Hub, not {name}"):
            kind.from_pretrained(name)


@pytest.mark.parametrize("sizes", [SMALL, CLASSIC], ids=["modulated", "classic"])
def test_coloured_sketches_have_three_channels_that_each_count(sizes: dict, tmp_path: Path) -> None:
    if sizes is CLASSIC:
        pytest.importorskip("torchvision")
    torch.manual_seed(0)
    Sketch2Photo(**sizes, sketch_channels=3).save_pretrained(tmp_path)
    model = Sketch2Photo.from_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["sketch_channels"] == model.sketch_channels == 3
    sketch = torch.ones(4, 3, 64, 64)
    for channel in range(3):
        sketch[channel + 1, channel, 16:48, 16:48] = -1
    photos = model(sketch, torch.zeros(4, 8))
    assert photos.shape == (4, 3, 64, 64)
    assert all((photos[i] - photos[j]).abs().max() > 1e-4 for i in range(4) for j in range(i))
    with pytest.raises(ValueError, match=r"A sketch is \(N, 3, H, W\)"):
        model(sketch[:, :1], torch.zeros(4, 8))


def test_the_folder_of_a_run_says_where_its_weights_are(tmp_path: Path) -> None:
    Sketch2Photo(**SMALL).save_pretrained(tmp_path / "best")
    with pytest.raises(ValueError, match="best holds one"):
        Sketch2Photo.from_pretrained(tmp_path)
