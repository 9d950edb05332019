"""`SpeechToPhoneme`: a residual convolution block, bidirectional LSTM layers and CTC outputs.

The network of the course program this workbench grew around (see the README), with padding masked: an utterance's
posteriors do not depend on what it is batched with, and padding does not enter the batch-norm statistics.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import NetworkConfig

CALL_WORK = 1 << 31
"""Most multiplications in one call without gradients: half a second on a slow core."""


class SpeechToPhoneme(nn.Module):
    """Feature frames to per-frame log-probabilities of the phonemes and the blank.

    Parameters
    ----------
    config
        Sizes; the default has 22,907,818 parameters.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        narrow, wide = config.narrow_channels, config.wide_channels
        stride = config.time_stride
        self.conv1 = nn.Conv1d(config.features, narrow, 1, bias=False)
        self.bn1 = nn.BatchNorm1d(narrow)
        self.conv2 = nn.Conv1d(narrow, wide, 3, padding=1, stride=stride, bias=False)
        self.bn2 = nn.BatchNorm1d(wide)
        self.conv3 = nn.Conv1d(wide, wide, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm1d(wide)
        self.shortcut = nn.Sequential(
            nn.Conv1d(config.features, wide, 3, padding=1, stride=stride), nn.BatchNorm1d(wide)
        )
        self.rnn = nn.LSTM(
            wide,
            config.hidden,
            config.layers,
            dropout=config.dropout if config.layers > 1 else 0.0,
            bidirectional=True,
        )
        # Arithmetic of inference; posteriors and weights are float32 always.
        self.arithmetic = torch.float32
        self.linear = nn.Linear(2 * config.hidden, config.linear)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(config.linear, config.classes)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-probabilities and their lengths.

        Parameters
        ----------
        features
            Padded frames, shape (B, T, C).
        lengths
            Frames of each utterance, int64 on the CPU, shape (B,).

        Returns
        -------
        log_probs
            Shape (B, ceil(T / stride), classes); rows beyond an utterance's length are undefined.
        lengths
            ceil(lengths / stride), on the CPU.
        """
        short = self.output_lengths(lengths)
        x = features.transpose(1, 2)
        mask = _mask(lengths, x.shape[2], x.device)
        short_mask = _mask(short, -(-x.shape[2] // self.config.time_stride), x.device)
        x = x * mask
        y = F.relu(_masked_norm(self.bn1, self.conv1(x), mask))
        y = F.relu(_masked_norm(self.bn2, self.conv2(y), short_mask))
        y = F.relu(_masked_norm(self.bn3, self.conv3(y), short_mask))
        y = y + _masked_norm(self.shortcut[1], self.shortcut[0](x), short_mask)  # type: ignore[arg-type]
        encoded = self._recur(y.permute(2, 0, 1), short)
        pieces = _pieces(encoded, self.linear.weight.numel())
        logits = _joined([self.output(self.dropout(self.linear(piece))) for piece in pieces])
        return F.log_softmax(logits.float(), dim=-1).transpose(0, 1), short

    def output_lengths(self, lengths: Tensor) -> Tensor:
        """Return the output frames of utterances of so many input frames."""
        stride = self.config.time_stride
        return torch.div(lengths + stride - 1, stride, rounding_mode="floor")

    def _recur(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Run the LSTM over (T, B, C), each utterance to its own length; return (T, B, 2 hidden)."""
        if x.device.type != "cpu":
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
            output, _ = self.rnn(packed)
            return nn.utils.rnn.pad_packed_sequence(output, total_length=x.shape[0])[0]
        return _cpu_lstm(self.rnn, x, lengths)


def _mask(lengths: Tensor, frames: int, device: torch.device) -> Tensor:
    """Return (B, 1, frames) of ones inside and zeros beyond each length."""
    inside = torch.arange(frames)[None, :] < lengths[:, None]
    return inside[:, None, :].float().to(device, non_blocking=True)


def _masked_norm(norm: nn.BatchNorm1d, x: Tensor, mask: Tensor) -> Tensor:
    """Batch-normalise (B, C, T) by the frames inside the mask alone; frames outside come back as zeros."""
    inside = mask[:, 0, :] > 0
    # A single frame has no variance: it is normalised by what was learned so far.
    if not norm.training or int(inside.sum()) < 2:
        return F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps) * mask
    rows = x.transpose(1, 2)
    result = torch.zeros_like(rows)
    result[inside] = norm(rows[inside]).to(rows.dtype)
    return result.transpose(1, 2)


def _cpu_lstm(rnn: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    """Run a bidirectional LSTM over padded (T, B, C) one direction at a time.

    On a CPU, torch sends only unpacked input to oneDNN: about five times the speed of a packed sequence. Turning each
    utterance round within its own length makes the backward direction start at its last frame, as packing does.
    Autocast passes LSTMs by, so what it does to other layers is done here.
    """
    precision = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    x = x.to(precision)
    frames, batch, _ = x.shape
    turn = _turning(lengths, frames)
    start = x.new_zeros(1, batch, rnn.hidden_size)
    for layer in range(rnn.num_layers):
        if layer and rnn.dropout and rnn.training:
            x = F.dropout(x, rnn.dropout)
        both = rnn._all_weights[2 * layer : 2 * layer + 2]
        forward, backward = ([getattr(rnn, name).to(precision) for name in names] for names in both)
        ahead = _direction(x, start, forward, rnn.training)
        back = _direction(_turned(x, turn), start, backward, rnn.training)
        x = torch.cat([ahead, _turned(back, turn)], dim=2)
    return x


def _direction(x: Tensor, start: Tensor, weights: list[Tensor], training: bool) -> Tensor:
    """Run one direction of a layer over (T, B, C).

    The state is handed on from piece to piece, so the result is that of one call, and the time is the same too.
    """
    hidden = cell = start
    outputs = []
    for piece in _pieces(x, sum(weight.numel() for weight in weights)):
        output, hidden, cell = torch.lstm(piece, (hidden, cell), weights, True, 1, 0.0, training, False, False)
        outputs.append(output)
    return _joined(outputs)


def _pieces(x: Tensor, weights: int) -> list[Tensor]:
    """Return (T, B, C) in pieces of frames that so many weights take a short call each; whole for gradients or CUDA."""
    if torch.is_grad_enabled() or x.device.type != "cpu":
        return [x]
    step = max(1, CALL_WORK // (x.shape[1] * weights))
    return [x[first : first + step] for first in range(0, x.shape[0], step)]


def _joined(pieces: list[Tensor]) -> Tensor:
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces)


def _turning(lengths: Tensor, frames: int) -> Tensor | None:
    """Return for each frame and utterance the frame to take when reversing, (T, B); None when all lengths are T."""
    if bool((lengths == frames).all()):
        return None
    time = torch.arange(frames)[:, None]
    return torch.where(time < lengths[None, :], lengths[None, :] - 1 - time, time)


def _turned(x: Tensor, turn: Tensor | None) -> Tensor:
    return x.flip(0) if turn is None else x[turn, torch.arange(x.shape[1])[None, :]]


def parameter_count(network: nn.Module) -> int:
    """Return the number of trainable values of a network."""
    return sum(parameter.numel() for parameter in network.parameters())
