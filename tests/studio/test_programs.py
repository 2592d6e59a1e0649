"""Each endpoint and each MCP tool that the page lists, called from a fresh session with right and with wrong arguments.

A traceback in the page's log fails its fixture, `url`.
"""

import base64
import io
import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import gradio_client
import httpx
import numpy as np
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from PIL import Image

from sketch2photo import Sketch2Photo
from sketch2photo.evaluation.load_test import data_url
from sketch2photo.examples import EXAMPLES_FOLDER
from sketch2photo.studio.controls import CONTROLS, argument_groups
from sketch2photo.studio.programs import arguments, control_argument
from tests import ROOT
from tests.studio.visitor import SIDE, client_of

PNG = EXAMPLES_FOLDER / "bun.png"
FACE = data_url(PNG)
LATENTS = [[0.5] * 8, [-0.5] * 8]
PICTURES = ("drawing", "picture", "photo")
# What an argument is called with that has no default, and where the default is not to be.
RIGHT = {"drawing": FACE, "picture": FACE, "photo": FACE, "liked": [1, "2"], "variations": LATENTS, "count": 1}
NO_PICTURES = [5, "x", {"a": 1}, {"path": "/etc/passwd"}, {"path": "\0"}, [[1], [1, 2]]]
WRONG: dict[str, list[Any]] = {
    **dict.fromkeys(PICTURES, NO_PICTURES),
    "liked": [["x"], "1", [None], {"1": True}],
    "variations": [[[1, 2]], [[0] * 8, [0] * 3], "x", {"a": 1}, [[None] * 8], [["1"] * 8], [[0] * 8] * 17],
}
WRONG_OF_TYPE: dict[str, list[Any]] = {
    "number": [None, "x", "", True, [1], 1e9, -1e9, float("nan"), {}],
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


def mistakes(schemas: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls of endpoints that take arguments of these schemas, with one of them wrong: each endpoint, and each argument."""
    seen: set[str] = set()
    for endpoint, parameters in schemas.items():
        for name in [each for each in parameters if each not in seen] or list(parameters)[:1]:
            seen.add(name)
            yield endpoint, right(list(parameters)) | {name: wrong(name, parameters[name])[0]}


def is_sentence(text: str) -> bool:
    return len(text) < 250 and "\n" not in text and text.endswith(".") and "verbose" not in text


def test_each_endpoint_can_be_called_by_a_fresh_client(url: str) -> None:
    client = client_of(url, download_files=False)
    listed = endpoints(client)
    names = (
        "photograph generate other_faces breed mix travel borrow open keep keep_all enlarge straighten average new_seed"
    )
    assert {f"/{name}" for name in names.split()} == listed.keys() - {"/sharpen"}
    for name, each in listed.items():
        client.reset_session()
        given = right([parameter["parameter_name"] for parameter in each["parameters"]])
        answer = client.predict(**given, api_name=name)
        answers = answer if len(each["returns"]) > 1 else [answer]
        assert len(answers) == len(each["returns"]), name
        assert name == "/open" or all(part is not None and part != [] for part in answers), name


def test_each_wrong_argument_is_one_sentence() -> None:
    hair = {"hair": {"vector": [1.0] * 8, "range": [-2.0, 2.0]}}
    controls = argument_groups(Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1), directions=hair))
    taken = arguments(controls) | {
        control.name: control_argument(control) for group in (CONTROLS, *controls.values()) for control in group
    }
    assert {"drawing", "liked", "strictness", "latent_1", "hair", "seed", "locked", "prompt"} <= taken.keys()
    for name, argument in taken.items():
        for bad in wrong(name, argument.schema):
            try:
                with pytest.raises(ValueError) as told:
                    argument.read(bad)
            except BaseException as error:
                raise AssertionError(f"{name} takes {bad!r}") from error
            assert is_sentence(str(told.value)), (name, bad, str(told.value))


def test_each_endpoint_answers_a_mistake_in_one_sentence(url: str) -> None:
    client = client_of(url, download_files=False)
    listed = endpoints(client)
    schemas = {
        name: {each["parameter_name"]: each["type"] for each in endpoint["parameters"]}
        for name, endpoint in listed.items()
    }
    for name, given in mistakes(schemas):
        with pytest.raises(gradio_client.exceptions.AppError) as told:
            client.predict(**given, api_name=name)
        assert is_sentence(str(told.value)), (name, given, str(told.value))
    with pytest.raises(gradio_client.exceptions.AppError, match="There is no variation 99"):
        client.predict(drawing=FACE, liked=[99], variations=LATENTS, api_name="/breed")
    for name, argument in (("/photograph", "drawing"), ("/open", "picture"), ("/borrow", "photo")):
        with pytest.raises(gradio_client.exceptions.AppError) as told:
            client.predict(**({"drawing": FACE} if name == "/borrow" else {}), **{argument: "aGVsbG8="}, api_name=name)
        assert is_sentence(str(told.value)), (name, str(told.value))


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/etc/passwd", "There is no such file here"),
        ("https://example.com/face.png", "No picture is fetched from other addresses"),
        ("http://127.0.0.1:1/gradio_api/file=/etc/passwd", "There is no such file here"),
    ],
)
def test_files_of_others_are_neither_read_nor_fetched(url: str, path: str, sentence: str) -> None:
    """As no client sends them, which uploads files: Gradio itself would refuse or fetch them before the endpoint is asked."""
    for sent in ({"path": path, "meta": {"_type": "gradio.FileData"}}, path):
        asked = httpx.post(f"{url}/gradio_api/call/open", json={"data": [sent]}).json()
        answer = httpx.get(f"{url}/gradio_api/call/open/{asked['event_id']}").text
        assert "event: error" in answer
        assert sentence in answer or sent == "/etc/passwd"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "takes 1 arguments, and 0 were sent"),
        ([{"path": "x" * 3000, "meta": {"_type": "gradio.FileData"}}], "no such file"),
    ],
)
def test_what_no_client_sends_is_one_sentence(url: str, data: list[Any], words: str) -> None:
    """Gradio's own would be a traceback in the log, which ends the test of whoever started the app."""
    asked = httpx.post(f"{url}/gradio_api/call/open", json={"data": data}).json()
    answer = httpx.get(f"{url}/gradio_api/call/open/{asked['event_id']}").text
    assert "event: error" in answer
    assert words in answer


def test_what_is_no_function_for_programs_is_refused_in_one_sentence(url: str) -> None:
    """By its number, as only the page calls."""
    functions = httpx.get(f"{url}/config").json()["dependencies"]
    inside = next(each["id"] for each in functions if not each["backend_fn"])
    example = next(each["id"] for each in functions if each["api_name"] == "open_example")

    def post(**body: Any) -> httpx.Response:
        return httpx.post(f"{url}/gradio_api/run/predict", json={"data": [], "session_hash": "a", **body})

    for number in (-1, 10_000, None):
        refused = post(fn_index=number)
        assert refused.status_code in (400, 422) and "Traceback" not in refused.text
    assert is_sentence(post(fn_index=inside).json()["error"])
    for event in (None, {}, [], "index", {"index": -1}, {"index": "0"}):
        assert "no_such_picture" in post(fn_index=example, event_data=event).text


@pytest.mark.parametrize("wrong", [[1, 2], {"a": 1}, 5, [[["x"]]]])
def test_what_the_page_never_sends_is_refused_in_one_sentence(url: str, wrong: Any) -> None:
    """In place of each value of its own that Gradio lets through as it is: what is drawn, and JSON."""
    config = httpx.get(f"{url}/config").json()
    elements = {each["id"]: each for each in config["components"]}
    tried = 0
    for function in config["dependencies"]:
        values = [elements[number]["props"].get("value") for number in function["inputs"]]
        kinds = [elements[number]["type"] for number in function["inputs"]]
        if not function["backend_fn"] or function["api_visibility"] == "public" or not {"html", "json"} & {*kinds}:
            continue
        given = [FACE if kind == "html" else value for kind, value in zip(kinds, values, strict=True)]
        for place in (place for place, kind in enumerate(kinds) if kind in ("html", "json")):
            body = {
                "data": [*given[:place], wrong, *given[place + 1 :]],
                "fn_index": function["id"],
                "session_hash": "a",
            }
            answer = httpx.post(f"{url}/gradio_api/run/predict", json=body | {"event_data": {"index": 0}}, timeout=60)
            assert answer.status_code == 200 or is_sentence(answer.json()["error"]), (function["api_name"], answer.text)
            tried += 1
    assert tried > 30


def test_an_upload_without_a_name_is_refused(url: str) -> None:
    answer = httpx.post(f"{url}/gradio_api/upload", files={"files": ("", b"content")})
    assert (answer.status_code, "with its name" in answer.text) == (400, True)


def test_what_programs_read_of_the_endpoints_is_words(url: str) -> None:
    for name, each in endpoints(client_of(url)).items():
        assert re.fullmatch("/[a-z]+(_[a-z]+)*", name) and each["description"]
        for parameter in each["parameters"]:
            assert re.fullmatch("(latent_[1-9]|[a-z]+(_[a-z]+)*)", parameter["parameter_name"]), name
        for part in [*each["parameters"], *each["returns"]]:
            assert re.fullmatch("[A-Z][A-Za-z0-9 :,]+", part["label"]), (name, part["label"])
            assert "{}" not in str(part["type"].get("type"))


def test_the_page_shows_programmers_words(url: str, page: Any) -> None:
    page.get_by_role("button", name="Use via API").click()
    page.get_by_text('api_name="/generate"').first.wait_for(state="attached")
    shown = page.locator(".api-docs").evaluate("panel => panel.textContent")
    assert "Latents of the variations" in shown
    for odd in ("__i18n__", "[object", "value_", "parameter_"):
        assert odd not in shown, odd


def test_what_the_document_shows_of_python_runs(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "face.png").write_bytes(PNG.read_bytes())
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "sketch2photo/studio/README.md").read_text()
    (code,) = re.findall("```python\n(from gradio_client .*?)```", text, re.DOTALL)
    found: dict[str, Any] = {}
    exec(code.replace("http://127.0.0.1:7860", url), found)  # as it is written
    assert Image.open(found["photo"]).size == (SIDE, SIDE)
    assert len(found["people"]) == len(found["latents"]) == 4 and len(found["dials"]) == 8


def encoded(kind: str) -> str:
    file = io.BytesIO()
    Image.open(PNG).convert("RGB").save(file, kind, quality=95)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


@pytest.mark.parametrize("endpoint", ["photograph", "open", "borrow"])
def test_a_picture_is_sent_in_any_usual_form(url: str, endpoint: str) -> None:
    client = client_of(url, download_files=False)
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
    forms = (
        uploaded,
        bare,
        bare.rstrip("="),
        base64.urlsafe_b64encode(PNG.read_bytes()).decode(),
        "data:image/png;base64," + base64.encodebytes(PNG.read_bytes()).decode(),
        np.asarray(Image.open(PNG).convert("L")).tolist(),
    )
    for same in forms if endpoint == "photograph" else forms[:2]:  # they are all read alike
        assert np.array_equal(picture(same), expected)
    for lossy in (encoded("JPEG"), encoded("WEBP")) if endpoint == "photograph" else (encoded("JPEG"),):
        assert np.abs(picture(lossy) - expected).mean() < 3


def test_what_an_endpoint_made_is_taken_by_the_next(url: str) -> None:
    client = client_of(url, download_files=False)
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
        schemas = {tool.name: tool.inputSchema["properties"] for tool in tools}
        answers = {name: await session.call_tool(name, right(list(schema))) for name, schema in schemas.items()}
        calls = dict(mistakes(schemas)).items()  # one for each tool
        refused = [(*call, await session.call_tool(*call)) for call in calls]
        return tools, answers, refused

    tools, answers, refused = over_mcp(url, ask)
    assert {f"/{tool.name}" for tool in tools} == endpoints(client_of(url)).keys()
    for tool in tools:
        assert tool.description and "param_" not in str(tool.inputSchema)
        assert all(each["description"] for each in tool.inputSchema["properties"].values())
    assert not [name for name, answer in answers.items() if answer.isError]
    pictures = {name: sum(part.type == "image" for part in answer.content) for name, answer in answers.items()}
    assert pictures["generate"] == 2  # the photograph and one variation
    assert all(pictures[name] for name in ("photograph", "other_faces", "breed", "mix", "travel", "borrow", "keep"))
    photo = next(part for part in answers["photograph"].content if part.type == "image")
    assert Image.open(io.BytesIO(base64.b64decode(photo.data))).size == (SIDE, SIDE)
    for *what, answer in refused:
        told = " ".join(part.text for part in answer.content)
        sentence = is_sentence(told) or told.startswith(
            "Input validation error: "
        )  # by the schema, before it is called
        assert answer.isError and sentence and "\n" not in told, (what, told)
