"""Samples on their way to the loudspeaker: made a little ahead by a worker, drawn by the sound system."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QIODevice, QObject

from model.time_stretch import stretch, stretched_length
from phonegui.sound_devices import SoundFormat
from phonegui.workers import Report

Samples = npt.NDArray[np.float32]

_AHEAD_SECONDS = 2.0
_ENOUGH_SECONDS = 0.3  # more than a sink draws at once, so that it begins with sound alone
_REMEMBERED_SECONDS = 10.0  # of passes gone by: more than any sink holds back


class SoundStream(QIODevice):
    """What a sink draws its samples from.

    Frames are counted from the beginning of the stream. A pass is one time through what is played: it begins at a frame
    and at a time of the recording, and the time goes on with the frames at the speed. Where samples come too late, and
    after the end, the sink draws silence.

    Parameters
    ----------
    format
        The sink's.
    speed
        Seconds of the recording in a second.
    looping
        Whether a pass follows the one before.
    """

    def __init__(
        self, format: SoundFormat, speed: float = 1.0, *, looping: bool = False, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.format, self.speed = format, speed
        self._looping = looping
        self._condition = threading.Condition()
        self._blocks: deque[Samples] = deque()
        self._made = self._drawn = self._silence = self._given = (
            0  # frames; the last one counts all that was handed out
        )
        self._passes: list[tuple[int, float]] = []  # first frame and time of each
        self._ends: list[int] = []  # last frame of each that is whole
        self._closed = False
        self._abandoned = False
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    # -- the worker's side

    def begin_pass(self, time: float) -> bool:
        """Wait until another pass is wanted and begin it at a time of the recording; return False once closed."""
        with self._condition:
            while not self._closed and self._passes and not self._looping:
                self._condition.wait()
            self._abandoned = False
            if not self._closed:
                self._passes.append((self._made, time))
                self._forget_old_passes()
            return not self._closed

    def add(self, samples: Samples) -> bool:
        """Wait for room and add samples (n,); return False when they are not wanted any more."""
        with self._condition:
            while not self._unwanted and self._made - self._drawn > _AHEAD_SECONDS * self.format.rate:
                self._condition.wait()
            if not self._unwanted:
                self._blocks.append(samples)
                self._made += len(samples)
            return not self._unwanted

    def end_pass(self) -> None:
        """Tell that the pass is whole."""
        with self._condition:
            if not self._unwanted:
                self._ends.append(self._made)

    def _forget_old_passes(self) -> None:
        gone = self._drawn - _REMEMBERED_SECONDS * self.format.rate
        while len(self._passes) > 1 and self._passes[1][0] < gone:
            self._passes.pop(0)
        self._ends = [end for end in self._ends if end >= gone]

    def enough(self) -> bool:
        """Return whether there is enough to begin with."""
        with self._condition:
            return bool(self._ends) or self._made > _ENOUGH_SECONDS * self.format.rate

    @property
    def _unwanted(self) -> bool:
        return self._closed or self._abandoned

    # -- the player's side

    def set_looping(self, looping: bool) -> None:
        """Play on after the end, or end with the pass that is being heard."""
        with self._condition:
            self._looping = looping
            if not looping:
                self._drop_after(next((end for end in self._ends if end >= self._drawn), None))
            self._condition.notify_all()

    def _drop_after(self, last: int | None) -> None:
        """Forget the frames after the end of a pass; where that end is not made yet, there are none."""
        if last is None:
            return
        kept = np.concatenate([np.zeros(0, np.float32), *self._blocks])[: last - self._drawn]
        self._blocks = deque([kept] if len(kept) else [])
        self._made = last
        self._ends = [end for end in self._ends if end <= last]
        self._passes = self._passes[:1] + [item for item in self._passes[1:] if item[0] < last]
        self._abandoned = True  # the worker is at a later pass, or waits

    def finish(self) -> None:
        """Let the worker go; nothing more is made."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def heard(self, waiting_bytes: int) -> float:
        """Return the time of the recording that is heard now.

        Parameters
        ----------
        waiting_bytes
            What the sink drew and did not play yet.
        """
        with self._condition:
            frame = self._heard_frame(waiting_bytes)
            first, time = next((item for item in reversed(self._passes) if item[0] <= frame), (0, 0.0))
            return time + (frame - first) / self.format.rate * self.speed

    def over(self, waiting_bytes: int) -> bool:
        """Return whether all was heard and nothing follows."""
        with self._condition:
            ended = not self._looping and bool(self._ends) and self._ends[-1] == self._made == self._drawn
            return ended and self._heard_frame(waiting_bytes) >= self._made

    def _heard_frame(self, waiting_bytes: int) -> int:
        played = self._given - waiting_bytes // self.format.frame_bytes - self._silence
        return min(max(played, 0), self._drawn)

    # -- the sink's side

    def readData(self, maxlen: int) -> bytes:
        """Return up to `maxlen` bytes; may be called in a thread of the sound system's."""
        wanted = max(0, maxlen) // self.format.frame_bytes
        with self._condition:
            taken: list[Samples] = []
            missing = wanted
            while missing and self._blocks:
                block = self._blocks.popleft()
                taken.append(block[:missing])
                if len(block) > missing:
                    self._blocks.appendleft(block[missing:])
                missing -= len(taken[-1])
            count = wanted - missing
            self._drawn += count
            if not count:
                # A sink that is given nothing may never ask again.
                taken, count = [np.zeros(wanted, np.float32)], wanted
                if not self._ends or self._ends[-1] != self._made or self._looping:
                    self._silence += wanted
            self._given += count
            self._condition.notify_all()
        return self.format.encode(np.concatenate(taken)) if count else b""

    def writeData(self, data: bytes, length: int) -> int:
        """Refuse."""
        return -1

    def bytesAvailable(self) -> int:
        """Return a second's worth: silence if nothing else."""
        return self.format.rate * self.format.frame_bytes

    def isSequential(self) -> bool:
        """Return True."""
        return True


@dataclass(frozen=True, eq=False)
class Rendering:
    """What to fill a stream with: the samples (n,) from `start` to `end` seconds, at first from `at`.

    There must be a sample from `start` to `end`, or a loop goes round without end.
    """

    stream: SoundStream
    samples: Samples
    rate: int
    start: float
    end: float
    at: float


def render(request: Rendering, _report: Report) -> Iterator[SoundStream]:
    """Fill a stream until it is finished; yield it once there is enough to begin with."""
    stream, told = request.stream, False
    last = min(round(request.end * request.rate), len(request.samples))
    time = request.at
    while stream.begin_pass(time):
        for block in _converted(request, time, last):
            if not stream.add(block):
                break
            if not told and stream.enough():
                told = True
                yield stream
        stream.end_pass()
        if not told:
            told = True
            yield stream
        time = request.start


def _converted(request: Rendering, time: float, last: int) -> Iterator[Samples]:
    """Yield the samples from a time on, at the stream's speed and rate."""
    part = request.samples[min(round(time * request.rate), last) : last]
    rate = request.stream.format.rate
    blocks = stretch(part, request.rate, request.stream.speed)
    if rate == request.rate:
        yield from blocks
        return
    import soxr

    resampler = soxr.ResampleStream(request.rate, rate, 1, dtype="float32", quality="HQ")
    left = round(stretched_length(len(part), request.stream.speed) * rate / request.rate)
    for block in blocks:
        converted = resampler.resample_chunk(np.ascontiguousarray(block))[:left]
        left -= len(converted)
        if len(converted):
            yield converted
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)[:left]
