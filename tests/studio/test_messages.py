"""What the page says, in both languages, without a browser."""

import pickle
import re
from types import SimpleNamespace

import numpy as np
import pytest
from gradio.context import LocalContext
from PIL import Image

from sketch2photo.images import SENTENCES, PictureError
from sketch2photo.preprocess import to_sketch
from sketch2photo.studio.controls import CONTROLS, DIRECTIONS, OPTIONS, labels
from sketch2photo.studio.language import hint, say
from sketch2photo.studio.messages import MESSAGES, STATIC, Message, MessageError, as_message, by_language


@pytest.fixture
def russian_visitor():
    token = LocalContext.request.set(SimpleNamespace(headers={"accept-language": "ru-RU,ru;q=0.9"}, cookies={}))
    yield
    LocalContext.request.reset(token)


def test_every_message_has_the_same_parameters_in_both_languages() -> None:
    texts = MESSAGES | STATIC | labels([*CONTROLS, *OPTIONS]) | DIRECTIONS
    for key, (english, russian) in texts.items():
        assert sorted(re.findall(r"{\w*}", english)) == sorted(re.findall(r"{\w*}", russian)), key
        assert re.search("[а-яё]", russian.lower()), key
    assert len(texts) == len(MESSAGES) + len(STATIC) + len(labels([*CONTROLS, *OPTIONS])) + len(DIRECTIONS)
    words = by_language(texts)
    assert words["en"].keys() == words["ru"].keys() == texts.keys()


def test_what_is_wrong_with_a_drawing_is_said_in_the_visitors_language(russian_visitor: None) -> None:
    assert SENTENCES.keys() <= MESSAGES.keys()
    for drawing, english, russian in (
        (np.full((64, 64), 255, np.uint8), "The canvas is empty: draw a face first.", "Холст пуст"),
        (Image.new("L", (200, 10), 255), "The picture is 200 x 10 pixels: each side needs at least 16.", "200 x 10"),
        ("{name}.txt", "There is no file '{name}.txt'.", "There is no file '{name}.txt'."),  # no message: in English
    ):
        with pytest.raises(ValueError) as refused:
            to_sketch(drawing)
        assert str(refused.value) == english
        assert russian in say(as_message(refused.value))
    large = Message("too_large", {"name": "'{braces}.png'", "megapixels": 40})
    assert "мегапикселей" in say(large) and "'{braces}.png'" in say(large)
    assert say(as_message(MessageError("no_variations"))) == "Вариантов пока нет: сначала нарисуйте лицо."


def test_the_language_is_the_pages_where_it_was_changed() -> None:
    request = SimpleNamespace(headers={"accept-language": "en-GB"}, cookies={"language": "ru"})
    token = LocalContext.request.set(request)
    assert say(Message("no_variations")).startswith("Вариантов")
    LocalContext.request.reset(token)


def test_the_page_translates_what_has_no_parameters() -> None:
    assert hint(Message("next")) == '__i18n__{"__type__": "translation_metadata", "key": "next"}'
    assert hint(Message("animating", {"percent": 40})) == "The animation is being made: 40 % …"
    assert hint(Message("There is no file.")) == "There is no file."


def test_without_a_visitor_it_is_english() -> None:
    assert say(Message("no_variations")) == str(MessageError("no_variations"))
    assert say(Message("no_variations")) == "There are no variations yet: draw a face first."


def test_a_drawings_error_travels_between_processes() -> None:
    error = PictureError("too_small", width=20, height=10, least=16)
    received = pickle.loads(pickle.dumps(error))
    assert (str(received), received.key, received.parameters) == (str(error), error.key, error.parameters)
