"""What the page's head begins with: what others show of a link to it (its name, a sentence and a picture, in place of what
Gradio's template has there), and the script that is to run before Gradio's. The page is compressed, which Gradio does with its
other files alone: its head has all that Gradio knows of the page, half a megabyte."""

import gzip
import re
from html import escape
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse

from .messages import LABELS

# 1200 x 630 px, as most services want it; hub/example_photos.py makes it.
PICTURE = Path(__file__).with_name("preview.jpg")
_FIRST = Path(__file__).with_name("first.js").read_text("utf-8")
_GRADIOS = re.compile(rb'\s*<meta\s+(?:property="og|name="twitter):[^>]*>')


class Preview:
    """Middleware (ASGI) that puts it into the page's head, and serves the picture beside the page."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        root = scope.get("root_path", "")
        path = scope["path"].removeprefix(root)
        if path == f"/{PICTURE.name}":
            await FileResponse(PICTURE)(scope, receive, send)
            return
        if path not in ("", "/"):
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body = b""

        async def changed(message: dict[str, Any]) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=start["headers"])
            if headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
                head = f"{tags(address(scope))}<script>{_FIRST}</script>"
                body = _GRADIOS.sub(b"", body).replace(b"<head>", b"<head>" + head.encode(), 1)
                headers.add_vary_header("Accept-Encoding")
                if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
                    body = gzip.compress(body, 6)
                    headers["content-encoding"] = "gzip"
                headers["content-length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, changed)


def address(scope: Any) -> str:
    """Where the page is for others, who come through a proxy perhaps."""
    headers = Headers(scope=scope)
    host = headers.get("x-forwarded-host") or headers.get("host", "")
    scheme = headers.get("x-forwarded-proto") or scope["scheme"]
    return f"{scheme.partition(',')[0]}://{host.partition(',')[0]}{scope.get('root_path', '')}"


def tags(address: str) -> str:
    """The HTML of the page's meta elements, which are absolute in what they name."""
    sentence = LABELS["subtitle"].english
    told = {
        "og:title": "Sketch2Photo",
        "og:type": "website",
        "og:url": address,
        "og:description": sentence,
        "og:image": f"{address}/{PICTURE.name}",
        "twitter:card": "summary_large_image",
    }
    lines = [f'<meta property="{name}" content="{escape(value)}">' for name, value in told.items()]
    return "".join([f'<meta name="description" content="{escape(sentence)}">', *lines])
