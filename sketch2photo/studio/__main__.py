"""Serves the page: python -m sketch2photo.studio --model DIR_OR_ID [--port N] [--mcp]."""

from importlib.util import find_spec

import torch
from huggingface_hub.utils import logging

from .. import machine
from ..cli import run
from ..pipeline import Sketch2PhotoPipeline
from .page import launch


def main(model: str, port: int | None = None, mcp: bool = False) -> None:
    """The page where people draw faces.

    Args:
        model: a folder or a Hub id.
        port: the first free one from 7860 where none is given.
        mcp: be an MCP server as well: each action of the page is a tool.
    """
    if mcp and find_spec("mcp") is None:
        raise ValueError('An MCP server needs the package mcp: pip install "sketch2photo[mcp]"')
    logging.set_verbosity_error()  # its warnings would stand beside the sentence about a model that cannot be loaded
    pipe = Sketch2PhotoPipeline.from_pretrained(model)
    if machine.has_bf16():
        pipe.to(torch.bfloat16)
    try:
        launch(pipe, port, mcp_server=mcp)
    except OSError as error:
        raise ValueError(f"The page cannot be served on port {port}: {error}") from error


if __name__ == "__main__":
    run(main, "python -m sketch2photo.studio")
