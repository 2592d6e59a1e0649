"""The page's actions for programs, over HTTP and MCP: an endpoint, and a tool, for each that has a name.

Endpoints have elements of their own, which no page shows: the page's own take only what the page sends, know only the
variations that it shows, and are labelled in the visitor's language. What a program sends is read here, in each usual form,
and is one sentence where it is something else.
"""

import base64
import binascii
import inspect
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import gradio as gr
import numpy as np
from gradio.components.api_component import Api
from gradio.exceptions import InvalidPathError
from gradio.utils import get_upload_folder
from gradio_client.utils import is_file_obj_with_meta, is_http_url_like, traverse

from ..images import on_white, open_picture
from ..latents import shown
from .controls import MAX_VARIATIONS, Control, Controls
from .endpoints import as_error, flat, flat_arguments
from .files import read_stored
from .language import say
from .messages import Message, MessageError
from .pad import MAX_PIXELS, to_value

Schema = dict[str, Any]  # of JSON

FILE: Schema = {
    "title": "File",
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "meta": {"type": "object", "properties": {"_type": {"const": "gradio.FileData"}}},
    },
}
PICTURE: Schema = {"anyOf": [FILE, {"type": "string"}, {"type": "array", "items": {}}]}
GALLERY: Schema = {
    "type": "array",
    "items": {"type": "object", "properties": {"image": FILE, "caption": {"type": "string"}}},
}
LATENTS: Schema = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
FORMS = "a file, its data URL or base64, or an array of pixels as nested lists"
SERVED = "/gradio_api/file="  # what the address of a file of the page's cache has before the file's path
MOST_SHOWN = 41  # letters of a wrong value in a sentence about it


# ---- what is sent --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Argument:
    """One of an endpoint: what people and programs read of it, and what makes of a value that was sent the action's.

    read: raises ValueError, of one sentence; default: None where there must be a value.
    """

    label: str
    description: str
    schema: Schema
    read: Callable[[Any], Any]
    default: Any = None


def arguments(controls: Controls) -> dict[str, Argument]:
    """Those of actions that are no controls, by their names, for a model with these."""
    latents = len(controls["latents"])
    return {
        "drawing": Argument(
            "Drawing",
            f"dark lines on white, at best 512 x 512 pixels with the face as on the page: {FORMS}",
            PICTURE,
            read_drawing,
        ),
        "picture": Argument("Picture", f"a drawing, or a picture that keep made: {FORMS}", PICTURE, read_file),
        "photo": Argument("Photograph", f"a photograph of a face: {FORMS}", PICTURE, read_file),
        "liked": Argument(
            "Liked variations",
            "which variations, by their numbers from 1 on",
            {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}},
            read_liked,
            [],
        ),
        "variations": Argument(
            "Latents of the variations",
            f"the {latents} latents of each variation, at most {MAX_VARIATIONS}, as generate gives them",
            LATENTS,
            partial(read_variations, latents=latents),
            [],
        ),
    }


def control_argument(control: Control) -> Argument:
    """The argument for a control of the page."""
    kind = {float: "number", int: "integer", bool: "boolean", str: "string"}[control.value_type]
    schema: Schema = {"type": kind}
    if control.value_type in (float, int):
        schema |= {"minimum": control.low, "maximum": control.high}
    return Argument(control.label.english, control.description, schema, partial(read_control, control), control.default)


def read_control(control: Control, value: Any) -> float | bool | str:
    """The value for a control: a number, also as text, within its range; a truth value; or a text."""
    wrong = {"name": control.name, "value": shown(value, MOST_SHOWN)}
    if control.value_type is str:
        if not isinstance(value, str):
            raise MessageError("not_text", **wrong)
        return value
    if control.value_type is bool:
        known = {"true": True, "false": False}
        answer = known.get(str(value).lower())
        if answer is None:
            raise MessageError("not_true_or_false", **wrong)
        return answer
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise MessageError("not_a_number", **wrong) from error
    if not control.low <= number <= control.high:
        raise MessageError("out_of_range", low=f"{control.low:.10g}", high=f"{control.high:.10g}", **wrong)
    if control.value_type is int:
        if number % 1:
            raise MessageError("not_whole", **wrong)
        return int(number)
    return number


def read_variations(value: Any, latents: int) -> list[list[float]]:
    """The latents of each variation; an empty list where there are none."""
    sent = [] if value is None else value
    if not isinstance(sent, list) or len(sent) > MAX_VARIATIONS or not all(_are_latents(z, latents) for z in sent):
        raise MessageError("bad_latents", most=MAX_VARIATIONS, latents=latents)
    return sent


def _are_latents(z: Any, latents: int) -> bool:
    numbers = isinstance(z, list) and all(type(each) in (int, float) and abs(each) < 1e6 for each in z)
    return numbers and len(z) == latents


def read_liked(value: Any) -> list[str]:
    """The numbers of variations, as the page has them."""
    sent = [] if value is None else value
    if not isinstance(sent, list) or not all(re.fullmatch("[1-9][0-9]?", str(each)) for each in sent):
        raise MessageError("bad_numbers", value=shown(value, MOST_SHOWN))
    return [str(each) for each in sent]


def read_drawing(value: Any) -> str | None:
    """A picture in any form as a sketchpad's value."""
    if value is None or value == "":
        return None  # the action has its own sentence about an empty canvas
    if isinstance(value, str) and re.match(r"data:image/png;base64,\S*\Z", value):
        return value  # the action checks it
    picture = on_white(open_picture(io.BytesIO(content(value))))
    side = round(MAX_PIXELS**0.5)
    if max(picture.size) > side:  # a photograph of a sheet, by phone
        picture.thumbnail((side, side))
    return to_value(picture.convert("RGB"))


def read_file(value: Any) -> io.BytesIO:
    """The file of a picture in any form."""
    return io.BytesIO(content(value))


def content(value: Any) -> bytes:
    """What the file of a picture holds that a program has sent, in one of FORMS."""
    if isinstance(value, dict):
        path = value.get("path")
        return read_stored(path) if isinstance(path, str) else content(value.get("image"))  # an entry of a gallery
    if isinstance(value, list):
        return _from_lists(value)
    if not isinstance(value, str) or not value:
        raise MessageError("no_picture")
    if is_http_url_like(value):
        return read_stored(served(value))
    if value.startswith(str(get_upload_folder())):
        return read_stored(value)
    encoded = (
        re.sub(r"\s", "", unquote(re.sub(r"\A\s*data:[^,]*,", "", value))).translate({45: "+", 95: "/"}).rstrip("=")
    )
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MessageError("no_picture") from error


def served(address: str) -> str:
    """The path of a file that the page serves there; nothing is fetched from other addresses."""
    _, _, path = address.partition(SERVED)
    if not path:
        raise MessageError("address")
    return unquote(path)


def _from_lists(lists: list[Any]) -> bytes:
    """A PNG of nested lists of pixels: whole numbers to 255, or fractions from 0 to 1."""
    try:
        array = np.asarray(lists)
    except ValueError as error:  # not of one length
        raise MessageError("no_picture") from error
    if np.issubdtype(array.dtype, np.integer) and array.size and array.min() >= 0 and array.max() <= 255:
        array = array.astype(np.uint8)
    if array.dtype.kind not in "uifb":
        raise MessageError("no_picture")
    file = io.BytesIO()
    open_picture(array).save(file, "PNG")
    return file.getvalue()


# ---- what comes back -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """One of an endpoint; `files` are paths, alone or in lists, that programs get the files of."""

    label: str
    schema: Schema
    files: bool = False


def _sent(result: Result, value: Any) -> Any:
    """An action's result as programs get it: None for what the page would leave as it is."""
    if value is None or value == gr.skip():
        return None
    if isinstance(value, Message):
        return say(value)
    return _as_files(value) if result.files else value


def _as_files(value: Any) -> Any:
    if isinstance(value, tuple):
        picture, caption = value
        return {"image": _as_files(picture), "caption": caption}
    if isinstance(value, list):
        return [_as_files(each) for each in value]
    return gr.FileData(path=value, orig_name=Path(value).name).model_dump()


# ---- endpoints -----------------------------------------------------------------------------------------------------


class ProgrammableBlocks(gr.Blocks):
    """gr.Blocks to which programs may send anything: Gradio looks at it before an endpoint does."""

    async def process_api(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().process_api(*args, **kwargs)
        except gr.Error as error:
            error.print_exception = False  # Gradio's own are sentences, too, and need no traceback in the log
            raise

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> list[Any]:
        try:
            found = await super().preprocess_data(
                block_fn, traverse(inputs, _local, is_file_obj_with_meta), *args, **kwargs
            )
            for element, value in zip(block_fn.inputs, found, strict=False):
                if isinstance(element, gr.HTML) and not isinstance(value, str | None):
                    raise ValueError("The sketchpad sends text.")  # Gradio takes anything for what is in HTML
            return found
        except gr.Error:
            raise
        except (InvalidPathError, OSError) as error:  # a name that is too long for the system, too
            raise as_error(MessageError("no_such_file")) from error
        except MessageError as error:
            raise as_error(error) from error
        except ValueError as error:  # only the page calls what has elements of Gradio's own
            raise as_error(MessageError("not_taken")) from error

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Gradio's own errors are many lines, and tracebacks in the log."""
        if block_fn.fn is None:  # what is done in the page alone
            raise as_error(MessageError("not_taken"))
        if len(inputs) < len(block_fn.inputs):
            raise as_error(MessageError("too_few_arguments", needed=len(block_fn.inputs), given=len(inputs)))


def _local(file: dict[str, Any]) -> dict[str, Any]:
    """A file that is sent by the address at which the page serves it, by its path."""
    return file | {"path": served(file["path"])} if is_http_url_like(file["path"]) else file


class Programs:
    """The endpoints of a page, of a model with these controls; within its Blocks."""

    def __init__(self, controls: Controls) -> None:
        self.controls = controls
        self.arguments = arguments(controls)
        self._values: dict[Any, Api] = {}  # endpoints share them
        self._place = gr.Column(visible=False)

    def publish(self, name: str, action: Callable[..., Any], results: Sequence[Result | None], **kwargs: Any) -> None:
        """An endpoint of this name. What an action returns where there is None is for the page alone."""
        takes = {
            argument: control_argument(control) if control else self.arguments[argument]
            for argument, control in flat_arguments(action, self.controls).items()
        }
        called, sent = flat(action, self.controls), [result for result in results if result]

        def program(*values: Any) -> Any:
            try:
                found = called(*(argument.read(value) for argument, value in zip(takes.values(), values, strict=True)))
            except ValueError as error:
                raise as_error(error) from error
            parts = found if len(results) > 1 else (found,)
            told = [_sent(result, part) for result, part in zip(results, parts, strict=True) if result]
            return told if len(sent) > 1 else told[0]

        described = [f"    {each}: {argument.description}" for each, argument in takes.items()]
        program.__name__ = name  # of the tool
        program.__doc__ = "\n".join([inspect.getdoc(action) or "", "Args:", *described])
        parameters = [inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in takes]
        program.__signature__ = inspect.Signature(parameters)  # pyrefly: ignore[missing-attribute]
        inputs = [self._value(each.label, each.schema, each.default) for each in takes.values()]
        outputs = [self._value(each.label, each.schema) for each in sent]
        gr.on([], program, inputs, outputs, api_name=name, show_progress="hidden", **kwargs)

    def _value(self, label: str, schema: Schema, default: Any = None) -> Api:
        key = (label, repr(schema), repr(default))
        if key not in self._values:
            with self._place:
                self._values[key] = Api(default, schema, label)
        return self._values[key]


# ---- MCP -----------------------------------------------------------------------------------------------------------


def send_each_picture(server: Any) -> None:
    """Has a page's MCP server send each result by itself: Gradio's packs several into one text, without their pictures."""
    send = server.postprocess_output_data

    def send_each(data: Any, root_url: str) -> Any:
        return send([*_each(data)], root_url)

    server.postprocess_output_data = send_each


def _each(results: Any) -> Iterator[Any]:
    """Each result, and each file of a list of files or of a gallery."""
    for result in results:
        if isinstance(result, tuple) or (isinstance(result, list) and result and isinstance(result[0], dict)):
            yield from _each(result)
        elif isinstance(result, dict) and "image" in result:
            yield result["image"]
        else:
            yield result
