"""In which language a visitor is spoken to."""

from gradio.context import LocalContext
from gradio.i18n import I18n

from .messages import MESSAGES, Message


def say(message: Message) -> str:
    """A message in the visitor's language: the one that the page is in (page.js), or the first of the browser's."""
    text = MESSAGES.get(message.key)
    if text is None:
        return message.key
    request = LocalContext.request.get(None)
    accepted = request.headers.get("accept-language") or "" if request else ""
    language = request.cookies.get("language", accepted) if request else ""
    return (text.russian if language.startswith("ru") else text.english).format(**message.parameters)


def hint(message: Message) -> str:
    """A message for the page's hint, which Gradio translates as the page's labels, also when the language is changed later.

    One with parameters is translated here: Gradio fills none in.
    """
    return say(message) if message.parameters or message.key not in MESSAGES else str(I18n()(message.key))
