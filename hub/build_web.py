"""Builds the page that runs the model in the visitor's tab: python -m hub.build_web [--model DIR_OR_ID] [--out DIR].

The folder it makes is a static Space, and can be served by anything: python -m http.server -d build/web. Needs npm, which fetches
onnxruntime-web as hub/web/package-lock.json pins it.
"""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from hub import export_onnx
from sketch2photo.evaluation.benchmark import page_size
from sketch2photo.examples import EXAMPLES
from sketch2photo.model import Sketch2Photo
from sketch2photo.studio.controls import CONTROLS, DIRECTIONS, OPTIONS, labels
from sketch2photo.studio.messages import MESSAGES, STATIC
from sketch2photo.studio.sketchpad import sketchpad

SOURCE = Path(__file__).parent / "web"
PAGE = ("README.md", "index.html", "main.js", "model.js", "worker.js", "drawing.js", "sw.js")
RUNTIME = SOURCE / "node_modules" / "onnxruntime-web" / "dist"
WASM = "ort-wasm-simd-threaded"
GPU = f"{WASM}.asyncify"


def build(model: str, out: Path) -> int:
    """Makes the folder anew, and returns how many bytes a visitor without WebGPU loads.

    Raises:
        ValueError: no model, no npm, npm failed, or a folder of something else.
    """
    loaded = Sketch2Photo.from_pretrained(model)
    if shutil.which("npm") is None:
        raise ValueError("The page is built with npm, which is not installed: it comes with Node.js.")
    done = subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=SOURCE, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"npm could not install onnxruntime-web: {done.stderr.strip().splitlines()[-1]}")

    if out.exists() and any(out.iterdir()) and not (out / "version.js").exists():
        raise ValueError(f"{out} holds something else than this page: choose another --out.")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in PAGE:
        shutil.copy(SOURCE / name, out / name)
    pad = sketchpad("pad", "#file")
    page = (out / "index.html").read_text()
    (out / "index.html").write_text(page.replace("<!-- the sketchpad -->", pad.html_template))
    (out / "style.css").write_text(f"{(SOURCE / 'style.css').read_text()}\n#pad {{{pad.css_template}}}\n")
    script = f"export function sketchpad(element, props, trigger, watch) {{\n{pad.js_on_load}\n}}\n"
    (out / "pad.js").write_text(script)
    english = {name: text.english for name, text in DIRECTIONS.items()}
    texts = [*(MESSAGES | STATIC | labels([*CONTROLS, *OPTIONS])).values(), *DIRECTIONS.values()]
    russian = {re.sub(r"\{\w+\}", "{}", text.english): re.sub(r"\{\w+\}", "{}", text.russian) for text in texts}
    words = {"DIRECTIONS": english, "RUSSIAN": {"en": "ru", "Dial {}": "Ручка {}", **russian}}
    lines = [f"export const {name} = {json.dumps(value, ensure_ascii=False)};\n" for name, value in words.items()]
    (out / "words.js").write_text("".join(lines))
    for path in EXAMPLES:
        if f"'{path.stem}'" in (SOURCE / "main.js").read_text():
            shutil.copy(path, out)
    for name in ("ort.wasm.min.mjs", "ort.webgpu.min.mjs", f"{WASM}.mjs", f"{GPU}.mjs"):
        shutil.copy(RUNTIME / name, out)
    for name in (WASM, GPU):
        _pack(RUNTIME / f"{name}.wasm", out)
    for path in export_onnx.write(loaded, out, bits=8):
        if path.name == "generator.onnx":
            _pack(path, out)
        if path.suffix == ".onnx":
            path.unlink()

    page = (out / "index.html").read_text()
    (out / "index.html").write_text(page.replace("<!-- megabytes -->", f"{page_size(out) / 1e6:.0f}"))
    files = sorted(path for path in out.iterdir() if path.name not in ("sw.js", "README.md"))
    version = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    small = [
        "./",
        *(
            path.name
            for path in files
            if path.stat().st_size < 300_000 and "webgpu" not in path.name and GPU not in path.name
        ),
    ]
    told = {"VERSION": version, "FILES": ["./", *(path.name for path in files)], "SMALL": small}
    (out / "version.js").write_text("".join(f"self.{name} = {json.dumps(value)};\n" for name, value in told.items()))
    return page_size(out)


def _pack(path: Path, out: Path) -> None:
    # With a name of its own, so that no server takes it for what it should send as it is and have the browser unpack.
    (out / f"{path.name}.gzip").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def main(model: str = str(export_onnx.FOLDER), out: Path = Path("build/web")) -> None:
    """Build the page.

    Args:
        model: folder or Hub id.
        out: the folder to make; a page built there before is replaced.
    """
    print(
        f"{out}: a visitor loads {build(model, out) / 1e6:.1f} MB (more where there is a GPU). Try it: python -m http.server -d {out}"
    )


if __name__ == "__main__":
    import tyro

    try:
        tyro.cli(main, prog="python -m hub.build_web")
    except (ValueError, ImportError) as error:
        print(f"build_web: {error}", file=sys.stderr)
        sys.exit(2)
