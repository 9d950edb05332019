"""What the tests of the engine share: tones, a toy corpus, a tiny network, and how an error should read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from model.config import NetworkConfig

RATE = 16000
TONES = {"AA": 300.0, "IY": 1200.0, "S": 3500.0}


def tone(frequency: float, seconds: float, rate: int = RATE, level: float = 0.4) -> npt.NDArray[np.float32]:
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def tiny_network(**changes: object) -> NetworkConfig:
    sizes = {
        "narrow_channels": 8,
        "wide_channels": 16,
        "hidden": 16,
        "layers": 1,
        "linear": 16,
        "dropout": 0.1,
        "time_stride": 2,
    }
    return NetworkConfig(**(sizes | changes))  # type: ignore[arg-type]


def write_toy_corpus(folder: Path, *, count: int, seed: int) -> Path:
    """Write recordings whose phonemes are tones, and their manifest."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["id\tpath\tphones"]
    for number in range(count):
        phones = random.choice(list(TONES), size=random.integers(3, 7))
        pieces = [
            piece for phone in phones for piece in (tone(TONES[phone], 0.12), np.zeros(round(0.06 * RATE), np.float32))
        ]
        sound = np.concatenate([np.zeros(800, np.float32), *pieces])
        sound += 0.002 * random.standard_normal(len(sound)).astype(np.float32)
        soundfile.write(folder / f"{number}.wav", sound, RATE)
        lines.append(f"u{number}\t{number}.wav\t{' '.join(phones)}")
    path = folder / "list.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def assert_one_sentence(error: BaseException, *names: object) -> None:
    """Assert that an error is a single sentence a user can read, and that it names what it is about."""
    text = str(error)
    rest = text
    for name in names:
        assert str(name) in text
        rest = rest.replace(str(name), "it")
    assert text.endswith(".")
    assert "\n" not in text
    assert "Traceback" not in text
    assert ". " not in rest
    assert len(rest) < 300
