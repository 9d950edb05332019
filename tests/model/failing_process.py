"""`model.training` as torchrun starts it, but the second process dies in its fifth step, the first time round."""

from __future__ import annotations

import os
from typing import Any

from model.training_main import main
from model.training_step import Stepper

_step = Stepper.step


def _dying_step(self: Stepper, *arguments: Any, seeds: tuple[int, ...], **others: Any) -> float:
    first_time = os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"
    if first_time and os.environ["RANK"] == "1" and seeds[-1] == 4:
        os._exit(1)
    return _step(self, *arguments, seeds=seeds, **others)


if __name__ == "__main__":
    Stepper.step = _dying_step  # type: ignore[method-assign]
    raise SystemExit(main())
