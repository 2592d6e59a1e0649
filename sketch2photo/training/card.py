"""The card of a run's own model: how to use it, what it learned from, how good it is, and the terms that it is under."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from huggingface_hub import EvalResult, ModelCard
from huggingface_hub.repocard_data import ModelCardData

from ..data.hub import MANY
from ..hub_download import BESIDE, CARD
from ..model import Sketch2Photo
from .history import Record, Terms

FILE = "LICENSE"  # with the terms, where they lie beside the weights
SAMPLES = "samples.jpg"
ROWS = 12  # of the table of validations

TEXT = """---
{data}
---

# {title}

BicycleGAN (Zhu et al., 2017): a generator G(sketch, z) and a variational encoder E(photo), trained with Sketch2Photo's `train.py`.
One drawing gives as many pictures as there are latents z. {size} x {size} px, {parameters:.1f} million parameters.

{samples}## How to use it

```python
from sketch2photo import Sketch2PhotoPipeline

pipe = Sketch2PhotoPipeline.from_pretrained(".")  # this folder, or its id on the Hub
images = pipe("drawing.png", num_images=4, seed=0).images
images[0].save("photo.png")
```

## Terms

{terms}

## What it was trained on

{trained}

[`training.json`](training.json) has the whole recipe and the history of the run.

## How good it is

{scores}
"""
SAMPLES_TEXT = f"""![Drawings, and pictures of each]({SAMPLES})

*To the left a drawing, then three pictures that follow the lines, and two that take them as a hint.*

"""


def inherited(start_from: str, beside: Mapping[str, bytes]) -> Terms:
    """The terms of a model to begin with, by its card: they go on. `beside` is its HubNetwork.beside."""
    base = None if Path(start_from).is_dir() else start_from
    if CARD not in beside:
        return Terms(base_model=base)
    data = ModelCard(beside[CARD].decode("utf-8", "replace"), ignore_metadata_errors=True).data.to_dict()
    words = {name: data.get(name) for name in ("license", "license_name", "license_link", "base_model")}
    told = {name: value for name, value in words.items() if isinstance(value, str)}
    text = beside.get(told.get("license_link", ""))
    terms = Terms(**told, license_text=text.decode("utf-8", "replace") if text else None)
    return replace(terms, base_model=base or terms.base_model)


def chosen(license: str | None, name: str | None, link: str | None, before: Terms) -> Terms:
    """The terms that somebody wants for the weights, where those that they began with say nothing else.

    Args:
        license: an id of https://huggingface.co/docs/hub/repositories-licenses, or "other", which has a name and a link.
        name: of other terms, as "my-terms-1.0".
        link: address of other terms, or a file with them.
        before: the terms so far, which cannot be replaced by others.

    Raises:
        ValueError: terms that the Hub does not take, or that are others than those before.
    """
    if license is None:
        if name or link:
            raise ValueError("--license-name and --license-link belong to --license other.")
        return before
    if before.license not in (None, "unknown"):
        if (license, name or before.license_name) == (before.license, before.license_name):
            return before
        raise ValueError(
            f"The weights to begin with are under {before.license_name or before.license}, and so are those that come of them: "
            "leave --license out."
        )
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", license):
        raise ValueError(f"--license is an id as apache-2.0, or other, not {license!r}.")
    if license != "other":
        if name or link:
            raise ValueError("--license-name and --license-link belong to --license other.")
        return replace(before, license=license)
    if not name or not link:
        raise ValueError("--license other needs its --license-name and --license-link.")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name):
        raise ValueError(f"--license-name is of small letters, digits, . and -, as my-terms-1.0, not {name!r}.")
    text = None
    if not re.match("https?://", link):
        try:
            text, link = Path(link).read_text("utf-8"), FILE
        except (OSError, ValueError) as error:
            raise ValueError(f"--license-link is an address, https://..., or a text file, not {link!r}.") from error
    return replace(before, license=license, license_name=name, license_link=link, license_text=text)


def beside(model: Sketch2Photo, record: Record, samples: bool) -> dict[str, bytes]:
    """The files that go with a run's weights, by their names: the card, and the terms where they are a file."""
    terms, files = record.terms, {}
    if terms.license_text is not None and terms.license_link in BESIDE:
        files[terms.license_link] = terms.license_text.encode()
    return files | {CARD: str(card(model, record, samples)).encode()}


def beside_terms(start_from: str, before: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same where nothing else is known of the weights than those that they come of (`inherited`'s arguments)."""
    terms = inherited(start_from, before)
    plain = Sketch2Photo().generate_model_card()
    words = {name: value for name, value in vars(terms).items() if value is not None and name != "license_text"}
    plain.data = ModelCardData(**plain.data.to_dict() | words)
    return {name: content for name, content in before.items() if name != CARD} | {CARD: str(plain).encode()}


def card(model: Sketch2Photo, record: Record, samples: bool) -> ModelCard:
    """The card of a run's weights: everything in it follows from its record. `samples`: whether there is a picture of them."""
    terms = record.terms
    words = {name: value for name, value in vars(terms).items() if value is not None and name != "license_text"}
    general = Sketch2Photo().generate_model_card().data.to_dict()
    title = "A Sketch2Photo model"
    data = ModelCardData(**general | {"license": "unknown"} | words, model_name=title, eval_results=_results(record))
    content = TEXT.format(
        data=data,
        title=title,
        size=model.image_size,
        parameters=sum(parameter.numel() for parameter in model.parameters()) / 1e6,
        samples=SAMPLES_TEXT if samples else "",
        terms=_terms(terms),
        trained=_trained(record),
        scores=_scores(record),
    )
    return ModelCard(content)


def _terms(terms: Terms) -> str:
    origin = (
        f" It began with the weights of [{terms.base_model}](https://huggingface.co/{terms.base_model})."
        if terms.base_model
        else ""
    )
    if terms.license in (None, "unknown"):
        return f"Nobody has said under which terms these weights are: `train.py --license` does.{origin}"
    name = terms.license_name or terms.license
    return f"{f'[{name}]({terms.license_link})' if terms.license_link else name}.{origin}"


def _trained(record: Record) -> str:
    lines = ["| stage | data | items | share of samples | samples |", "|---|---|---|---|---|"]
    for number, stage in enumerate(record.history, 1):
        for label, facts in stage.data.items():
            count, share = int(facts.get("count", 0)), facts.get("share", 0)
            told = f"{count:,}" if count < MANY else "unknown"
            lines.append(f"| {number} | {label} | {told} | {share:.2f} | {stage.samples or 0:,} |")
    return "\n".join(lines)


def _validations(record: Record) -> list[dict[str, float]]:
    """Of the last run up to these weights: stages go on from the one before where their steps do."""
    found: list[dict[str, float]] = []
    for stage in record.history:
        found = (found if stage.from_step else []) + stage.validations
    return found


def _scores(record: Record) -> str:
    found = _validations(record)
    if not found:
        return "It was not validated."
    now = found[-1]
    rows = sorted({round(k * (len(found) - 1) / (ROWS - 1)) for k in range(ROWS)})
    names = [name for name in now if name != "step"]
    lines = [f"| step | {' | '.join(name.replace('_', ' ') for name in names)} |", "|---" * (len(names) + 1) + "|"]
    for row in rows:
        cells = [f"{found[row][name]:.2f}" if name in found[row] else "" for name in names]
        lines.append(f"| {found[row]['step']:.0f} | {' | '.join(cells)} |")
    unseen = f"on {record.history[-1].held_out} items that training did not see"
    words = f"The score of these weights, at step {now['step']:.0f}, is {now['score']:.2f} {unseen}; lower is better."
    return f"{words} `sketch2photo/training/validation.py` says what each figure is.\n\n" + "\n".join(lines)


def _results(record: Record) -> list[EvalResult]:
    found = _validations(record)
    if not found:
        return []
    where = {
        "task_type": "image-to-image",
        "dataset_type": "held-out",
        "dataset_name": "Items that training did not see",
    }
    return [
        EvalResult(**where, metric_type=name, metric_value=value) for name, value in found[-1].items() if name != "step"
    ]
