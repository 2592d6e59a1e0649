"""The pages' words in English and Russian.

TEXTS by key, for gr.I18n; SENTENCES made while the page runs, and STATIC, those of hub/web alone, where {} is anything.
"""

import re

import gradio as gr
from gradio.context import LocalContext

TEXTS = {
    "subtitle": (
        "Draw a face, get photographs of people who could be it.",
        "Нарисуйте лицо — получите фотографии людей, у которых оно могло бы быть.",
    ),
    "terms": (
        "The faces are made up by a neural network: none is a real person. "
        "Weights for non-commercial research only; the code is Apache-2.0.",
        "Лица придуманы нейросетью: ни одно не принадлежит живому человеку. "
        "Веса — только для некоммерческих исследований; код — Apache-2.0.",
    ),
    "welcome": (
        "Draw a face on the white square, or click one of the little drawings. The photographs follow each line.",
        "Нарисуйте лицо на белом квадрате или щёлкните один из маленьких рисунков. Фотографии следуют за каждой линией.",
    ),
    "open": ("Open a drawing", "Открыть рисунок"),
    "fit": ("Enlarge the head", "Увеличить голову"),
    "examples": ("Cannot draw? Start from one of these:", "Не умеете рисовать? Начните с одного из этих:"),
    "photo": ("Photograph", "Фотография"),
    "compare": ("Before and after", "До и после"),
    "dice": ("⚄ Other people", "⚄ Другие"),
    "keep": ("Save", "Сохранить"),
    "keep_all": ("Save all", "Сохранить все"),
    "variations": ("Variations: click one", "Варианты: выберите один"),
    "liked": ("I like", "Мне нравятся"),
    "breed": ("More like these", "Ещё похожих"),
    "travel": ("Animate", "Оживить"),
    "mix": ("Mix two: 1 and 2, or the first two ticked", "Смешать два: 1 и 2 или первые отмеченные"),
    "film": ("Animation", "Анимация"),
    "files": ("Files to keep: opened here, a picture brings all back", "Файлы: картинка, открытая здесь, всё вернёт"),
    "refine": ("Further with diffusion", "Дальше — диффузией"),
    "prompt": ("What the picture should show", "Что должно быть на картинке"),
    "strength": ("How far from the photograph", "Как далеко от фотографии"),
    "sharpen": ("Make it sharp", "Сделать чётким"),
    "sharpened": ("Sharp photograph", "Чёткая фотография"),
    "history": ("This visit: click to go back", "Этот визит: щёлкните, чтобы вернуться"),
    "strictness": ("How strictly to follow my lines", "Насколько строго следовать линиям"),
    "strictness_info": ("0 takes them as a hint", "0 — принять их за намёк"),
    "dials": ("Dials that change the person", "Ручки, которые меняют человека"),
    "dial": ("Dial", "Ручка"),
    "centre": ("All to the middle", "Все на середину"),
    "borrow": ("Borrow the colours of a photo", "Взять цвета с фотографии"),
    "more": ("More settings", "Другие настройки"),
    "count": ("How many variations", "Сколько вариантов"),
    "difference": ("How different", "Насколько разные"),
    "seed": ("Seed", "Зерно"),
    "seed_info": ("The same seed gives the same pictures", "Одно зерно — одни и те же картинки"),
    "lock": ("Lock the seed", "Закрепить зерно"),
    "direction_background": ("Background: dark to light", "Фон: от тёмного к светлому"),
    "direction_backdrop_warmth": ("Background: cold to warm", "Фон: от холодного к тёплому"),
    "direction_backdrop_tint": ("Background: green to pink", "Фон: от зелёного к розовому"),
    "direction_hair": ("Hair: dark to light", "Волосы: от тёмных к светлым"),
    "direction_light": ("Light: left to right", "Свет: слева или справа"),
    "direction_skin": ("Skin: dark to light", "Кожа: от тёмной к светлой"),
    "direction_warmth": ("Skin: cold to warm", "Кожа: от холодной к тёплой"),
    "direction_lips": ("Lips: pale to red", "Губы: от бледных к красным"),
    "direction_age": ("Age: young to old", "Возраст: от юного к старому"),
}
I18N = gr.I18n(
    en={key: english for key, (english, _) in TEXTS.items()}, ru={key: text for key, (_, text) in TEXTS.items()}
)

SENTENCES = {
    "The canvas is empty: draw a face first.": "Холст пуст: сначала нарисуйте лицо.",
    "There is only a dot on the canvas: draw a face first.": "На холсте только точка: сначала нарисуйте лицо.",
    "Click a variation, or move a slider: the person changes, your drawing does not.": (
        "Щёлкните вариант или двигайте ползунки: человек меняется, а рисунок нет."
    ),
    "Tick two or more variations first.": "Сначала отметьте два варианта или больше.",
    "Tick the variations that you like first.": "Сначала отметьте варианты, которые нравятся.",
    "There are no variations yet: draw a face first.": "Вариантов пока нет: сначала нарисуйте лицо.",
    "{} is not a picture that can be read: send a PNG or JPEG.": (
        "{} — не картинка, которую можно прочесть: пришлите PNG или JPEG."
    ),
    "The picture {} is damaged: save it again as PNG or JPEG.": (
        "Картинка {} повреждена: сохраните её заново как PNG или JPEG."
    ),
    "{} is too large: send at most {} megapixels.": "Картинка {} слишком большая: пришлите не больше {} мегапикселей.",
    "The picture has {} pixels, which is too many: send at most {} megapixels.": (
        "В картинке {} пикселей, это слишком много: пришлите не больше {} мегапикселей."
    ),
    "The picture is {} pixels: each side needs at least {}.": (
        "В картинке {} пикселей: каждой стороне нужно не меньше {}."
    ),
    "The picture is {} pixels, too long and thin for a face: crop it first.": (
        "В картинке {} пикселей, для лица она слишком длинная и узкая: сначала обрежьте её."
    ),
    "This picture's notes on how it was made cannot be read: open it as a plain picture, without its metadata.": (
        "Заметки картинки о том, как она сделана, не прочесть: откройте её как простую картинку, без метаданных."
    ),
    "This picture was made with a model that has other dials or directions: it cannot be brought back here.": (
        "Эта картинка сделана моделью с другими ручками или направлениями: здесь её не вернуть."
    ),
}

STATIC = {
    "en": "ru",
    "Draw a face, get photographs of people who could be it. The model runs in this tab: nothing you draw leaves it.": (
        "Нарисуйте лицо — получите фотографии людей, у которых оно могло бы быть. Модель работает в этой вкладке: рисунок её не покидает."
    ),
    "Loading the model, {} MB, once …": "Загружается модель, {} МБ, один раз …",
    "Draw a face on the white square, or click one of the little drawings.": (
        "Нарисуйте лицо на белом квадрате или щёлкните один из маленьких рисунков."
    ),
    "Drawing": "Рисунок",
    "Photographs": "Фотографии",
    "Settings": "Настройки",
    "Picture file of a drawing": "Файл с рисунком",
    "Example drawing: {}": "Пример рисунка: {}",
    "Photograph: none yet": "Фотография: пока нет",
    "Photograph of your drawing": "Фотография по рисунку",
    "Variation {}": "Вариант {}",
    "Dial {}": "Ручка {}",
    "The last photograph took {} ms, {}.": "Последняя фотография заняла {} мс, {}.",
    "on the GPU": "на видеокарте",
    "threads: {}": "потоков: {}",
}


def say(sentence: str) -> str:
    """A sentence in the language of the visitor's browser; in English where it has no translation."""
    request = LocalContext.request.get(None)
    language = (request.headers.get("accept-language") or "") if request else ""
    if not language.startswith("ru"):
        return sentence
    for english, russian in SENTENCES.items():
        found = re.fullmatch(re.escape(english).replace(r"\{\}", "(.+)"), sentence)
        if found:
            return russian.format(*found.groups())
    return sentence
