"""The second engine: ONNX Runtime makes the pictures that PyTorch makes."""

import pickle
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import cached_assets_path
from PIL import Image

from sketch2photo import onnx
from sketch2photo.data.sources import SyntheticFaces
from sketch2photo.examples import EXAMPLES
from sketch2photo.networks.calibrator import Calibrator
from sketch2photo.onnx import Bits, OnnxCalibrator, calibrator_to_onnx, to_onnx, with_bits, with_onnx
from sketch2photo.preprocess import to_sketch
from tests import ROOT
from tests.programs import in_fork

pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

from hub import build_web, export_onnx  # noqa: E402
from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline  # noqa: E402

BUNDLED = str(ROOT / "hub" / "model")
SMALL = {"image_size": 64, "channels": (16, 32), "blocks": (1, 2), "head": 8}


@pytest.fixture(scope="module")
def model() -> Sketch2Photo:
    return Sketch2Photo.from_pretrained(BUNDLED)


@pytest.fixture(scope="module")
def files(model: Sketch2Photo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("onnx")
    export_onnx.main(BUNDLED, out)
    return out


@pytest.fixture(scope="module")
def pipe() -> Sketch2PhotoPipeline:
    return Sketch2PhotoPipeline.from_pretrained(BUNDLED, engine="onnx")


def small(sketch_channels: int = 1) -> Sketch2Photo:
    """Random weights, of which every one matters."""
    torch.manual_seed(0)
    model = Sketch2Photo(**SMALL, sketch_channels=sketch_channels).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return model


def test_a_network_is_exported_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exports, export = [], torch.onnx.export

    def counted(*arguments: Any, **options: Any) -> Any:
        exports.append(arguments)
        return export(*arguments, **options)

    def kept_in(folder: Path) -> None:
        monkeypatch.setattr(onnx, "cached_assets_path", partial(cached_assets_path, assets_dir=folder))

    monkeypatch.setattr(torch.onnx, "export", counted)
    monkeypatch.setattr(onnx, "KEPT", 1)
    kept_in(tmp_path / "assets")
    model = small()
    first = to_onnx(model, ["encoder"])
    assert to_onnx(model, ["encoder"]) == first
    assert len(exports) == 1
    with torch.no_grad():  # other weights are another network's
        next(model.encoder.parameters()).mul_(1.5)
    second = to_onnx(model, ["encoder"])
    assert second != first
    assert [path.read_bytes() for path in (tmp_path / "assets").rglob("*.onnx")] == [second["encoder"]]
    (tmp_path / "file").write_text("")
    kept_in(tmp_path / "file")  # where no folder can be made
    assert to_onnx(model, ["encoder"]) == second
    assert len(exports) == 3


def test_it_survives_a_fork_and_pickling(pipe: Sketch2PhotoPipeline) -> None:
    """With two threads: none of them is forked."""
    before, threads = pipe(EXAMPLES[0], seed=0, num_images=2), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        copied = pickle.loads(pickle.dumps(pipe))  # with two threads
        for same in (
            copied(EXAMPLES[0], seed=0, num_images=2),
            in_fork(lambda: copied(EXAMPLES[0], seed=0, num_images=2)),
        ):
            for one, other in zip(same.images, before.images, strict=True):
                assert np.abs(np.asarray(one, int) - np.asarray(other, int)).max() <= 1
    finally:
        torch.set_num_threads(threads)


def small_calibrator() -> Calibrator:
    """Random weights, of which every one matters."""
    torch.manual_seed(0)
    network = Calibrator(image_size=64, hidden=32).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.02 * torch.randn_like(parameter)
        network.mean_face.uniform_()
    return network


@torch.inference_mode()
def test_the_files_give_what_pytorch_gives_on_real_drawings(model: Sketch2Photo, files: Path) -> None:
    generator, encoder = (onnxruntime.InferenceSession(files / f"{name}.onnx") for name in ("generator", "encoder"))
    z = torch.randn(3, model.latent_dim, generator=torch.Generator().manual_seed(0))
    strictness = torch.tensor([1.0, 0.5, 0.0])
    trusted = torch.rand(1, 1, 64, 64)
    assert len(EXAMPLES) > 5
    for path in EXAMPLES:
        sketch = to_sketch(path, model.image_size)
        given = {"sketch": sketch, "z": z, "strictness": strictness, "trusted": trusted}
        (photo,) = generator.run(None, {name: value.numpy() for name, value in given.items()})
        np.testing.assert_allclose(photo, model(sketch, z, strictness, trusted).numpy(), atol=1e-3, rtol=0)
        for ours, theirs in zip(
            encoder.run(None, {"photo": photo}), model.encode(torch.from_numpy(photo)), strict=True
        ):
            np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-3, rtol=0)


def test_nothing_in_the_files_tells_where_they_were_made(files: Path) -> None:
    for name in ("generator", "encoder"):
        content = (files / f"{name}.onnx").read_bytes()
        assert str(ROOT).encode() not in content
        assert b".py" not in content


@torch.inference_mode()
def test_a_model_of_other_sizes_and_coloured_sketches_with_any_number_of_latents() -> None:
    theirs, network = small(3), small(3).to(memory_format=torch.channels_last)
    ours = with_onnx(network, to_onnx(network, ["generator"]))
    sketch = torch.ones(1, 3, 64, 64)
    sketch[..., 20:24, 8:50] = -1
    for count in (1, 5):
        z = torch.randn(count, 8)
        torch.testing.assert_close(ours(sketch, z, 0.3), theirs(sketch, z, 0.3), atol=1e-3, rtol=0)


@torch.inference_mode()
def test_several_sketches_in_turn() -> None:
    theirs, ours = small(), with_onnx(small())
    sketches, z = torch.ones(2, 1, 64, 64), torch.randn(6, 8)
    sketches[0, :, 10:14], sketches[1, :, 40:50, 30:] = -1, -1
    strictness, trusted = torch.linspace(0, 1, 6), torch.rand(2, 1, 16, 16)
    found, expected = (model(sketches, z, strictness, trusted) for model in (ours, theirs))
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


@torch.inference_mode()
@pytest.mark.parametrize(("bits", "share", "apart"), [(16, 0.55, 0.01), (8, 0.3, 1.0)])
def test_smaller_weights_make_nearly_the_same_pictures(
    model: Sketch2Photo, files: Path, bits: Bits, share: float, apart: float
) -> None:
    """`apart` is the mean difference of a picture, of 255."""
    content = with_bits((files / "generator.onnx").read_bytes(), bits)
    assert len(content) < share * (files / "generator.onnx").stat().st_size
    z = torch.randn(2, model.latent_dim, generator=torch.Generator().manual_seed(1))
    session = onnxruntime.InferenceSession(content)
    for path in EXAMPLES[:4]:
        sketch = to_sketch(path, model.image_size)
        given = {"sketch": sketch.numpy(), "z": z.numpy(), "strictness": np.ones(2, np.float32)}
        given["trusted"] = np.zeros((1, 1, 64, 64), np.float32)
        difference = np.abs(session.run(None, given)[0] - model(sketch, z).numpy())
        assert 0 < 127.5 * difference.mean() < apart


def test_the_check_measures_that_smaller_weights_cost_no_kernel_distance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faces = SyntheticFaces(256, count=8)
    for folder in ("photo", "sketch"):
        (tmp_path / folder).mkdir()
    for index in range(len(faces)):
        for folder, pixels in zip(("photo", "sketch"), faces.load(index), strict=True):
            Image.fromarray(pixels).save(tmp_path / folder / f"{index:02}.png")
    export_onnx.main(BUNDLED, check=tmp_path)
    table, *_ = capsys.readouterr().out.split("\n\n")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert [row[0].split(",")[0] for row in rows] == ["PyTorch", "16 bits", "8 bits"]
    for _, _, largest, _, distance, more in rows[1:]:
        assert float(largest) > 0
        assert float(distance) > 10  # drawn faces are far from photographs
        assert float(more.strip("%")) < 2


def test_the_pipeline_is_called_as_before(model: Sketch2Photo, pipe: Sketch2PhotoPipeline) -> None:
    sketch = to_sketch(EXAMPLES[0])
    expected = Sketch2PhotoPipeline(model)(sketch, num_images=3, seed=4, strictness=0.7)
    out = pipe(sketch, num_images=3, seed=4, strictness=0.7)
    torch.testing.assert_close(out.latents, expected.latents)
    for ours, theirs in zip(out.images, expected.images, strict=True):
        assert np.abs(np.asarray(ours).astype(int) - np.asarray(theirs)).max() <= 1
    again, theirs = (p(EXAMPLES[1], style=out.images[0]) for p in (pipe, Sketch2PhotoPipeline(model)))
    torch.testing.assert_close(again.latents, theirs.latents, atol=1e-3, rtol=0)


def test_what_it_cannot_do_is_one_sentence(pipe: Sketch2PhotoPipeline, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be saved"):
        pipe.model.save_pretrained(tmp_path / "saved")
    with pytest.raises(ValueError, match="classic"):
        to_onnx(Sketch2Photo(architecture="classic", image_size=64, channels=(8, 16, 16)))
    with pytest.raises(ValueError, match="engine is"):
        Sketch2PhotoPipeline.from_pretrained(BUNDLED, engine="tensorrt")  # type: ignore[arg-type]
    assert (pipe.to("cpu", torch.float32).device.type, pipe.dtype) == ("cpu", torch.float32)
    with pytest.raises(ValueError, match="ONNX Runtime runs on the CPU and in float32"):
        pipe.to(torch.bfloat16)
    small(3).save_pretrained(tmp_path / "coloured")
    with pytest.raises(ValueError, match="are no dark lines on light, as this page draws them"):
        build_web.build(str(tmp_path / "coloured"), tmp_path / "page")


@torch.inference_mode()
@pytest.mark.parametrize(("bits", "share", "apart"), [(32, 1.1, 1e-4), (16, 0.6, 2e-3), (8, 0.4, 0.1)])
def test_a_calibrator_sees_what_it_sees_in_pytorch_in_any_number_of_drawings(
    bits: Bits, share: float, apart: float
) -> None:
    theirs = small_calibrator()
    content = with_bits(calibrator_to_onnx(theirs), bits)
    ours = OnnxCalibrator(theirs.to(memory_format=torch.channels_last), content)
    weights = 4 * sum(parameter.numel() for parameter in theirs.parameters())
    assert len(content) < share * weights
    for count in (1, 3):
        drawings = torch.rand(count, 1, 64, 64).mul(2).sub(1)
        for found, expected in zip(ours(drawings), theirs(drawings), strict=True):
            torch.testing.assert_close(found, expected, atol=apart, rtol=apart)
    assert ours.image_size == 64
    assert torch.equal(ours.mean_face, theirs.mean_face)
    with pytest.raises(ValueError, match="already"):
        calibrator_to_onnx(ours)


def test_the_pipelines_calibrator_gives_pytorchs_drawings(pipe: Sketch2PhotoPipeline) -> None:
    """Rounding moves points by a thousandth of a pixel: of one in 1,000 pixels that may be seen."""
    theirs = Sketch2PhotoPipeline.from_pretrained(BUNDLED)
    for path, strictness in zip(EXAMPLES[:6], (1.0, 0.7, 0.3, 0.0, 0.0, 0.5), strict=True):
        found, expected = (each.calibrate(path, strictness) for each in (pipe, theirs))
        assert found.certainty == pytest.approx(expected.certainty, abs=1e-4)
        assert np.abs(found.points - expected.points).max() < 0.02
        for ours, other in ((found.sketch, expected.sketch), (found.added, expected.added)):
            assert (127.5 * (ours - other).abs() > 2).float().mean() < 0.001
