"""What the timeline shows: given as arrays, drawn from pictures that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.config import FeatureConfig
from model.features import mel_centres
from model.phonemes import SymbolTable
from phonegui.views.differences import DifferenceTier, find_differences
from phonegui.views.picture_maker import PictureMaker
from phonegui.views.pictures import (
    PosteriorPicture,
    picture_audio,
    picture_features,
    picture_log_mel,
    picture_posteriors,
)
from phonegui.views.pyramids import FramePyramid, PeakPyramid
from phonegui.views.spectrogram import FEATURE_KINDS

if TYPE_CHECKING:
    from model.transcript import TimedPhoneme
    from phonegui.views.timeline import TimelineView

# What takes a few milliseconds is made at once; longer recordings beside the window's thread.
_FEW_SAMPLES = 1 << 20
_FEW_FRAMES = 1 << 13
_FEW_PHONEMES = 500
_NO_FEATURES = (np.zeros((0, 0), np.float32), 1.0, "σ")


def _recipe(rate: int) -> FeatureConfig:
    """Return how the spectrum of sound at a rate in Hz is shown."""
    first = FeatureConfig()
    return replace(first, sample_rate=rate, high_frequency=min(first.high_frequency, rate / 2))


class TimelineData:
    """Gives the rows of a timeline what they draw, and the time axis its length.

    Parameters
    ----------
    view
        The timeline.
    """

    def __init__(self, view: TimelineView) -> None:
        self._view = view
        self._maker = PictureMaker(view)
        self._posteriors: PosteriorPicture | None = None
        self._table: SymbolTable | None = None
        self.feature_kind = FEATURE_KINDS[0]
        self._samples: tuple[npt.NDArray[np.float32], int] | None = None
        self._features: tuple[npt.NDArray[np.floating[Any]], float, str] = _NO_FEATURES
        self._seconds: dict[str, float] = {}
        self._heard: Sequence[TimedPhoneme] = ()
        self._reference: Sequence[TimedPhoneme] | None = None
        self._rival: Sequence[TimedPhoneme] | None = None

    @property
    def busy(self) -> bool:
        """Whether pictures are being made."""
        return self._maker.busy

    def set_audio(self, samples: npt.NDArray[np.float32], rate: int) -> None:
        """Show samples (n,)."""
        if rate <= 0:
            raise ValueError(f"the sample rate must be positive, not {rate} Hz")
        self._measure("audio", len(samples) / rate)
        self._samples = (samples, rate) if len(samples) else None
        if self.feature_kind == "log-mel":
            self._make_features()
        few = len(samples) <= _FEW_SAMPLES
        self._maker.make(
            "audio", lambda: picture_audio(samples), lambda made: self._show_audio(made, rate), at_once=few
        )

    def set_features(self, features: npt.NDArray[np.floating[Any]], hop: float, unit: str) -> None:
        """Show features (T, coefficients)."""
        self._measure("features", (len(features) - 0.5) * hop if features.size else 0.0)
        self._features = (features, hop, unit)
        self._make_features()

    def set_feature_kind(self, kind: str) -> None:
        """Show one of `phonegui.views.spectrogram.FEATURE_KINDS`; without sound there are only given features."""
        if kind not in FEATURE_KINDS:
            raise ValueError(f"{kind!r} is no kind of features; choose one of {', '.join(FEATURE_KINDS)}")
        if kind != self.feature_kind:
            self.feature_kind = kind
            self._make_features()

    def _make_features(self) -> None:
        row = self._view.spectrogram
        if self.feature_kind == "log-mel" and self._samples is not None:
            samples, rate = self._samples
            recipe = _recipe(rate)

            def show_mel(made: tuple[FramePyramid, tuple[float, float]]) -> None:
                row.set_features(*made, recipe.step_seconds, unit="dB", bands=mel_centres(recipe))

            self._maker.make("features", lambda: picture_log_mel(samples, recipe), show_mel, at_once=False)
            return
        features, hop, unit = self._features
        if not features.size:
            self._maker.drop("features")
            row.set_features(None, (-1.0, 1.0), hop, unit=unit)
            return

        def show(made: tuple[FramePyramid, tuple[float, float]]) -> None:
            row.set_features(*made, hop, unit=unit)

        few = len(features) <= _FEW_FRAMES
        self._maker.make("features", lambda: picture_features(features), show, at_once=few)

    def set_posteriors(
        self, log_probs: npt.NDArray[np.floating[Any]], step: float, table: SymbolTable, *, partly: bool = False
    ) -> None:
        """Show logarithms of posteriors (T, V); those that are `partly` there wait for no picture: more will come."""
        if partly and self._maker.makes("posteriors"):
            return
        view = self._view
        # What was drawn stays until the new is: a recording that grows does not flicker. It must have the same rows.
        kept = self._posteriors if table == self._table else None
        view.posteriorgram.set_posteriors(log_probs, step, table, None if kept is None else kept.posteriors)
        self._show_derived(kept, step, table)
        self._measure("posteriors", (len(log_probs) - 0.5) * step if len(log_probs) else 0.0)

        def show(made: PosteriorPicture) -> None:
            self._posteriors, self._table = made, table
            view.posteriorgram.set_posteriors(log_probs, step, table, made.posteriors)
            self._show_derived(made, step, table)

        few = len(log_probs) <= _FEW_FRAMES
        self._maker.make("posteriors", lambda: picture_posteriors(log_probs, table), show, at_once=few)

    def set_heard(self, phonemes: Sequence[TimedPhoneme]) -> None:
        """Replace the phonemes heard."""
        if phonemes is self._heard and phonemes:
            return  # decoded anew for another reference alone
        self._heard = phonemes
        self._view.transcript.set_heard(phonemes)
        self._compare()
        self._compare_rival()

    def set_reference(self, phonemes: Sequence[TimedPhoneme] | None) -> None:
        """Replace the reference."""
        if phonemes is self._reference and phonemes:
            return
        self._reference = phonemes
        self._view.transcript.set_reference(phonemes)
        self._compare()

    def set_rival(self, phonemes: Sequence[TimedPhoneme] | None) -> None:
        """Replace the phonemes of the comparison."""
        self._rival = phonemes
        self._view.rival.set_heard(phonemes)
        self._compare_rival()

    def clear(self) -> None:
        """Show nothing."""
        view = self._view
        for name in ("audio", "features", "posteriors"):
            self._maker.drop(name)
        self._show_audio(None, 1)
        self._samples, self._features = None, _NO_FEATURES
        view.spectrogram.set_features(None, (-1.0, 1.0), 1.0)
        view.posteriorgram.set_posteriors(None, 1.0, None)
        self._posteriors = self._table = None
        self._show_derived(None, 1.0, None)
        self.set_rival(None)
        self.set_heard(())
        self.set_reference(None)
        self._seconds.clear()
        view.time_range.set_duration(0.0)

    def _measure(self, name: str, seconds: float) -> None:
        # The recording is as long as its samples; features alone, as courses give them, end with their last frame.
        self._seconds[name] = seconds
        known = self._seconds
        frames = max(known.get("features", 0.0), known.get("posteriors", 0.0))
        self._view.time_range.set_duration(known.get("audio", 0.0) or frames)

    def _show_audio(self, pyramid: PeakPyramid | None, rate: int) -> None:
        self._view.waveform.set_peaks(pyramid, rate)
        self._view.overview.set_peaks(pyramid, rate)

    def _show_derived(self, picture: PosteriorPicture | None, step: float, table: SymbolTable | None) -> None:
        self._view.ribbon.set_picture(picture, step, table)
        self._view.entropy.set_entropy(None if picture is None else picture.entropy, step)

    def _compare(self) -> None:
        self._show_differences("differences", self._reference, self._heard, self._view.differences.set_differences)

    def _compare_rival(self) -> None:
        first = None if self._rival is None else self._heard
        self._show_differences("rival", first, self._rival or (), self._view.rival.set_differences)

    def _show_differences(
        self,
        name: str,
        first: Sequence[TimedPhoneme] | None,
        second: Sequence[TimedPhoneme],
        show: Callable[[DifferenceTier | None], None],
    ) -> None:
        """Find what makes one transcript into another, and show it; nothing without the first."""
        if first is None:
            self._maker.drop(name)
            show(None)
            return
        # The alignment is quadratic: of a few hundred phonemes it takes a millisecond, of an hour's a second.
        few = len(first) + len(second) <= _FEW_PHONEMES
        self._maker.make(name, lambda: DifferenceTier(find_differences(first, second)), show, at_once=few)
