"""Valid files of every kind that the program reads, small, made on the fly."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch

from model.checkpoint import CheckpointHeader, save_checkpoint
from model.config import FeatureConfig, NetworkConfig
from model.decoding import NGramModel
from model.network import SpeechToPhoneme
from model.phonemes import DEFAULT_TABLE
from model.textgrid import Interval, TextGrid, Tier, textgrid_text

Place = Callable[[Path, bytes], Path]
"""Puts content into an empty folder, with what belongs to it, and returns what is to be opened."""

SIZES = NetworkConfig(narrow_channels=4, wide_channels=4, hidden=4, layers=1, linear=4)


@dataclass(frozen=True)
class Seed:
    """A valid file: the reader that opens it, its content, and where it is put."""

    name: str
    reader: str
    content: bytes
    place: Place


def named(name: str) -> Place:
    """Return a place that is a file of that name."""

    def put(folder: Path, content: bytes) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return put


def beside(name: str, others: dict[str, bytes], opened: str = "") -> Place:
    """Return a place that is a file among others; the folder is opened, or one of the others."""

    def put(folder: Path, content: bytes) -> Path:
        for other, value in {**others, name: content}.items():
            (folder / other).parent.mkdir(parents=True, exist_ok=True)
            (folder / other).write_bytes(value)
        return folder / opened if opened else folder

    return put


def seeds() -> list[Seed]:
    """Return all seeds."""
    return [*_sounds(), *_checkpoints(), *_arrays(), *_folders(), *_texts()]


def _sound(format: str, subtype: str | None = None) -> bytes:
    time = np.arange(2400) / 8000
    samples = 0.3 * np.stack([np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 300 * time)], axis=1)
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, 8000, format=format, subtype=subtype)
    return buffer.getvalue()


def _sounds() -> list[Seed]:
    kinds = [("wav", "WAV", "PCM_16"), ("wav", "WAV", "FLOAT"), ("wav", "WAVEX", "PCM_24"), ("wav", "WAV", "ULAW")]
    kinds += [("flac", "FLAC", None), ("mp3", "MP3", None), ("ogg", "OGG", "VORBIS"), ("opus", "OGG", "OPUS")]
    kinds += [("aiff", "AIFF", None), ("au", "AU", None), ("w64", "W64", None)]
    return [
        Seed(f"{suffix} {subtype or ''}".strip(), "audio", _sound(format, subtype), named(f"a.{suffix}"))
        for suffix, format, subtype in kinds
    ]


def _checkpoints() -> list[Seed]:
    torch.manual_seed(0)
    network = SpeechToPhoneme(SIZES)
    state = network.state_dict()
    run = {"model_state_dict": state, "epoch": 3, "val_dist": np.float64(8.5), "rng": torch.get_rng_state()[:64]}
    header = CheckpointHeader(network=SIZES, history=({"epoch": 1, "dev_loss": 0.5},), scores={"dev": {"rate": 0.25}})
    found = []
    for name, value, old in (
        ("pt", state, False),
        ("pt run", run, False),
        ("pt old", state, True),
        ("pt old run", run, True),
    ):
        buffer = io.BytesIO()
        torch.save(value, buffer, _use_new_zipfile_serialization=not old)
        found.append(Seed(name, "checkpoint", buffer.getvalue(), named("a.pt")))
        if not old:
            with zipfile.ZipFile(buffer) as archive:
                pickled = archive.read("archive/data.pkl")
            # Packed again, so that the check sum fits what was changed.
            found.append(Seed(f"{name} pickle", "checkpoint", pickled, _packed(buffer.getvalue())))
    buffer = io.BytesIO()
    np.savez(buffer, weight=np.zeros(3))
    found.append(Seed("npz", "checkpoint", buffer.getvalue(), named("a.npz")))
    ours = _written(lambda path: save_checkpoint(path, state, header))
    return [*found, Seed("safetensors", "checkpoint", ours, named("a.safetensors"))]


def _written(write: Callable[[Path], object]) -> bytes:
    """Return what a function writes to a path."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "a")
        return (Path(folder) / "a").read_bytes()


def _packed(whole: bytes) -> Place:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}

    def put(folder: Path, content: bytes) -> Path:
        with zipfile.ZipFile(folder / "a.pt", "w") as archive:
            for name, value in {**records, "archive/data.pkl": content}.items():
                archive.writestr(name, value)
        return folder / "a.pt"

    return put


def _npy(value: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, value, allow_pickle=True)  # type: ignore[arg-type]
    return buffer.getvalue()


def _objects(items: list[object]) -> np.ndarray:
    array = np.empty(len(items), object)
    array[:] = items
    return array


def _python2(items: list[np.ndarray]) -> bytes:
    """Return what numpy under Python 2 wrote: its pickles begin with another version and spell bytes as text."""
    header = _npy(_objects(list(items)))
    start = header.index(b"\x80")
    return header[:start] + pickle.dumps(_objects(list(items)), protocol=2)


def _matrices(count: int = 3, width: int = 13) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.standard_normal((5 + i, width)).astype(np.float32) for i in range(count)]


def _arrays() -> list[Seed]:
    labels = [np.arange(4), np.arange(5) + 30, np.arange(3)]
    matrices = _matrices()
    features, numbers = _npy(_objects(list(matrices))), _npy(_objects(list(labels)))
    lists = _npy(_objects([item.tolist() for item in labels]))
    pair = {"train.npy": features, "train_labels.npy": numbers}
    return [
        Seed("npy matrix", "matrix", _npy(matrices[0]), named("a.npy")),
        Seed("npy matrix f8", "matrix", _npy(np.asfortranarray(matrices[0].astype(np.float64))), named("a.npy")),
        Seed("npy objects", "corpus", features, beside("train.npy", pair)),
        Seed("npy objects python 2", "corpus", _python2(matrices), beside("train.npy", pair)),
        Seed("npy labels", "corpus", numbers, beside("train_labels.npy", pair)),
        Seed("npy label lists", "corpus", lists, beside("train_labels.npy", pair)),
        Seed("npy strings", "corpus", _npy(np.array(["[SOS]", "AA", "[SIL]", "[EOS]"])), _split("transcript/a.npy")),
        Seed("npy utterance", "corpus", _npy(matrices[0][:, :1].repeat(15, 1)), _split("mfcc/a.npy")),
    ]


def _split(name: str) -> Place:
    files = {
        "mfcc/a.npy": _npy(_matrices(1, 15)[0]),
        "mfcc/b.npy": _npy(_matrices(1, 15)[0]),
        "transcript/a.npy": _npy(np.array(["[SOS]", "AA", "[EOS]"])),
        "transcript/b.npy": _npy(np.array(["[SOS]", "IY", "[EOS]"])),
    }
    return beside(name, files)


def _folders() -> list[Seed]:
    wav = _sound("WAV", "PCM_16")
    tsv = b"id\tpath\tseconds\ttext\tphones\nu0\ta.wav\t0.3\tah\tAA IY\nu1\tb.wav\t0.3\tee\tIY S\n"
    kaldi = {
        "wav.scp": b"u0 a.wav\nu1 b.wav\n",
        "text": b"u0 AH\nu1 EE\n",
        "text-phone": b"u0 AA IY\nu1 IY S\n",
        "utt2spk": b"u0 s\nu1 s\n",
        "utt2dur": b"u0 0.3\nu1 0.3\n",
        "a.wav": wav,
        "b.wav": wav,
    }
    beside_it = {"a.wav": wav, "a.TextGrid": _textgrid(), "a.phn": b"0 800 aa\n800 2400 iy\n", "a.txt": b"AA IY\n"}
    order = {f"test/mfcc/{name}.npy": _npy(_matrices(1)[0]) for name in "abc"}
    order["test_order.csv"] = b"id,file\n0,c.npy\n1,a.npy\n2,b.npy\n"
    found = [Seed("tsv", "corpus", tsv, beside("list.tsv", {"a.wav": wav, "b.wav": wav}, "list.tsv"))]
    found += [Seed(f"kaldi {n}", "corpus", kaldi[n], beside(n, kaldi)) for n in kaldi if not n.endswith(".wav")]
    for name in ("a.TextGrid", "a.phn", "a.txt"):
        others = {"a.wav": wav}
        found.append(Seed(f"beside a recording {name}", "corpus", beside_it[name], beside(name, others)))
    return [*found, Seed("csv order", "corpus", order["test_order.csv"], beside("test_order.csv", order, "test"))]


def _textgrid() -> bytes:
    tiers = (Tier("words", (Interval(0.0, 0.3, 'he said "ah"'),)), Tier("phones", (Interval(0.1, 0.2, "AA1"),)))
    return textgrid_text(TextGrid(0.0, 0.3, tiers)).encode()


def _arpa() -> bytes:
    model = NGramModel.train([(5, 6, 7), (6, 5)], order=2, classes=len(DEFAULT_TABLE))
    return _written(lambda path: model.write_arpa(path, DEFAULT_TABLE.symbols))


def _texts() -> list[Seed]:
    sample = b'id,label\n0,aaa\n1,NA\n2,"a,b"\n3,\n'
    short = b'"ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n1\n"IntervalTier"\n"a"\n0\n1\n1\n0\n1\n"b"\n'
    header = CheckpointHeader(features=FeatureConfig()).to_json()
    return [
        Seed("csv sample", "sample", sample, named("sample.csv")),
        Seed("TextGrid", "textgrid", _textgrid(), named("a.TextGrid")),
        Seed("TextGrid short", "textgrid", short, named("a.TextGrid")),
        Seed("TextGrid UTF-16", "textgrid", short.decode().encode("utf-16"), named("a.TextGrid")),
        Seed("arpa", "arpa", _arpa(), named("a.arpa")),
        Seed("json table", "table", json.dumps(DEFAULT_TABLE.to_json()).encode(), named("a.json")),
        Seed("json header", "header", json.dumps(header).encode(), named("a.json")),
    ]
