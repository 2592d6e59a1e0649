"""What a request may be, whatever it is for: bodies are counted before anything is made of them, and nonsense is told so."""

import logging
from typing import Any

from gradio.route_utils import API_PREFIX
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

MAX_BODY = 8 * 2**20  # bytes: the longest drawing, and the variations' latents beside it
TOO_LARGE = f"A request holds at most {MAX_BODY // 2**20} MB."
NO_FILE = "A file is uploaded with its name, as multipart/form-data."
NONSENSE = f"This is no request that the page sends: {API_PREFIX}/info tells what there is."

logger = logging.getLogger(__name__)


class RequestLimits:
    """Middleware (ASGI) that answers 413 to a body of more than MAX_BODY, and 400 to what Gradio cannot make sense of.

    Uploads have Gradio's own limit. What the page's functions raise does not come here: it is in the queue's answer.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        uploads = scope["path"].rstrip("/") == f"{scope.get('root_path', '')}{API_PREFIX}/upload"
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if not uploads and (not told.isdigit() or int(told) > MAX_BODY):
            await PlainTextResponse(TOO_LARGE, 413)(scope, receive, send)
            return
        size, answered = 0, False

        async def counted() -> Any:  # what is sent in chunks tells no length before
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY and not uploads:
                raise HTTPException(413, TOO_LARGE)
            return message

        async def sent(message: Any) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, counted, sent)
        except Exception as error:  # Gradio's, of any kind, about no such function or a file without a name
            if answered or isinstance(error, (OSError, MemoryError)):
                raise
            logger.warning("%s %s: %r", scope["method"], scope["path"], error)
            await PlainTextResponse(NO_FILE if uploads else NONSENSE, 400)(scope, receive, send)
