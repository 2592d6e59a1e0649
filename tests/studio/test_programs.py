"""Each endpoint and each MCP tool that the page lists, called from a fresh session with right and with wrong arguments.

A traceback in the page's log fails its fixture, `url`.
"""

import base64
import io
import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import gradio_client
import numpy as np
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from PIL import Image

from sketch2photo.evaluation.load_test import data_url
from sketch2photo.examples import EXAMPLES_FOLDER

PNG = EXAMPLES_FOLDER / "bun.png"
FACE = data_url(PNG)
LATENTS = [[0.5] * 8, [-0.5] * 8]
PICTURES = ("drawing", "picture", "photo")
# What an argument is called with that has no default, and where the default is not to be.
RIGHT = {"drawing": FACE, "picture": FACE, "photo": FACE, "liked": [1, "2"], "variations": LATENTS, "count": 1}
WRONG: dict[str, list[Any]] = {
    **{
        name: [5, "x", "data:image/png;base64,aGVsbG8=", {"a": 1}, {"path": "/etc/passwd"}, [[1], [1, 2]]]
        for name in PICTURES
    },
    "liked": [["x"], [99], "1", [None], {"1": True}],
    "variations": [[[1, 2]], [[0] * 8, [0] * 3], "x", {"a": 1}, [[None] * 8], [["1"] * 8], [[0] * 8] * 17],
}
WRONG_OF_TYPE: dict[str, list[Any]] = {
    "number": [None, "x", "", True, [1], 1e9, -1e9, {}],
    "integer": [None, "x", True, [1], 2.5, 1e12, -1],
    "boolean": [None, "x", 5],
    "string": [None, 5, [1]],
}


def endpoints(client: gradio_client.Client) -> dict[str, dict[str, Any]]:
    api: Any = client.view_api(return_format="dict", print_info=False)
    return api["named_endpoints"]


def right(names: list[str]) -> dict[str, Any]:
    return {name: RIGHT[name] for name in names if name in RIGHT}


def wrong(name: str, schema: dict[str, Any]) -> list[Any]:
    return WRONG[name] if name in WRONG else WRONG_OF_TYPE[schema["type"]]


def mistakes(parameters: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All right but for one argument, and which."""
    for name, schema in parameters.items():
        for bad in wrong(name, schema):
            yield name, right(list(parameters)) | {name: bad}


def is_sentence(text: str) -> bool:
    return len(text) < 250 and "\n" not in text and text.endswith(".") and "verbose" not in text


def test_each_endpoint_can_be_called_by_a_fresh_client(url: str) -> None:
    listed = endpoints(gradio_client.Client(url, verbose=False))
    assert {
        "/photograph",
        "/generate",
        "/other_faces",
        "/breed",
        "/mix",
        "/travel",
        "/borrow",
        "/open",
    } <= listed.keys()
    for name, each in listed.items():
        client = gradio_client.Client(url, verbose=False, download_files=False)
        given = right([parameter["parameter_name"] for parameter in each["parameters"]])
        answer = client.predict(**given, api_name=name)
        answers = answer if len(each["returns"]) > 1 else [answer]
        assert len(answers) == len(each["returns"]), name
        assert name == "/open" or all(part is not None and part != [] for part in answers), name


def test_each_wrong_argument_is_one_sentence(url: str) -> None:
    client = gradio_client.Client(url, verbose=False, download_files=False)
    for name, each in endpoints(client).items():
        parameters = {parameter["parameter_name"]: parameter["type"] for parameter in each["parameters"]}
        for about, given in mistakes(parameters):
            with pytest.raises(gradio_client.exceptions.AppError) as told:
                client.predict(**given, api_name=name)
            assert is_sentence(str(told.value)), (name, about, given[about], str(told.value))


def test_what_programs_read_of_the_endpoints_is_words(url: str) -> None:
    for name, each in endpoints(gradio_client.Client(url, verbose=False)).items():
        assert re.fullmatch("/[a-z]+(_[a-z]+)*", name) and each["description"]
        for parameter in each["parameters"]:
            assert re.fullmatch("(latent_[1-9]|[a-z]+(_[a-z]+)*)", parameter["parameter_name"]), name
        for part in [*each["parameters"], *each["returns"]]:
            assert re.fullmatch("[A-Z][A-Za-z0-9 :,]+", part["label"]), (name, part["label"])
            assert "[object" not in str(part) and "{}" not in str(part["type"].get("type"))


def encoded(kind: str) -> str:
    file = io.BytesIO()
    Image.open(PNG).convert("RGB").save(file, kind, quality=95)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


@pytest.mark.parametrize("endpoint", ["photograph", "open", "borrow"])
def test_a_picture_is_sent_in_any_usual_form(url: str, endpoint: str) -> None:
    client = gradio_client.Client(url, verbose=False, download_files=False)
    name = {"photograph": "drawing", "open": "picture", "borrow": "photo"}[endpoint]

    def answer(sent: Any) -> Any:
        given = {"drawing": FACE} | {name: sent} if endpoint != "open" else {name: sent}
        return client.predict(**given, api_name=f"/{endpoint}")

    def picture(sent: Any) -> np.ndarray:
        first = answer(sent) if endpoint == "photograph" else answer(sent)[0]
        file = io.BytesIO(base64.b64decode(first.partition(",")[2])) if isinstance(first, str) else first["path"]
        return np.asarray(Image.open(file).convert("L"), int)

    bare = FACE.partition(",")[2]
    uploaded = gradio_client.handle_file(PNG)
    expected = picture(FACE)
    for same in (
        uploaded,
        bare,
        bare.rstrip("="),
        base64.urlsafe_b64encode(PNG.read_bytes()).decode(),
        "data:image/png;base64," + base64.encodebytes(PNG.read_bytes()).decode(),
        np.asarray(Image.open(PNG).convert("L")).tolist(),
    ):
        assert np.array_equal(picture(same), expected)
    for lossy in (encoded("JPEG"), encoded("WEBP")):
        assert np.abs(picture(lossy) - expected).mean() < 3


def test_what_an_endpoint_made_is_taken_by_the_next(url: str) -> None:
    client = gradio_client.Client(url, verbose=False, download_files=False)
    kept = client.predict(drawing=FACE, seed=7, latent_2="1.5", api_name="/keep")
    for form in (kept, kept["url"], kept["path"]):
        assert client.predict(picture=form, api_name="/open")[1:5] == (7, 0.5, 0, 1.5)
    _, _, gallery, variations = client.predict(drawing=FACE, count=2, api_name="/generate")
    assert client.predict(photo=gallery[1], drawing=FACE, api_name="/borrow")
    assert client.predict(drawing=FACE, liked=[2], variations=variations, count="2", api_name="/breed")


def over_mcp(url: str, ask: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """What `ask` finds in a fresh session."""

    async def run() -> Any:
        address = f"{url}/gradio_api/mcp/"
        async with streamablehttp_client(address) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            return await ask(session)

    with ThreadPoolExecutor(1) as thread:  # Playwright's loop is in this one
        return thread.submit(anyio.run, run).result()


def test_each_mcp_tool_can_be_called_and_answers_mistakes(url: str) -> None:
    async def ask(session: ClientSession) -> Any:
        tools = (await session.list_tools()).tools
        answers, refused = {}, []
        for tool in tools:
            properties = tool.inputSchema["properties"]
            answers[tool.name] = await session.call_tool(tool.name, right(list(properties)))
            for about, given in mistakes(properties):
                refused.append((tool.name, about, given[about], await session.call_tool(tool.name, given)))
        return tools, answers, refused

    tools, answers, refused = over_mcp(url, ask)
    assert {f"/{tool.name}" for tool in tools} == endpoints(gradio_client.Client(url, verbose=False)).keys()
    for tool in tools:
        assert tool.description and "param_" not in str(tool.inputSchema)
        assert all(each["description"] for each in tool.inputSchema["properties"].values())
    assert not [name for name, answer in answers.items() if answer.isError]
    pictures = {name: sum(part.type == "image" for part in answer.content) for name, answer in answers.items()}
    assert pictures["generate"] == 2  # the photograph and one variation
    assert all(pictures[name] for name in ("photograph", "other_faces", "breed", "mix", "travel", "borrow", "keep"))
    photo = next(part for part in answers["photograph"].content if part.type == "image")
    assert Image.open(io.BytesIO(base64.b64decode(photo.data))).size == (256, 256)
    for *what, answer in refused:
        told = " ".join(part.text for part in answer.content)
        assert answer.isError and "\n" not in told and "verbose" not in told, (what, told)
