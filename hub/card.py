"""Writes hub/model/README.md, the model card, from the figures that evaluation left beside the weights.

python -m sketch2photo.evaluation.evaluate --model hub/model --pairs DIR --drawings tests/drawings --strictness 1 0.5 0 --out hub/model
python -m sketch2photo.evaluation.persons --model hub/model --photos DIR --parts FILE --out hub/model
python -m hub.card
"""

import json
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from sketch2photo import Sketch2Photo
from sketch2photo.cli import run
from sketch2photo.evaluation.persons import persons_table
from sketch2photo.evaluation.report import METRICS, Row, markdown_table, table


def directions(found: dict[str, dict[str, Any]]) -> str:
    """What one unit of each named direction moves, as a Markdown table."""
    measured = list(next(iter(found.values()))["effect"])
    rows = []
    for name, direction in found.items():
        cells = [f"**{value:+.2f}**" if key == name else f"{value:+.2f}" for key, value in direction["effect"].items()]
        rows.append([_spaced(name), *cells])
    head, *others = (_spaced(name) for name in measured)
    table = markdown_table(["one unit of", f"moves {head}", *others], rows)
    return f"{table}\n\nIn standard deviations of that attribute over real photographs."


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def build(folder: Path) -> ModelCard:
    """The card of the model in a folder with config.json, metrics.json and persons.json: the same files give the same card."""
    report = json.loads((folder / "metrics.json").read_text())
    rows = [Row(**row) for row in report["references"] + report["results"]]
    published = report["results"][0]["figures"]
    results = [
        EvalResult(
            task_type="image-to-image",
            task_name="Sketch to photograph",
            dataset_type="sketch2photo-val",
            dataset_name=f"FS2K and CUFS, {report['count']} held-out pairs",
            metric_type=key,
            metric_name=metric.in_card,
            metric_value=round(published[key], 4),
        )
        for key, metric in METRICS.items()
        if metric.in_card and key in published
    ]
    general = Sketch2Photo().generate_model_card().data.to_dict()  # what save_pretrained would write
    terms = {"license": "other", "license_name": "non-commercial-research", "license_link": "LICENSE.md"}
    data = ModelCardData(
        **general | terms | {"tags": [*general["tags"], "faces"]},
        datasets=["fs2k", "cufs", "lfw"],
        model_name="Sketch2Photo",
        eval_results=results,
    )
    return ModelCard.from_template(
        data,
        template_path=str(Path(__file__).parent / "card.md"),
        table=table(rows),
        directions=directions(json.loads((folder / "config.json").read_text())["directions"]),
        persons=persons_table(json.loads((folder / "persons.json").read_text())["rows"]),
        count=report["count"],
        cpu=report["cpu"],
        torch=report["torch"],
        date=report["date"],
    )


def main(folder: Path = Path(__file__).parent / "model") -> None:
    """Write the model card of a folder.

    Args:
        folder: with the config.json of a model, and the metrics.json and persons.json of its evaluation.
    """
    needed = ("config.json", "metrics.json", "persons.json")
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"A card is written from {', '.join(needed)}, and {folder} has no {missing[0]}.")
    build(folder).save(folder / "README.md")


if __name__ == "__main__":
    run(main, "python -m hub.card")
