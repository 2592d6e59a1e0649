"""The files of a model on the Hub, or one sentence about why they cannot be had."""

from pathlib import Path
from textwrap import shorten
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.constants import CONFIG_NAME, SAFETENSORS_SINGLE_FILE
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

FILES = (CONFIG_NAME, SAFETENSORS_SINGLE_FILE)  # what a model on disk or on the Hub is


def download_model(name: str, revision: str | None, **options: Any) -> Path:
    """The folder in the cache with the two files of a model on the Hub; ValueError where they cannot be had.

    A snapshot, not file by file: both files are of the same commit, and without a network it fails at once.
    """
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(FILES), **options))
    except HFValidationError as error:
        raise ValueError(f"{name!r} is neither a folder nor an id of the Hub, which looks like user/name.") from error
    except GatedRepoError as error:
        raise ValueError(
            f"{name} is gated: ask for access on its page on the Hub, then log in with `hf auth login` or give a token."
        ) from error
    except RepositoryNotFoundError as error:
        raise ValueError(
            f"{name!r} is neither a folder nor a model on the Hub that you may see: check the id, "
            "and where it is private, log in with `hf auth login` or give a token."
        ) from error
    except RevisionNotFoundError as error:
        raise ValueError(f"{name} has no branch, tag or commit {revision!r}.") from error
    except LocalEntryNotFoundError as error:
        raise ValueError(
            f"{name!r} is not a folder, and it cannot be had from the Hub, which is not reached or switched off "
            "(HF_HUB_OFFLINE), nor is it in the cache: check the name and the network."
        ) from error
    except Exception as error:  # The client's HTTP library, which changes with its version, has errors of its own.
        advice = "try again"
        if isinstance(error, HfHubHTTPError) and error.response.status_code == 401:
            advice = "the token is not valid, so log in again with `hf auth login` or give another"
        reason = f"{type(error).__name__}: {shorten(str(error), 200)}"
        raise ValueError(f"{name} could not be downloaded ({reason}): {advice}.") from error
