"""Writes hub/model/README.md, the model card, from the figures that evaluation left beside the weights.

python -m sketch2photo.evaluate --model hub/model --pairs DIR --drawings sketch2photo/examples --out hub/model
python -m hub.card
"""

import json
from pathlib import Path

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from sketch2photo import Sketch2Photo
from sketch2photo.evaluate import Row, table

FOLDER = Path(__file__).parent / "model"
METRICS = {
    "kernel_distance": "Kernel distance x1000 (EfficientNet-Lite2 features)",
    "faces": "Share of pictures with a face",
    "landmark_error": "Landmark error (eye distances)",
    "diversity": "Diversity (share of real photographs')",
    "reconstruction": "Reconstruction (mean absolute error, 0 to 255)",
}


def main() -> None:
    report = json.loads((FOLDER / "metrics.json").read_text())
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
    own = Sketch2Photo._hub_mixin_info.model_card_data  # what save_pretrained would write
    data = ModelCardData(
        license=own.license,
        license_name="non-commercial-research",
        library_name=own.library_name,
        pipeline_tag=own.pipeline_tag,
        tags=[tag for tag in own.tags or [] if "_mixin" not in tag],
        model_name="Sketch2Photo",
        eval_results=results,
    )
    card = ModelCard.from_template(
        data,
        template_path=str(Path(__file__).parent / "card.md"),
        table=table(rows),
        count=report["count"],
        cpu=report["cpu"],
        torch=report["torch"],
        date=report["date"],
    )
    card.save(FOLDER / "README.md")


if __name__ == "__main__":
    main()
