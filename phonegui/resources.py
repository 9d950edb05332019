"""Where the bundled checkpoint, samples and icons lie: inside an installed wheel, or at the top of a source tree."""

from __future__ import annotations

from pathlib import Path

from model.corpus import read_manifest
from model.corpus.base import Utterance
from model.errors import UserError

_PACKAGED = Path(__file__).parent / "_resources"
_SOURCE = Path(__file__).parent.parent / "resources"


def resource_path(name: str) -> Path:
    """Return the path of a bundled file; raise UserError when the installation lacks it."""
    for folder in (_PACKAGED, _SOURCE):
        if (folder / name).exists():
            return folder / name
    raise UserError(f"This installation lacks its file {name}; install phonegui again.")


def default_checkpoint() -> Path:
    """Return the bundled checkpoint."""
    return resource_path("checkpoint.safetensors")


def default_language_model() -> Path:
    """Return the bundled phone n-gram model (ARPA)."""
    return resource_path("phones.arpa")


def sample_utterances() -> tuple[Utterance, ...]:
    """Return the bundled recordings with their references, the one shown at the first start first."""
    return read_manifest(resource_path("samples/samples.tsv")).utterances
