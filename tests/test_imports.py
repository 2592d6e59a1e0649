"""What imports what: an installed model loads nothing of training or the page, and the rooms know only those below them."""

import ast
import gc
import inspect
import subprocess
import sys
from pathlib import Path

import gradio
import pytest
from gradio import component_meta

import sketch2photo
from sketch2photo.studio.serve import fast_imports
from tests import ROOT

PACKAGE = Path(sketch2photo.__file__).parent
HEAVY = (
    "accelerate", "datasets", "diffusers", "efficientnet_lite_pytorch", "gradio", "matplotlib", "onnx", "onnxruntime", "onnxscript",
    "pydantic", "scipy", "torchvision", "transformers", "tyro",
    "sketch2photo.cli", "sketch2photo.data", "sketch2photo.evaluation", "sketch2photo.studio", "sketch2photo.training",
)  # fmt: skip
# Each room may import those of the lines above its own, and of its own line only itself.
FLOORS = [
    ["cli", "examples", "files", "hub_download", "images", "latents", "machine"],
    ["networks"],
    ["model"],
    ["calibration", "onnx", "preprocess"],
    ["photographs", "pipeline"],
    ["refine"],
    ["data", "studio"],
    ["draw", "training"],
    ["evaluation"],
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def test_to_draw_nothing_of_training_evaluation_or_the_page_is_loaded_and_no_compiler() -> None:
    """Torch imports that, for three seconds, when something asks for it by an ordinary name."""
    code = f"""
import sys
from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.refine import Refiner, available
pipe = Sketch2PhotoPipeline.from_pretrained("hub/model")
pipe("sketch2photo/examples/careful_woman.png", num_images=2, seed=0, style="hub/model/grid.jpg")
pipe.calibrate("sketch2photo/examples/careful_woman.png")
Refiner(), available()
print([name for name in {(*HEAVY, "torch._dynamo")} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_a_command_line_is_read_without_pytorch() -> None:
    code = "import sys, sketch2photo.cli; print('torch' in sys.modules, hasattr(sketch2photo, 'Sketch2photo'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False False", done.stdout + done.stderr


def test_gradio_makes_no_stub_files_and_python_looks_for_no_garbage_where_the_page_imports_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stubs of all its components take as long as everything else in it, and a look through it all .2 s, then or later."""
    monkeypatch.setattr(component_meta, "create_pyi", lambda *_: pytest.fail("A stub is made."))
    gc.unfreeze()
    with fast_imports():
        assert not gc.isenabled()
        component_meta.create_or_modify_pyi(gradio.Button, "Button", [])
        assert Path(inspect.getfile(Path)).exists()
    assert Path(inspect.getfile(gradio.Button)).exists()
    assert gc.isenabled() and gc.get_freeze_count() > 100_000


def test_rooms_import_only_those_below_them() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]
    assert {room_of(path) for path in files} == LEVEL.keys()
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {other}"
        for path in files
        for other in imported(path)
        if other != room_of(path)
        and (
            LEVEL[other] >= LEVEL[room_of(path)]
            or (room_of(path), other) in {("training", "studio"), ("evaluation", "studio")}
        )
    ]
    assert not wrong


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The package's rooms that a file imports anywhere in it, by absolute or relative names; `sketch2photo` itself is the pipeline."""
    inside = path.relative_to(PACKAGE.parent).with_suffix("").parts
    package = inside[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join(origin + ([node.module] if node.module else []))
            names = [f"{module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == PACKAGE.name:
                found.add(parts[1] if len(parts) > 1 and parts[1] in LEVEL else "pipeline")
    return found
