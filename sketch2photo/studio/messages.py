"""The pages' words in English and Russian, each under a key.

MESSAGES are the Gradio page's, and STATIC those that hub/web has beside them; a control's label lies with the control, in `controls`.
What stands in braces is a parameter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .. import images


class Text(NamedTuple):
    """The same in both languages of the pages."""

    english: str
    russian: str


LABELS = {
    "subtitle": Text(
        "Draw a face, get photographs of people who could be it.",
        "Нарисуйте лицо — получите фотографии людей, у которых оно могло бы быть.",
    ),
    "terms": Text(
        "The faces are made up by a neural network: none is a real person. "
        "Weights for non-commercial research only; the code is Apache-2.0.",
        "Лица придуманы нейросетью: ни одно не принадлежит живому человеку. "
        "Веса — только для некоммерческих исследований; код — Apache-2.0.",
    ),
    "welcome": Text(
        "Draw a face on the white square, or click one of the little drawings. The photographs follow each line.",
        "Нарисуйте лицо на белом квадрате или щёлкните один из маленьких рисунков. Фотографии следуют за каждой линией.",
    ),
    "open": Text("Open a drawing", "Открыть рисунок"),
    "enlarge": Text("Enlarge the head", "Увеличить голову"),
    "straighten": Text("Straighten it", "Выправить"),
    "examples": Text("Cannot draw? Start from one of these:", "Не умеете рисовать? Начните с одного из этих:"),
    "photo": Text("Photograph", "Фотография"),
    "compare": Text("Before and after", "До и после"),
    "new_seed": Text("⚄ Other people", "⚄ Другие"),
    "keep": Text("Save", "Сохранить"),
    "pass_on": Text("Share", "Поделиться"),
    "keep_all": Text("Save all", "Сохранить все"),
    "variations": Text(
        "Variations: click one, give your favourites a heart", "Варианты: выберите один, лучшим поставьте сердечко"
    ),
    "liked": Text("I like", "Мне нравятся"),
    "breed": Text("More like these", "Ещё похожих"),
    "travel": Text("Animate", "Оживить"),
    "record": Text("Film of the drawing", "Фильм о рисунке"),
    "cancel": Text("Cancel", "Отменить"),
    "film": Text("Animation", "Анимация"),
    "still": Text("To the photo", "К фотографии"),
    "share_film": Text("Share the film", "Поделиться фильмом"),
    "files": Text(
        "Files to keep: opened here, a picture brings all back", "Файлы: картинка, открытая здесь, всё вернёт"
    ),
    "refine": Text("Further with diffusion", "Дальше — диффузией"),
    "sharpen": Text("Make it sharp", "Сделать чётким"),
    "sharpened": Text("Sharp photograph", "Чёткая фотография"),
    "history": Text("This visit: click to go back", "Этот визит: щёлкните, чтобы вернуться"),
    "latents": Text("Expert: dials that change the person", "Для знатоков: ручки, которые меняют человека"),
    "sliders": Text("Sliders", "Ползунки"),
    "average": Text("All to the middle", "Все на середину"),
    "borrow": Text("Borrow the colours of a photo", "Взять цвета с фотографии"),
    "more": Text("More settings", "Другие настройки"),
}

# What is said while the page runs. The English of what is wrong with a drawing is `images`' own.
SENTENCES = {
    "next": Text(
        "Click a variation, or move a slider: the person changes, your drawing does not.",
        "Щёлкните вариант или двигайте ползунки: человек меняется, а рисунок нет.",
    ),
    "no_face": Text(
        "No face was found in the drawing: it is drawn as it is.", "Лица на рисунке не нашлось: он рисуется как есть."
    ),
    "strict": Text(
        "Every line is followed as it is: move the slider of strictness to the left first.",
        "Каждая линия соблюдается в точности: сначала сдвиньте ползунок строгости влево.",
    ),
    "nothing_drawn": Text(
        "Nothing is drawn on that picture: open another one.", "На этой картинке ничего не нарисовано: откройте другую."
    ),
    "from_photo": Text(
        "That is a photograph: its lines were drawn. Put in nobody's picture without asking them.",
        "Это фотография: по ней нарисованы линии. Не загружайте ничьих снимков, не спросив разрешения.",
    ),
    "seed_locked": Text(
        "The seed is locked, so the same people stay: unlock it under “More settings”.",
        "Зерно закреплено, поэтому люди те же: открепите его в «Других настройках».",
    ),
    "animating": Text("The animation is being made: {percent} % …", "Анимация создаётся: {percent} % …"),
    "no_lines": Text(
        "A film shows lines being drawn, and this drawing was opened as a picture: draw a line first.",
        "Фильм показывает, как рисуют линии, а этот рисунок открыт как картинка: сначала проведите линию.",
    ),
    "draw_first": Text("Draw a face first.", "Сначала нарисуйте лицо."),
    "choose_part": Text("Choose a part of the face first.", "Сначала выберите часть лица."),
    "tick_two": Text(
        "Give two or more variations a heart first.", "Сначала поставьте сердечко двум вариантам или больше."
    ),
    "tick_some": Text(
        "Give the variations that you like a heart first.", "Сначала поставьте сердечко вариантам, которые нравятся."
    ),
    "no_variations": Text(
        "There are no variations yet: draw a face first.", "Вариантов пока нет: сначала нарисуйте лицо."
    ),
    "bad_variations": Text(
        "Variations are lists of numbers, as many in each: at most {most} lists.",
        "Варианты — это списки чисел, поровну в каждом: не больше {most} списков.",
    ),
    "bad_latents": Text(
        "variations is a list of at most {most} lists of {latents} numbers.",
        "variations — это список, не больше {most} списков по {latents} чисел.",
    ),
    "bad_numbers": Text(
        "liked is a list of the numbers of variations, from 1 on, not {value}.",
        "liked — это список номеров вариантов, начиная с 1, а не {value}.",
    ),
    "no_such_variation": Text("There is no variation {number}.", "Варианта {number} нет."),
    "not_a_number": Text("{name} is a number, not {value}.", "{name} — это число, а не {value}."),
    "not_whole": Text("{name} is a whole number, not {value}.", "{name} — это целое число, а не {value}."),
    "out_of_range": Text(
        "{name} is a number from {low} to {high}, not {value}.", "{name} — это число от {low} до {high}, а не {value}."
    ),
    "not_text": Text("{name} is a text, not {value}.", "{name} — это текст, а не {value}."),
    "not_true_or_false": Text("{name} is true or false, not {value}.", "{name} — это true или false, а не {value}."),
    "no_picture": Text(
        "A picture is sent as a file, as its data URL or base64, or as an array of pixels.",
        "Картинку присылают файлом, как data URL или base64 или как массив пикселей.",
    ),
    "no_such_file": Text(
        "There is no such file here: upload it first, as handle_file of gradio_client does.",
        "Такого файла здесь нет: сначала загрузите его, как делает handle_file из gradio_client.",
    ),
    "too_few_arguments": Text(
        "This takes {needed} arguments, and {given} were sent: those that have no default are needed.",
        "Здесь нужно аргументов: {needed}, а прислано: {given}. Те, у которых нет значения по умолчанию, обязательны.",
    ),
    "not_taken": Text(
        "What was sent is nothing that this takes: see what it takes under “Use via API”.",
        "Присланное сюда не подходит: что подходит, сказано в «Использовать через API».",
    ),
    "address": Text(
        "No picture is fetched from other addresses: send the file itself.",
        "С других адресов картинки не загружаются: пришлите сам файл.",
    ),
    "no_such_picture": Text("There is no such picture here.", "Такой картинки здесь нет."),
    "unreadable_recipe": Text(
        "This picture's notes on how it was made cannot be read: open it as a plain picture, without its metadata.",
        "Заметки картинки о том, как она сделана, не прочесть: откройте её как простую картинку, без метаданных.",
    ),
    "other_model": Text(
        "This picture was made with a model that has other dials or directions: it cannot be brought back here.",
        "Эта картинка сделана моделью с другими ручками или направлениями: здесь её не вернуть.",
    ),
} | {
    key: Text(images.SENTENCES[key], russian)
    for key, russian in {
        "empty": "Холст пуст: сначала нарисуйте лицо.",
        "dot": "На холсте только точка: сначала нарисуйте лицо.",
        "unreadable": "{name} — не картинка, которую можно прочесть: пришлите PNG или JPEG.",
        "damaged": "Картинка {name} повреждена: сохраните её заново как PNG или JPEG.",
        "damaged_nameless": "Картинка повреждена: сохраните её заново как PNG или JPEG.",
        "too_large": "Картинка {name} слишком большая: пришлите не больше {megapixels} мегапикселей.",
        "too_many_pixels": (
            "В картинке {width} x {height} пикселей, это слишком много: пришлите не больше {megapixels} мегапикселей."
        ),
        "too_small": "В картинке {width} x {height} пикселей: каждой стороне нужно не меньше {least}.",
        "too_thin": "В картинке {width} x {height} пикселей, для лица она слишком длинная и узкая: сначала обрежьте её.",
    }.items()
}

# What elements are called for who does not see them, and what browsers say by themselves.
NAMES = {
    "example": Text("Example drawing: {name}", "Пример рисунка: {name}"),
    "variation": Text("Variation {number}", "Вариант {number}"),
    "like": Text("I like variation {number}", "Мне нравится вариант {number}"),
    "past": Text("Picture {number} of this visit", "Картинка {number} этого визита"),
    "lost": Text(
        "The server cannot be reached: reconnecting. Nothing is lost.",
        "Сервер недоступен: соединяемся снова. Ничего не потеряно.",
    ),
    "large_file": Text(
        "That file is too large: save it again as a JPEG.", "Файл слишком большой: сохраните его заново как JPEG."
    ),
    "other_file": Text("That is no picture: open a PNG or JPEG.", "Это не картинка: откройте PNG или JPEG."),
    "error": Text("Error", "Ошибка"),
}

# By the names of the examples' files.
NAMES |= {
    "bun": Text("bun", "пучок"),
    "careful_man": Text("careful man", "старательный мужчина"),
    "careful_woman": Text("careful woman", "старательная женщина"),
    "childish": Text("childish", "детский"),
    "curly_hair": Text("curly hair", "кудри"),
    "glasses_beard": Text("glasses beard", "очки и борода"),
    "old_man": Text("old man", "старик"),
    "outline": Text("outline", "контур"),
    "quick_sketch": Text("quick sketch", "быстрый набросок"),
    "thick_marker": Text("thick marker", "толстый маркер"),
    "three_quarter": Text("three quarter", "вполоборота"),
    "tiny_corner": Text("tiny corner", "маленький в углу"),
}
MESSAGES = LABELS | SENTENCES | NAMES

STATIC = {
    "static_subtitle": Text(
        "The model runs in this tab: nothing you draw leaves it.",
        "Модель работает в этой вкладке: рисунок её не покидает.",
    ),
    "loading": Text("Loading the model, {megabytes} MB, once …", "Загружается модель, {megabytes} МБ, один раз …"),
    "static_welcome": Text(
        "Draw a face on the white square, or click one of the little drawings.",
        "Нарисуйте лицо на белом квадрате или щёлкните один из маленьких рисунков.",
    ),
    "drawing": Text("Drawing", "Рисунок"),
    "photographs": Text("Photographs", "Фотографии"),
    "settings": Text("Settings", "Настройки"),
    "drawing_file": Text("Picture file of a drawing", "Файл с рисунком"),
    "no_photo": Text("Photograph: none yet", "Фотография: пока нет"),
    "photo_of_drawing": Text("Photograph of your drawing", "Фотография по рисунку"),
    "loading_progress": Text("How much of the model has come", "Сколько от модели загружено"),
    "speed": Text(
        "The last photograph took {milliseconds} ms, {how}.", "Последняя фотография заняла {milliseconds} мс, {how}."
    ),
    "on_gpu": Text("on the GPU", "на видеокарте"),
    "threads": Text("threads: {number}", "потоков: {number}"),
    "old_browser": Text(
        "The model cannot run in this browser: try a newer one.",
        "Модель не может работать в этом браузере: попробуйте более новый.",
    ),
    "wrong_pictures": Text(
        "The model does not run in this browser as it should: try another one.",
        "В этом браузере модель работает неправильно: попробуйте другой.",
    ),
    "not_loaded": Text(
        "{name} cannot be loaded ({status}): check the connection and reload the page.",
        "{name} не загружается ({status}): проверьте соединение и обновите страницу.",
    ),
}


@dataclass(frozen=True)
class Message:
    """What is said: of MESSAGES, by its key, or as it is."""

    key: str
    parameters: Mapping[str, object] = field(default_factory=dict)


class MessageError(ValueError):
    """Something is wrong with what came to the page, and MESSAGES says it under this key."""

    def __init__(self, key: str, **parameters: object) -> None:
        super().__init__(MESSAGES[key].english.format(**parameters))
        self.key, self.parameters = key, parameters


def as_message(error: ValueError) -> Message:
    """An error's sentence; where it has no key it is in English."""
    if isinstance(error, MessageError | images.PictureError):
        return Message(error.key, error.parameters)
    return Message(str(error))


def by_language(texts: Mapping[str, Text]) -> dict[str, dict[str, str]]:
    """{"en": {key: sentence}, "ru": {key: sentence}}, as browsers get them."""
    return {
        "en": {key: text.english for key, text in texts.items()},
        "ru": {key: text.russian for key, text in texts.items()},
    }
