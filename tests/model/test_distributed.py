from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import model
from model import distributed
from model.checkpoint import load_checkpoint, read_header
from model.corpus import Corpus
from model.errors import UserError
from model.training_main import main

ROOT = Path(model.__file__).parent.parent
SIZES = ("hidden=8", "layers=1", "linear=8", "wide_channels=16", "narrow_channels=8", "dropout=0")
SETTINGS = ("epochs=3", "batch_frames=500", "noise=0.05", "speed_perturbation=0.05", "ema_decay=0.9")
OPTIONS = [f"--set=network.{size}" for size in SIZES] + [f"--set={setting}" for setting in SETTINGS]
OPTIONS += ["--set=precision=float32", "--set=save_minutes=0", "--set=final_beam_width=4"]


def rows(path: Path) -> list[dict[str, float]]:
    with open(path, newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def test_two_processes_train_as_one_also_when_one_of_them_dies(
    toy_corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    arguments = [str(toy_corpus.path), "--dev", str(toy_corpus.path), "--device", "cpu", *OPTIONS]
    assert main([*arguments, "--out", str(tmp_path / "one")]) == 0
    run = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--max-restarts=1", "--standalone"]
    run += ["-m", "tests.model.failing_process", *arguments, "--out", str(tmp_path / "two")]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "exitcode  : 1" in done.stderr or "exitcode: 1" in done.stderr  # one did die
    assert done.stdout.count("finished after 3 epochs") == 1
    assert "finished after 3 epochs" in capsys.readouterr().out
    one, two = (rows(tmp_path / name / "steps.csv") for name in ("one", "two"))
    assert len(one) == len(two) == 12
    assert {row["epoch"] for row in two} == {1, 2, 3}
    for mine, theirs in zip(one, two, strict=True):
        assert mine["step"] == theirs["step"]
        assert mine["learning_rate"] == theirs["learning_rate"]
        assert theirs["loss"] == pytest.approx(mine["loss"], rel=1e-5)
    assert two[0]["loss"] == pytest.approx(one[0]["loss"], rel=1e-6)
    for mine, theirs in zip(*(rows(tmp_path / name / "history.csv") for name in ("one", "two")), strict=True):
        assert theirs["dev_loss"] == pytest.approx(mine["dev_loss"], rel=2e-3)
        assert theirs["dev_phone_error_rate"] == pytest.approx(mine["dev_phone_error_rate"], abs=0.02)
    assert "dev, beam 4" in read_header(tmp_path / "two" / "best.safetensors").scores
    mine, theirs = (load_checkpoint(tmp_path / name / "last.safetensors")[0].state_dict() for name in ("one", "two"))
    # The normalisation takes this bias away: its gradient is rounding alone, which Adam makes steps of.
    for without in ("shortcut.0.bias", "shortcut.1.running_mean"):
        del mine[without], theirs[without]
    torch.testing.assert_close(theirs, mine, rtol=1e-3, atol=1e-4)


def test_a_single_process_is_the_whole_world():
    assert (distributed.rank(), distributed.world_size(), distributed.restarts()) == (0, 1, 0)
    assert distributed.shard("abc") == list("abc")
    assert distributed.gather_in_order("abc") == list("abc")
    assert distributed.sum_numbers([1.0, 2.5]) == [1.0, 2.5]
    assert distributed.any_true(True) and not distributed.any_true(False)
    with distributed.joined(torch.device("cpu")) as device:
        assert device == torch.device("cpu")
    with pytest.raises(UserError, match="mine"), distributed.first_alone(True):
        raise UserError("It is mine.")


SHARED = """
import os, sys
from multiprocessing import get_context

def work(rank, port):
    os.environ.update(WORLD_SIZE="2", RANK=str(rank), LOCAL_RANK=str(rank), MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
    import torch
    from torch import nn
    from model import distributed as d
    from model.errors import UserError
    from model.synced_norm import SyncedNorm
    torch.set_num_threads(1)
    with d.joined(torch.device("cpu")):
        assert (d.rank(), d.world_size()) == (rank, 2)
        assert d.shard(range(5)) == [[0, 2, 4], [1, 3]][rank]
        assert d.gather_in_order([f"{i}!" for i in d.shard(range(5))]) == ["0!", "1!", "2!", "3!", "4!"]
        assert d.gather_in_order(d.shard([])) == []
        assert d.sum_numbers([rank + 0.5, 2.0]) == [2.0, 4.0]
        assert d.any_true(rank == 1) and not d.any_true(False)
        try:
            with d.first_alone(rank == 0):
                if rank == 0:
                    raise UserError("The disk is full.")
                raise AssertionError("the second must not come so far")
        except UserError as error:
            assert ("disk" in str(error)) == (rank == 0)
        torch.manual_seed(0)
        rows, plain, synced = torch.randn(9, 4) * 3 + 100, nn.BatchNorm1d(4), SyncedNorm(4)
        whole = rows.clone().requires_grad_()
        chosen = slice(0, 3) if rank == 0 else slice(3, 9)
        mine = rows[chosen].clone().requires_grad_()
        with torch.no_grad():
            plain.weight.copy_(torch.arange(4.0)); synced.weight.copy_(plain.weight)
        expected, got = plain(whole), synced(mine)
        torch.testing.assert_close(got, expected[chosen], rtol=1e-4, atol=1e-4)
        (expected**3).sum().backward(), (got**3).sum().backward()
        torch.testing.assert_close(mine.grad, whole.grad[chosen], rtol=1e-3, atol=1e-3)
        d.sum_gradients(synced.parameters())
        torch.testing.assert_close(synced.weight.grad, plain.weight.grad, rtol=1e-3, atol=1e-3)
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            torch.testing.assert_close(getattr(synced, name), getattr(plain, name))
        # One that stands by adds nothing.
        synced, plain = SyncedNorm(4), nn.BatchNorm1d(4)
        synced.counted = rank == 0
        torch.testing.assert_close(synced(rows)[:1], plain(rows)[:1], rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(synced.running_var, plain.running_var)

if __name__ == "__main__":
    import torch
    port = str(torch.distributed.TCPStore("127.0.0.1", 0, 1, True).port)
    context = get_context("fork")
    workers = [context.Process(target=work, args=(rank, port)) for rank in range(2)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
    sys.exit(max(abs(worker.exitcode) for worker in workers))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_two_processes_share_numbers_objects_and_statistics(tmp_path: Path):
    script = tmp_path / "shared.py"
    script.write_text(SHARED)
    done = subprocess.run(
        [sys.executable, str(script)], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
