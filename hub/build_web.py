"""Builds the page that runs the model in the visitor's tab: python -m hub.build_web [--model DIR_OR_ID] [--out DIR].

The folder it makes is a static Space, and can be served by anything: python -m http.server -d build/web. Needs npm, which fetches
onnxruntime-web and gifenc as hub/web/package-lock.json pins them.
"""

import gzip
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hub import export_onnx
from sketch2photo import preprocess, studio
from sketch2photo.cli import check_writable, run
from sketch2photo.examples import EXAMPLES, WITH_PHOTO
from sketch2photo.latents import FRAMES
from sketch2photo.model import Sketch2Photo
from sketch2photo.pipeline import Sketch2PhotoPipeline
from sketch2photo.studio import pad, preview
from sketch2photo.studio.controls import SHARE, argument_groups, labels
from sketch2photo.studio.films import FPS, LAST, MAX_STOPS, MOMENTS
from sketch2photo.studio.messages import MESSAGES, STATIC, by_language
from sketch2photo.studio.recipe import SAVED, weights_revision

SOURCE = Path(__file__).parent / "web"
OWN = [path for kind in ("README.md", "*.html", "*.css", "*.js", "*.svg") for path in sorted(SOURCE.glob(kind))]
TERMS = Path(__file__).parent / "model" / "LICENSE.md"  # of the weights, as README.md has them
SHARED = [*pad.FILES, *studio.SHARED, preview.PICTURE, preprocess.THRESHOLDS_FILE]  # with the app
SHOWN = ("careful_woman", "glasses_beard", "curly_hair", "three_quarter", "quick_sketch", "childish")  # examples
RUNTIME = SOURCE / "node_modules" / "onnxruntime-web" / "dist"
WASM = "ort-wasm-simd-threaded"
GPU = f"{WASM}.asyncify"


def build(model: str, out: Path, address: str = "") -> int:
    """Makes the folder anew, and returns how many bytes a visitor without WebGPU loads.

    `address` is where it will be served, for those who show a link's picture only where its address is whole.

    Raises:
        ValueError: no model, or one whose sketches are no lines, no npm, npm failed, or a folder of something else.
    """
    if out.exists() and any(out.iterdir()) and not (out / "version.js").exists():
        raise ValueError(f"{out} holds something else than this page: choose another --out.")
    pipe = Sketch2PhotoPipeline.from_pretrained(model)
    if not pipe.model.sketch_format.lines:
        raise ValueError(
            f"The sketches of {model} are no dark lines on light, as this page draws them: serve it with app.py."
        )
    install()
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
        fresh = Path(folder) / "page"  # takes the place of the page before once it is whole
        fresh.mkdir()
        size = _fill(fresh, pipe, address)
        shutil.rmtree(out, ignore_errors=True)
        fresh.rename(out)
    return size


def _fill(out: Path, pipe: Sketch2PhotoPipeline, address: str) -> int:
    """Writes the page into an empty folder, and returns what a visitor loads of it."""
    runtime = [RUNTIME / name for name in ("ort.wasm.min.mjs", "ort.webgpu.min.mjs", f"{WASM}.mjs", f"{GPU}.mjs")]
    runtime.append(SOURCE / "node_modules" / "gifenc" / "dist" / "gifenc.esm.js")
    shown = [path for path in EXAMPLES if path.stem in SHOWN]
    shown += [WITH_PHOTO / f"{path.stem}.jpg" for path in shown]
    for path in [*OWN, TERMS, *SHARED, *runtime, *shown]:
        shutil.copy(path, out)
    index = out / "index.html"
    index.write_text(index.read_text().replace('content="preview.jpg"', f'content="{address}preview.jpg"'))
    for name in (WASM, GPU):
        _pack(RUNTIME / f"{name}.wasm", out)
    for path in export_onnx.write(pipe, out, bits=8, names=["generator"]):
        if path.suffix == ".onnx":
            _pack(path, out)
            path.unlink()
    size = _size(out)
    told = page_data(pipe.model, pipe.calibrator is not None) | {
        "bytes": size,
        "download": sum(path.stat().st_size for path in out.glob("*.gzip") if not _is_for_gpu(path)),
        "revision": weights_revision(*filter(None, (pipe.model, pipe.calibrator))),
    }
    (out / "page.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    _write_version(out)
    return size


def install() -> None:
    """What package-lock.json pins, unless npm has installed it since that was written."""
    pinned, installed = SOURCE / "package-lock.json", SOURCE / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime > pinned.stat().st_mtime:
        return
    if shutil.which("npm") is None:
        raise ValueError("The page is built with npm, which is not installed: it comes with Node.js.")
    done = subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=SOURCE, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"npm could not install onnxruntime-web: {done.stderr.strip().splitlines()[-1]}")


def page_data(model: Sketch2Photo, calibrates: bool = False) -> dict[str, Any]:
    """What main.js is told of the page: its words and the sketchpad's by language and key, the model's controls, the examples."""
    controls = dict(argument_groups(model, calibrates))
    del controls["recorded"]  # in recipes, which are the app's
    texts = MESSAGES | STATIC | labels(control for group in [*controls.values(), [SHARE]] for control in group)
    told = ("name", "key", "default", "low", "high", "step")
    return {
        "words": by_language(texts),
        "pad": by_language(pad.WORDS),
        "tints": {"moved": pad.MOVED, "added": pad.ADDED},
        "controls": {
            group: [{fact: getattr(control, fact) for fact in told} for control in those]
            for group, those in controls.items()
        },
        "example": pad.example(),
        "parts": pad.parts(),
        "examples": SHOWN,
        "saved": SAVED,
        "films": {"fps": FPS, "frames": FRAMES, "stops": MAX_STOPS, "moments": MOMENTS, "last": LAST},
    }


def _write_version(out: Path) -> None:
    """version.js, for sw.js: VERSION of the files' content, FILES: all, and SMALL: those that every visitor needs at once."""
    files = sorted(path for path in out.iterdir() if path.name not in ("sw.js", "README.md", TERMS.name))
    small = [path.name for path in files if path.stat().st_size < 300_000 and not _is_for_gpu(path)]
    small.remove(preview.PICTURE.name)  # which no visitor needs
    told = {
        "VERSION": hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16],
        "FILES": ["./", *(path.name for path in files)],
        "SMALL": ["./", *small],
    }
    (out / "version.js").write_text("".join(f"self.{name} = {json.dumps(value)};\n" for name, value in told.items()))


def _size(folder: Path) -> int:
    """Bytes of the files, after gzip, without those that only browsers with WebGPU load."""
    contents = {path: path.read_bytes() for path in folder.iterdir() if not _is_for_gpu(path)}
    return sum(
        len(content) if path.suffix == ".gzip" else min(len(content), len(gzip.compress(content)))
        for path, content in contents.items()
    )


def _is_for_gpu(path: Path) -> bool:
    return "webgpu" in path.name or GPU in path.name


def _pack(path: Path, out: Path) -> None:
    # With a name of its own, so that no server takes it for what it should send as it is and have the browser unpack. Level 9
    # would take twice as long for half a percent.
    (out / f"{path.name}.gzip").write_bytes(gzip.compress(path.read_bytes(), 6, mtime=0))


def main(model: str = str(export_onnx.FOLDER), out: Path = Path("build/web")) -> None:
    """Build the page.

    Args:
        model: folder or Hub id.
        out: the folder to make; a page built there before is replaced.
    """
    check_writable(out)
    size = build(model, out)
    print(
        f"{out}: a visitor loads {size / 1e6:.1f} MB (more where there is a GPU). Try it: python -m http.server -d {out}"
    )


if __name__ == "__main__":
    run(main, "python -m hub.build_web")
