"""Serves the page: python -m sketch2photo.studio --model DIR_OR_ID."""

from importlib.util import find_spec

from ..cli import check_range, run
from .serve import fast_imports, serve


def main(
    model: str,
    port: int | None = None,
    mcp: bool = False,
    host: str | None = None,
    root_path: str | None = None,
    share: bool = False,
    auth: str | None = None,
) -> None:
    """The page where people draw faces.

    Args:
        model: a folder or a Hub id.
        port: the first free one from 7860 where none is given.
        mcp: be an MCP server as well: each action of the page is a tool.
        host: an address of this computer to listen at: 127.0.0.1 where none is given, 0.0.0.0 for all of them.
        root_path: where the page is behind a proxy, "/faces" or "https://example.com/faces".
        share: serve the page to everybody for a week, through a tunnel of Gradio's.
        auth: USER:PASSWORD; only who knows them gets in.
    """
    check_range(1, 65535, port=port)
    if mcp and find_spec("mcp") is None:
        raise ValueError('An MCP server needs the package mcp: pip install "sketch2photo[mcp]"')
    user, _, password = (auth or "").partition(":")
    if auth is not None and not (user and password):
        raise ValueError("auth is USER:PASSWORD, a name and a password with a colon between them.")
    # Not above: they take seconds to import, for which --help and the sentences about arguments need not wait.
    with fast_imports():
        from huggingface_hub.utils import logging

        from ..pipeline import Sketch2PhotoPipeline

    logging.set_verbosity_error()  # its warnings would stand beside the sentence about a model that cannot be loaded
    pipe = Sketch2PhotoPipeline.from_pretrained(model)
    try:
        serve(
            pipe,
            port,
            mcp_server=mcp,
            server_name=host,
            root_path=root_path,
            share=share,
            auth=(user, password) if auth else None,
        )
    except OSError as error:
        raise ValueError(f"The page cannot be served at {host or '127.0.0.1'}, port {port}: {error}") from error


if __name__ == "__main__":
    run(main, "python -m sketch2photo.studio")
