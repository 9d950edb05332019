"""Frames of sources that hold features instead of sound, and whether a checkpoint can make sense of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from model.errors import FileError, UserError

if TYPE_CHECKING:
    from model.audio import Audio
    from model.checkpoint import CheckpointHeader
    from model.recognizer import Heard, Progress, Recognizer
    from phonegui.sources import Source

_FOREIGN = (
    "{name} does not say how its features were made, and the checkpoint was trained on those that phonegui computes "
    "from recordings; what it hears may be wrong."
)

_SILENT = "{name} is silent from beginning to end (all samples are the same); what the network hears in it is nothing."


def doubt_about(audio: Audio, name: str) -> str:
    """Return a sentence where there is nothing to hear in the sound of a name, empty where there is."""
    return _SILENT.format(name=name) if audio.silent else ""


def read_features(source: Source, header: CheckpointHeader) -> tuple[npt.NDArray[np.float32], str]:
    """Return the frames (T, coefficients) of a source as the network reads them, and a sentence where that is doubtful.

    Raises
    ------
    UserError
        They cannot be read, or the checkpoint cannot read them.
    """
    from model.corpus.fit import require_fit
    from model.corpus.matrices import read_feature_matrix, utterance_features

    recipe = header.features
    if source.utterance is not None and source.corpus is not None and source.corpus.recipe is not None:
        require_fit(header, source.corpus)
        frames, warning = utterance_features(source.utterance, recipe), ""
    else:
        frames = read_feature_matrix(source.path, recipe)
        if len(frames) and frames.shape[1] != recipe.coefficients:
            raise UserError(
                f"{source.path} holds features of {frames.shape[1]} coefficients, but the checkpoint reads "
                f"{recipe.coefficients}; choose a checkpoint trained on such features."
            )
        warning = "" if recipe.kind == "unknown" else _FOREIGN.format(name=source.title)
    if not len(frames):
        raise FileError(source.path, f"holds no frames of {source.title}; choose another")
    return frames, warning


def hear_source(recognizer: Recognizer, source: Source, *, progress: Progress | None = None) -> tuple[Heard, str]:
    """Return what the network makes of a recording or of features, and a sentence where that is doubtful.

    Raises
    ------
    UserError
        The file cannot be read, or the checkpoint cannot read it.
    """
    if source.is_recording:
        heard = recognizer.hear(source.path, progress=progress)
        return heard, doubt_about(heard.audio, source.title)
    frames, doubt = read_features(source, recognizer.header)
    return recognizer.heard(recognizer.no_sound(), frames, recognizer.posteriors(frames, progress=progress)), doubt
