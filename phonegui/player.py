"""Plays a part of a recording, at any speed from half to double, and tells where it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from model.errors import UserError
from model.time_stretch import FASTEST, SLOWEST
from phonegui.sound_devices import Sink
from phonegui.sound_stream import Rendering, SoundStream, render
from phonegui.workers import LatestWorker

_TICK_MS = 16
_SNAP_SECONDS = 0.1
_CORRECTION = 0.1
_NO_RECORDING = "Open a recording to play it."


class Outputs(Protocol):
    """Where sinks come from, `phonegui.sound_devices.SoundDevices` or a test's."""

    changed: SignalInstance
    output_problem: str

    @property
    def known(self) -> bool:
        """Whether it is known which outputs there are."""

    def make_sink(self, rate: int) -> Sink:
        """Return an output, at a rate in Hz if it can; raise UserError when there is none."""


class PlayState(Enum):
    """What the player does."""

    STOPPED = "stopped"
    PLAYING = "playing"
    PAUSED = "paused"


class PlayClock:
    """Makes the time a sink tells in steps of its buffer go on evenly.

    Between two steps the clock runs on its own, a little way ahead at most, and is drawn towards what the sink tells.
    It goes back only where the sink does.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._running = False
        self._told = self._time = self._at = 0.0

    def start(self, time: float) -> None:
        """Stand at a time until the sink tells a later one."""
        self._told = self._time = time
        self._running = False

    def update(self, told: float, speed: float) -> float:
        """Return the time that is heard, in seconds of the recording.

        Parameters
        ----------
        told
            What the sink tells.
        speed
            Seconds of the recording in a second.
        """
        now = self._now()
        if not self._running:
            # The first samples take a while to be heard.
            self._running = told != self._told
            self._time = told
        else:
            guess = self._time + (now - self._at) * speed
            most = _SNAP_SECONDS * speed
            if told < self._told or told - guess > most:
                self._time = told
            else:
                self._time = max(self._time, min(guess + _CORRECTION * (told - guess), told + most))
        self._told = told
        self._at = now
        return self._time


class Player(QObject):
    """Plays parts of one recording.

    Parameters
    ----------
    outputs
        Where sound goes to.
    """

    moved = Signal(float)  # the time that is heard, s; about 60 times a second while playing
    state_changed = Signal(object)  # PlayState
    problem_changed = Signal(str)  # why nothing can be played, empty when it can
    failed = Signal(str)  # one sentence: playing ended before its end

    def __init__(self, outputs: Outputs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = PlayState.STOPPED
        self.looping = False
        self.speed = 1.0
        self.range: tuple[float, float] | None = None
        self.position: float | None = None
        self._outputs = outputs
        self._samples: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._rate = 1
        self._sink: Sink | None = None
        self._stream: SoundStream | None = None
        self._sounding = False
        self._later: tuple[float, float, float | None] | None = None  # to be played once outputs are known
        self._clock = PlayClock()
        self._worker = LatestWorker(render, "playing", self)
        self._worker.produced.connect(self._on_enough)
        self._worker.failed.connect(lambda _, sentence: self._fail(sentence))
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        outputs.changed.connect(self._on_outputs_changed)

    @property
    def problem(self) -> str:
        """Why nothing can be played, empty when it can."""
        return self._outputs.output_problem if len(self._samples) else _NO_RECORDING

    def set_audio(self, samples: npt.NDArray[np.float32] | None, rate: int = 1) -> None:
        """Stop, and take the samples (n,) of another recording at a rate in Hz; None takes none."""
        self.stop()
        self._samples = np.zeros(0, np.float32) if samples is None else samples
        self._rate = rate
        self.problem_changed.emit(self.problem)

    def play(self, start: float, end: float, *, at: float | None = None) -> None:
        """Play from `start` to `end` seconds, at first from `at`; what plays is dropped.

        Nothing happens where there is no sound between the two. While outputs are still looked for, it begins when they
        are known.
        """
        start, end = max(0.0, start), min(end, len(self._samples) / self._rate)
        if round(end * self._rate) <= round(start * self._rate):
            return
        self._silence()
        if not self._outputs.known:
            self._later = (start, end, at)
            return
        self.range = (start, end)
        at = start if at is None or not start <= at < end else at
        try:
            self._sink = self._outputs.make_sink(self._rate)
        except UserError as error:
            self._fail(str(error))
            return
        self._stream = SoundStream(self._sink.format, self.speed, looping=self.looping, parent=self)
        self._clock.start(at)
        self.position = at
        self._worker.submit(Rendering(self._stream, self._samples, self._rate, start, end, at))
        self._enter(PlayState.PLAYING)

    def pause(self) -> None:
        """Stop where it is; `resume` goes on there."""
        if self.state is PlayState.PLAYING:
            self._silence()
            self._enter(PlayState.PAUSED)

    def resume(self) -> None:
        """Go on after a pause."""
        if self.state is PlayState.PAUSED and self.range is not None:
            self.play(*self.range, at=self.position)

    def stop(self) -> None:
        """Stop and forget where it was."""
        self._silence()
        self.range = self.position = None
        self._enter(PlayState.STOPPED)

    def set_looping(self, looping: bool) -> None:
        """Begin again at the end of what plays, or let it end there."""
        self.looping = looping
        if self._stream is not None:
            self._stream.set_looping(looping)

    def set_speed(self, speed: float) -> None:
        """Play at another speed from now on; what is out of bounds is moved to the nearest bound."""
        self.speed = min(max(speed, SLOWEST), FASTEST)
        self._again()

    def close(self) -> None:
        """Stop and end the worker."""
        self.stop()
        self._worker.close()

    def _again(self) -> None:
        """Play on from what is heard now, in another way."""
        if self.state is PlayState.PLAYING and self.range is not None:
            self.play(*self.range, at=self.position)

    def _silence(self) -> None:
        self._timer.stop()
        if self._sink is not None:
            self._sink.stop()
        if self._stream is not None:
            self._stream.finish()
            self._stream.deleteLater()
        self._worker.cancel()
        self._sink = self._stream = self._later = None
        self._sounding = False

    def _enter(self, state: PlayState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit(state)

    def _fail(self, sentence: str) -> None:
        self.stop()
        self.failed.emit(sentence)

    def _on_enough(self, request: Rendering, _stream: SoundStream) -> None:
        if self._sink is not None and request.stream is self._stream and not self._sounding:
            self._sounding = True
            self._sink.start(request.stream)
            self._timer.start()

    def _tick(self) -> None:
        if self._sink is None or self._stream is None:
            return
        if problem := self._sink.problem():
            self._fail(problem)
            return
        waiting = self._sink.waiting_bytes()
        if self._stream.over(waiting):
            end = self.range[1] if self.range else 0.0
            self.position = end
            self.moved.emit(end)
            self.stop()
            return
        start, end = self.range or (0.0, 0.0)
        self.position = min(max(self._clock.update(self._stream.heard(waiting), self.speed), start), end)
        self.moved.emit(self.position)

    def _on_outputs_changed(self) -> None:
        if self._later is not None and self._outputs.known:
            start, end, at = self._later
            self.play(start, end, at=at)
        elif self.state is PlayState.PLAYING:
            if self._outputs.output_problem:
                self._fail(self._outputs.output_problem)
            else:
                self._again()  # what plays goes to the new default output
        self.problem_changed.emit(self.problem)
