"""The page where people draw faces: python app.py [--model DIR_OR_ID] [--port N]."""

import argparse
import sys
from pathlib import Path

import torch
from huggingface_hub.utils import logging

from sketch2photo import machine, ui
from sketch2photo.pipeline import Sketch2PhotoPipeline


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=str(Path(__file__).parent / "hub" / "model"), help="a folder or a Hub id")
    parser.add_argument("--port", type=int, help="the first free one from 7860 where none is given")
    options = parser.parse_args()
    logging.set_verbosity_error()  # its warnings would stand beside the sentence below
    try:
        pipe = Sketch2PhotoPipeline.from_pretrained(options.model)
    except ValueError as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 2
    machine.keep_freed_memory()
    if machine.has_bf16():
        pipe.to(torch.bfloat16)
    try:
        ui.launch(pipe, options.port)
    except OSError as error:
        print(f"The page cannot be served on port {options.port}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
