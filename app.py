"""The page where people draw faces: python app.py [--model DIR_OR_ID] [--port N] [--mcp]."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import torch
from huggingface_hub.utils import logging

from sketch2photo import machine
from sketch2photo.pipeline import Sketch2PhotoPipeline
from sketch2photo.studio import page as studio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=str(Path(__file__).parent / "hub" / "model"), help="a folder or a Hub id")
    parser.add_argument("--port", type=int, help="the first free one from 7860 where none is given")
    parser.add_argument(
        "--mcp", action="store_true", help="be an MCP server as well: each action of the page is a tool"
    )
    options = parser.parse_args()
    if options.mcp and find_spec("mcp") is None:
        print('app.py: An MCP server needs the package mcp: pip install "gradio[mcp]"', file=sys.stderr)
        return 2
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
        studio.launch(pipe, options.port, mcp_server=options.mcp)
    except OSError as error:
        print(f"The page cannot be served on port {options.port}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
