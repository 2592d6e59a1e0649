"""How much a request may hold, whatever it is for: bodies are counted before anything is made of them."""

from typing import Any

from gradio.route_utils import API_PREFIX
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

MAX_BODY = 8 * 2**20  # bytes: the longest drawing, and the variations' latents beside it
TOO_LARGE = f"A request holds at most {MAX_BODY // 2**20} MB."

NO_FILE = "A file is uploaded with its name, as multipart/form-data."


class BodyLimit:
    """Middleware (ASGI) that answers 413 to a body of more than MAX_BODY, and 400 to an upload of no file. Files have Gradio's limit."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        uploads = f"{scope.get('root_path', '')}{API_PREFIX}/upload"
        if scope["type"] != "http" or scope["path"].rstrip("/") == uploads:
            try:
                await self.app(scope, receive, send)
            except TypeError:  # Gradio's, about a file that has no name
                await PlainTextResponse(NO_FILE, 400)(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if not told.isdigit() or int(told) > MAX_BODY:
            await PlainTextResponse(TOO_LARGE, 413)(scope, receive, send)
            return
        size = 0

        async def counted() -> Any:  # what is sent in chunks tells no length before
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY:
                raise HTTPException(413, TOO_LARGE)
            return message

        await self.app(scope, counted, send)
