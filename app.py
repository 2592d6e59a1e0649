"""The page where people draw faces, on the bundled weights: python app.py [--model DIR_OR_ID] [--port N] [--mcp] [--help]."""

from functools import partial
from pathlib import Path

from sketch2photo.cli import run
from sketch2photo.studio.__main__ import main

if __name__ == "__main__":
    run(partial(main, model=str(Path(__file__).parent / "hub" / "model")), "app.py")
