"""What can be opened: a recording, a feature matrix, or an utterance of a corpus."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.corpus.base import Corpus, Utterance

FEATURE_SUFFIX = ".npy"


@dataclass(frozen=True)
class Source:
    """Where a document comes from.

    Attributes
    ----------
    path
        File of the recording or of the features.
    utterance
        Its entry in a corpus, None for a file opened by itself.
    corpus
        The corpus of the utterance.
    """

    path: str
    utterance: Utterance | None = None
    corpus: Corpus | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """Text that tells sources apart: the path, and the place in a file that holds many utterances."""
        if self.utterance is None or self.utterance.row is None:
            return self.path
        return f"{self.path}#{self.utterance.row}"

    @property
    def title(self) -> str:
        """Name for titles and tabs."""
        return self.utterance.name if self.utterance is not None and not self.is_recording else Path(self.path).name

    @property
    def is_recording(self) -> bool:
        """Whether there is sound, rather than features alone."""
        return Path(self.path).suffix.lower() != FEATURE_SUFFIX

    @property
    def is_file(self) -> bool:
        """Whether the path alone names it, so that it can be opened again at another start."""
        return self.utterance is None or self.utterance.row is None


def source_of(corpus: Corpus, utterance: Utterance) -> Source:
    """Return the source of an utterance of a corpus."""
    return Source(str(utterance.path.absolute()), utterance, corpus)
