"""Writes hub/model/README.md, the model card, from the figures that evaluation left beside the weights.

python -m sketch2photo.evaluation.evaluate --model hub/model --pairs DIR --drawings tests/drawings --strictness 1 0.5 0 --out hub/model
python -m hub.card
"""

import json
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from sketch2photo import Sketch2Photo
from sketch2photo.evaluation.report import Row, table

FOLDER = Path(__file__).parent / "model"
METRICS = {
    "kernel_distance": "Kernel distance x1000 (EfficientNet-Lite2 features)",
    "faces": "Share of pictures with a face",
    "landmark_error": "Landmark error (eye distances)",
    "diversity": "Diversity (share of real photographs')",
    "reconstruction": "Reconstruction (mean absolute error, 0 to 255)",
}


def directions(found: dict[str, dict[str, Any]]) -> str:
    """What one unit of each named direction moves, as a markdown table."""
    measured = list(next(iter(found.values()))["effect"])
    lines = ["| one unit of | moves " + " | ".join(name.replace("_", " ") for name in measured) + " |"]
    lines.append("|" + "---|" * (len(measured) + 1))
    for name, direction in found.items():
        cells = [f"**{value:+.2f}**" if key == name else f"{value:+.2f}" for key, value in direction["effect"].items()]
        lines.append(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\nIn standard deviations of that attribute over real photographs."


def build(folder: Path) -> ModelCard:
    """The card of the model in a folder with config.json and metrics.json: the same files give the same card."""
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
            metric_name=name,
            metric_value=round(published[key], 4),
        )
        for key, name in METRICS.items()
        if key in published
    ]
    data = ModelCardData(
        **Sketch2Photo().generate_model_card().data.to_dict(),  # what save_pretrained would write
        license_name="non-commercial-research",
        datasets=["fs2k", "cufs", "lfw"],
        model_name="Sketch2Photo",
        eval_results=results,
    )
    return ModelCard.from_template(
        data,
        template_path=str(Path(__file__).parent / "card.md"),
        table=table(rows),
        directions=directions(json.loads((folder / "config.json").read_text())["directions"]),
        count=report["count"],
        cpu=report["cpu"],
        torch=report["torch"],
        date=report["date"],
    )


if __name__ == "__main__":
    build(FOLDER).save(FOLDER / "README.md")
