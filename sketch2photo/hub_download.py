"""A model of a folder or of the Hub: its files, and the networks that they hold, or one sentence about why they cannot be had."""

import inspect
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from types import MappingProxyType
from typing import Any, TypeVar

import torch
from huggingface_hub import HfApi, PyTorchModelHubMixin, snapshot_download
from huggingface_hub.constants import CONFIG_NAME, SAFETENSORS_SINGLE_FILE
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.overrides import TorchFunctionMode

FILES = (CONFIG_NAME, SAFETENSORS_SINGLE_FILE)  # what a network on disk or on the Hub is
CALIBRATOR = "calibrator"  # the folder of the network that goes with a model of faces, in the model's own

CARD = "README.md"
BESIDE = (CARD, "LICENSE", "LICENSE.md")  # what goes with the weights wherever they go

MOST_PARAMETERS = 2**28  # a gigabyte of them

Network = TypeVar("Network", bound=nn.Module)


class HubNetwork(PyTorchModelHubMixin):
    """A network that is saved and pushed as it was loaded: with its card and terms, and in the precision of its file.

    beside: content of the files of BESIDE that lay with the weights, by their names; stored: the dtypes of the weights in their file.
    """

    beside: Mapping[str, bytes] = MappingProxyType({})
    stored: Mapping[str, torch.dtype] = MappingProxyType({})

    def save_pretrained(self, save_directory: str | Path, *, push_to_hub: bool = False, **options: Any) -> str | None:
        """As PyTorchModelHubMixin.save_pretrained; files take the places of those in the folder once all of them are written.

        Raises:
            OSError: it cannot be written, and the folder is as it was.
        """
        folder = Path(save_directory)
        folder.mkdir(parents=True, exist_ok=True)
        local = {name: options[name] for name in ("config", "model_card_kwargs") if name in options}
        with TemporaryDirectory(prefix=".", dir=folder) as fresh:
            super().save_pretrained(fresh, **local)
            for file in Path(fresh).iterdir():
                if file.name in FILES or not (folder / file.name).exists():
                    file.replace(folder / file.name)
        return self.push_to_hub(options.pop("repo_id", None) or folder.name, **options) if push_to_hub else None

    def _save_pretrained(self, save_directory: Path) -> None:
        """Weights that are still those of their file, in its precision; changed ones in their own.

        Raises:
            OSError: they cannot be written.
        """
        assert isinstance(self, nn.Module)
        tensors = self.state_dict()
        stored = {
            name: tensor.to(self.stored.get(name, tensor.dtype)) if tensor.dtype == torch.float32 else tensor
            for name, tensor in tensors.items()
        }
        if all(torch.equal(stored[name].to(tensor.dtype), tensor) for name, tensor in tensors.items()):
            tensors = stored
        path = save_directory / SAFETENSORS_SINGLE_FILE
        try:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
        except SafetensorError as error:
            raise OSError(f"{path} could not be written: {error}") from error
        for name, content in self.beside.items():
            if not (save_directory / name).exists():
                (save_directory / name).write_bytes(content)

    def push_to_hub(self, repo_id: str, **options: Any) -> str:
        """Uploads config.json and weights, and the card and terms that they came with; those that the repo has stay.

        Args:
            repo_id: USER/NAME; it is made where it is not there.
            **options: of PyTorchModelHubMixin.push_to_hub: private, token, branch, commit_message, create_pr, ...
        """
        api, ignored = HfApi(token=options.get("token")), options.pop("ignore_patterns", None) or []
        try:
            held = api.list_repo_files(repo_id, revision=options.get("branch"))
        except (RepositoryNotFoundError, RevisionNotFoundError):
            held = []
        patterns = [ignored] if isinstance(ignored, str) else list(ignored)
        return super().push_to_hub(
            repo_id, ignore_patterns=[*patterns, *(name for name in BESIDE if name in held)], **options
        )


def model_folder(name: str | Path, **options: Any) -> Path:
    """The folder itself, or the one in the cache with the files of a model on the Hub; ValueError where they cannot be had.

    A snapshot, not file by file: all files are of the same commit, and without a network it fails at once.

    Args:
        name: a folder, or an id of the Hub.
        **options: of huggingface_hub.snapshot_download: revision, token, ...
    """
    if not isinstance(name, (str, Path)):
        raise ValueError(f"A model is a folder or an id of the Hub, not {name!r}.")
    folder = Path(name)
    if folder.is_dir():
        return folder
    revision = options.get("revision")
    try:
        wanted = [*FILES, *BESIDE, *(f"{CALIBRATOR}/{file}" for file in FILES)]
        return Path(snapshot_download(str(name), allow_patterns=wanted, **options))
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


def copy_calibrator(model: Path, folder: Path) -> None:
    """Copies the calibrator in a model's folder, if there is one, into that of another."""
    if (model / CALIBRATOR).is_dir():
        shutil.copytree(model / CALIBRATOR, folder / CALIBRATOR, dirs_exist_ok=True)


class _WithoutNormal(TorchFunctionMode):
    """Leaves `normal_` out: for a tensor on the meta device torch would import its compiler, for three seconds."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") != "normal_":
            return func(*args, **(kwargs or {}))
        return args[0] if args else kwargs["tensor"]  # a tensor's method, or nn.init's


def load_network(kind: type[Network], folder: Path, strict: bool = True, **arguments: Any) -> Network:
    """A network from a folder's config.json and model.safetensors, in float32, on the CPU and in eval mode.

    Args:
        kind: its class.
        folder: holds both files.
        strict: whether the file must hold all weights of the network and no others, as in `load_state_dict`.
        **arguments: of the class, in place of what config.json says.

    Raises:
        ValueError: one sentence about an unknown argument, or the file that is missing, damaged or of another network.
    """
    for file in FILES:
        if not (folder / file).is_file():
            there = f" {folder / 'best'} holds one." if (folder / "best" / file).is_file() else ""  # of a training run
            raise ValueError(f"{folder} holds no {file}: a model is the files {' and '.join(FILES)}.{there}")
    path, weights = (folder / file for file in FILES)
    try:
        config = json.loads(path.read_text(encoding="utf-8-sig"))  # Windows' editors put a mark at the front
    except (ValueError, RecursionError, OSError) as error:
        raise ValueError(f"{path} is not JSON ({error}): copy or download it again.") from error
    known = inspect.signature(kind.__init__).parameters.keys()
    if isinstance(config, dict) and (unknown := arguments.keys() - config.keys() - known):
        raise ValueError(
            f"from_pretrained has no argument {' or '.join(sorted(unknown))}; beside its own it takes what {path} holds: "
            f"{', '.join(config)}."
        )
    try:
        with torch.device("meta"), _WithoutNormal():  # takes no memory
            count = sum(parameter.numel() for parameter in kind(**(config | arguments)).parameters())
        if count > MOST_PARAMETERS:
            raise ValueError(f"{count} parameters are more than {MOST_PARAMETERS}")
        network = kind(**(config | arguments))
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        reason = shorten(str(error), 300)
        changed = f" with another {' and '.join(arguments)}" if arguments else ""
        raise ValueError(
            f"{path}{changed} describes no model that this version of sketch2photo can make ({reason}): if a newer one wrote it, update."
        ) from error
    try:
        tensors = load_file(weights)
        network.load_state_dict(tensors, strict=strict)
        unusable = [
            name for name, tensor in tensors.items() if tensor.is_complex() or not tensor.float().isfinite().all()
        ]
        if unusable:
            raise ValueError(f"{weights} holds values that are no finite numbers, in {unusable[0]}: it cannot be used.")
    except SafetensorError as error:
        raise ValueError(
            f"{weights} is damaged ({error}): copy it again, or download it again with force_download=True."
        ) from error
    except RuntimeError as error:  # its first line only says that there is something, the second says what
        reason = shorten(" ".join(str(error).splitlines()[1:]) or str(error), 200)
        raise ValueError(f"{weights} does not hold the weights that its {CONFIG_NAME} describes: {reason}") from error
    if isinstance(network, HubNetwork):
        network.beside = {name: (folder / name).read_bytes() for name in BESIDE if (folder / name).is_file()}
        network.stored = {name: tensor.dtype for name, tensor in tensors.items()}
    return network.eval()
