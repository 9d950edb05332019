import csv
import io
import math

import numpy as np
import pytest

from model.run_folder import HISTORY_COLUMNS, RunFolder
from model.step_log import StepLog
from model.training_state import is_best
from phonegui import training_log
from phonegui.training_log import STEP_COLUMNS, RunLog, read_run, smoothed


def record(epoch, **changes):
    values = dict.fromkeys(HISTORY_COLUMNS, 0.5) | {"epoch": epoch, "step": 10 * epoch, "seconds": 2.0 * epoch}
    return values | changes


def plain_average(values, share):
    total = weight = 0.0
    result = []
    for value in values:
        if math.isfinite(value):
            total, weight = share * total + (1 - share) * value, share * weight + (1 - share)
        result.append(total / weight if weight else math.nan)
    return result


@pytest.mark.parametrize("share", [0.1, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("count", [1, 63, 64, 65, 500])
def test_smoothing_is_the_debiased_average(share, count):
    values = np.random.default_rng(count).normal(5.0, 1.0, count)
    values[values > 6.5] = np.nan
    np.testing.assert_allclose(smoothed(values, share), plain_average(values, share), rtol=1e-9)


def test_smoothing_of_nothing_and_of_a_constant():
    assert len(smoothed(np.empty(0), 0.9)) == 0
    np.testing.assert_allclose(smoothed(np.full(200, 3.0), 0.999), 3.0)
    assert np.isnan(smoothed(np.full(5, np.nan), 0.9)).all()
    values = np.array([1.0, 2.0])
    assert smoothed(values, 0.0) is values


def test_steps_grow_without_losing_any():
    log = RunLog()
    for start in range(0, 3000, 7):
        log.add_steps([(float(n), n / 100, n / 10, 1.0 / (n + 1), 1e-3, 5.0) for n in range(start, start + 7)])
    assert len(log) == 3003
    series = log.step_series("train_loss", "seconds")
    np.testing.assert_allclose(series.y, 1.0 / (np.arange(3003) + 1))
    np.testing.assert_allclose(series.x, np.arange(3003) / 10)
    log.cut_after(99)
    assert len(log) == 100


def test_a_long_run_is_averaged_into_as_many_values_as_are_wanted():
    log = RunLog()
    random = np.random.default_rng(0)
    loss = random.normal(3.0, 0.1, 10_001)
    log.add_steps((float(n), n / 100, float(n), value, 0.1, 9.0) for n, value in enumerate(loss, start=1))
    log.steps[6, 3] = np.nan
    series = log.step_series("train_loss", "step", most=1000)
    assert series.every == 11 and len(series.x) == len(series.y) == 909
    np.testing.assert_allclose(series.y[1:], loss[11:9999].reshape(-1, 11).mean(axis=1))
    assert series.y[0] == pytest.approx(np.delete(loss[:11], 6).mean())
    np.testing.assert_array_equal(series.x, np.arange(11, 10_000, 11))
    whole = smoothed(log.step_series("train_loss", "step").y, 0.99)[series.x.astype(int) - 1]
    np.testing.assert_allclose(smoothed(series.y, 0.99**11)[50:], whole[50:], atol=0.02)


def test_epochs_replace_later_ones_and_the_best_is_found():
    log = RunLog()
    for epoch, rate in ((1, 0.9), (2, math.nan), (3, 0.4), (4, 0.6)):
        log.add_epoch(record(epoch, dev_phone_error_rate=rate))
    assert log.best()["epoch"] == 3
    log.add_epoch(record(3, dev_phone_error_rate=0.95))
    assert [r["epoch"] for r in log.epochs] == [1, 2, 3]
    assert log.best()["epoch"] == 1
    assert RunLog().best() is None
    silent = RunLog()  # hears nothing yet: as many errors after every epoch
    for epoch, loss in ((1, 9.0), (2, 4.0), (3, 5.0)):
        silent.add_epoch(record(epoch, dev_phone_error_rate=1.0, dev_loss=loss))
    assert silent.best()["epoch"] == 2


def test_the_best_epoch_is_the_one_that_the_run_kept_and_found_in_one_pass(monkeypatch):
    random = np.random.default_rng(1)
    log, kept = RunLog(), None
    for epoch in range(1, 301):
        rate, loss = random.choice([0.4, 0.5, 0.6, math.nan]), random.choice([1.0, 2.0, 3.0, math.nan])
        log.add_epoch(record(epoch, dev_phone_error_rate=rate, dev_loss=loss))
        if math.isfinite(rate) and is_best(log.epochs[-1], log.epochs[:-1]):
            kept = epoch
        assert (log.best() or {"epoch": None})["epoch"] == kept
    compared = []
    monkeypatch.setattr(training_log, "epoch_rank", lambda record: compared.append(record) or (record["dev_loss"],))
    log.best()
    assert len(compared) == 300


def test_a_run_is_read_from_its_folder(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_history([record(1), record(2)])
    steps = StepLog(folder.steps)
    for step in range(1, 26):
        steps.add(step, 1 + (step - 1) // 10, 3.0 - step / 10, 1e-3, 100.0, step / 2)
    steps.flush()
    log = read_run(tmp_path)
    assert [r["epoch"] for r in log.epochs] == [1, 2]
    assert len(log) == 25
    np.testing.assert_allclose(log.step_series("step", "epoch").x, np.arange(1, 26) / 10)
    np.testing.assert_allclose(log.step_series("train_loss", "step").y, 3.0 - np.arange(1, 26) / 10)


def test_damaged_files_give_what_can_be_read(tmp_path):
    folder = RunFolder(tmp_path)
    assert not read_run(tmp_path).epochs and not len(read_run(tmp_path / "missing"))
    folder.write_history([record(1)])
    with open(folder.history, "a") as file:
        file.write("2,nonsense\n\x00,,,\n")
    folder.steps.write_bytes(b"step,epoch,loss,learning_rate,frames_per_second,seconds\n1,1,2.0,0.1,5,1\n2,1,1.\xff")
    log = read_run(tmp_path)
    assert [r["epoch"] for r in log.epochs][:1] == [1]
    assert log.steps[0, 0] == 1
    folder.history.unlink()
    folder.history.mkdir()
    assert read_run(tmp_path).epochs == []


def test_csv_says_what_the_log_says():
    log = RunLog()
    log.add_epoch(record(1))
    log.add_steps([(1.0, 0.1, 0.2, math.nan, 1e-3, 9.0)])
    [row] = csv.DictReader(io.StringIO(log.to_csv()))
    assert tuple(row) == HISTORY_COLUMNS and float(row["step"]) == 10
    [row] = csv.DictReader(io.StringIO(log.to_csv(steps=True)))
    assert tuple(row) == STEP_COLUMNS and math.isnan(float(row["train_loss"]))
