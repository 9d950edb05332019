import numpy as np
import pytest

from phonegui.player import PlayClock, Player, PlayState
from phonegui.sound_devices import SoundFormat
from tests.phonegui.sound_helpers import FakeOutputs

RATE = 16000
NOISE = np.random.default_rng(0).uniform(-0.9, 0.9, 10 * RATE).astype(np.float32)


def make(qtbot, samples=NOISE, format=None, now=None):
    outputs = FakeOutputs(format)
    player = Player(outputs)
    if now is not None:
        player._clock = PlayClock(now)
    player.set_audio(samples, RATE)
    return player, outputs


@pytest.fixture
def player(qtbot):
    player, outputs = make(qtbot)
    player.outputs = outputs
    yield player
    player.close()


def sounding(qtbot, player):
    """Wait until the sink draws and return it."""
    qtbot.waitUntil(lambda: bool(player.outputs.sinks) and player.outputs.sinks[-1].device is not None)
    return player.outputs.sinks[-1]


def settle(qtbot, player):
    """Wait until the worker is well ahead, for time in tests runs faster than it works."""
    stream = player._stream

    def ahead():
        whole = bool(stream._ends) and stream._ends[-1] == stream._made and not stream._looping
        return whole or stream._made - stream._drawn > 0.2 * stream.format.rate

    qtbot.waitUntil(ahead)


def hear(qtbot, player, seconds):
    """Let time pass."""
    sink, stream = player.outputs.sinks[-1], player._stream
    for _ in range(round(seconds / 0.1)):
        if player._stream is not stream:
            return
        settle(qtbot, player)
        sink.hear(0.1)
        player._tick()


def hear_all(qtbot, player, sink, at_most=40.0):
    """Let time pass until the player stops by itself."""
    hear(qtbot, player, at_most)
    assert sink.stopped


def test_what_is_heard_is_the_selection(qtbot, player):
    player.play(1.0, 3.5)
    sink = sounding(qtbot, player)
    assert player.state is PlayState.PLAYING
    hear_all(qtbot, player, sink)
    count = round(2.5 * RATE)
    assert np.array_equal(sink.heard()[:count], NOISE[RATE : RATE + count])
    assert not sink.heard()[count:].any()
    assert player.state is PlayState.STOPPED and player.position is None


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.7, 2.0])
def test_speed_changes_the_duration(qtbot, player, speed):
    player.set_audio(0.5 + 0.3 * NOISE, RATE)  # never silent
    player.set_speed(speed)
    player.play(0.0, 2.0)
    sink = sounding(qtbot, player)
    hear_all(qtbot, player, sink)
    assert np.count_nonzero(sink.heard()) == pytest.approx(2.0 / speed * RATE, abs=0.02 * RATE)


@pytest.mark.parametrize(
    "format", [SoundFormat(16000, 2, "int16"), SoundFormat(48000, 2, "float"), SoundFormat(44100, 1, "int32")]
)
def test_devices_of_other_formats(qtbot, format):
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
    player, player_outputs = make(qtbot, tone, format)
    player.outputs = player_outputs
    player.play(0.0, 1.0)
    sink = sounding(qtbot, player)
    hear_all(qtbot, player, sink)
    heard = sink.heard()[: format.rate]
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(format.rate) / format.rate)
    assert np.abs(heard[200:-200] - wanted[200:-200]).max() < 0.002
    player.close()


def test_a_loop_goes_round_until_it_is_let_go(qtbot, player):
    player.set_looping(True)
    player.play(2.0, 2.5, at=2.3)
    sink = sounding(qtbot, player)
    hear(qtbot, player, 1.6)
    assert player.state is PlayState.PLAYING
    part = NOISE[2 * RATE : round(2.5 * RATE)]
    expected = np.concatenate([part[round(0.3 * RATE) :], part, part, part, part])
    assert np.array_equal(sink.heard(), expected[: len(sink.heard())])
    player.set_looping(False)
    hear_all(qtbot, player, sink)
    assert np.count_nonzero(sink.heard()) in (round(1.7 * RATE), round(2.2 * RATE))


def test_a_loop_begun_while_playing_goes_round(qtbot, player):
    player.play(0.0, 0.4)
    sink = sounding(qtbot, player)
    player.set_looping(True)
    hear(qtbot, player, 1.0)
    part = NOISE[: round(0.4 * RATE)]
    assert np.count_nonzero(sink.heard()) > 0.7 * RATE  # a gap at most where the loop came late
    assert np.array_equal(sink.heard()[: len(part)], part)


def test_looping_on_and_off_and_on_again(qtbot, player):
    player.set_looping(True)
    player.play(0.0, 0.2)
    sink = sounding(qtbot, player)
    for looping in (False, True, False, True):
        player.set_looping(looping)
    hear(qtbot, player, 1.0)
    assert player.state is PlayState.PLAYING
    player.set_looping(False)
    hear_all(qtbot, player, sink, at_most=2.0)


def test_stop_falls_silent_at_once(qtbot, player):
    player.play(0.0, 10.0)
    sink = sounding(qtbot, player)
    hear(qtbot, player, 0.5)
    player.stop()
    assert sink.stopped and player.state is PlayState.STOPPED and not player._timer.isActive()


def test_a_pause_goes_on_where_it_was_heard(qtbot, player):
    player.play(0.0, 10.0)
    sink = sounding(qtbot, player)
    hear(qtbot, player, 1.2)
    player.pause()
    assert player.state is PlayState.PAUSED and sink.stopped
    assert player.position == pytest.approx(1.2, abs=0.11)
    at = player.position
    player.resume()
    again = sounding(qtbot, player)
    hear(qtbot, player, 0.1)
    start = round(at * RATE)
    assert again is not sink
    assert np.array_equal(again.heard()[:1000], NOISE[start : start + 1000])


def test_another_speed_while_playing_goes_on_where_it_was(qtbot, player):
    player.play(0.0, 10.0)
    sounding(qtbot, player)
    hear(qtbot, player, 2.0)
    before = player.position
    player.set_speed(2.0)
    sounding(qtbot, player)
    hear(qtbot, player, 1.0)
    assert player.state is PlayState.PLAYING
    assert player.position == pytest.approx(before + 2.0, abs=0.25)


@pytest.mark.parametrize(("speed", "drift"), [(1.0, 0.99), (0.5, 1.01), (2.0, 1.0)])
def test_the_position_keeps_to_what_is_heard(qtbot, speed, drift):
    now = [100.0]
    player, outputs = make(qtbot, now=lambda: now[0])
    player.outputs = outputs
    player.set_speed(speed)
    player.play(1.0, 9.0)
    sink = sounding(qtbot, player)
    player._timer.stop()  # time is the test's
    told = []
    player.moved.connect(told.append)
    errors = []
    pending = 0.0
    for tick in range(180):
        now[0] += 1 / 60
        pending += drift / 60
        if tick % 3 == 2:  # the sink plays in blocks, by a clock of its own
            settle(qtbot, player)
            sink.hear(pending)
            pending = 0.0
        player._tick()
        heard = 1.0 + (sink.heard_bytes / 4 / RATE + pending) * speed
        errors.append(abs(player.position - heard))
    assert len(told) == 180
    assert max(errors[30:]) < 0.06 * speed and np.median(errors) < 0.04 * speed
    steps = np.diff(told[30:])
    assert (steps >= 0).all() and steps.max() < 2.5 * speed / 60  # no jumps
    player.close()


def test_it_plays_no_further_than_the_recording_and_nothing_of_nothing(qtbot, player):
    player.play(9.5, 99.0)
    assert player.range == (9.5, 10.0)
    player.stop()
    for start, end in ((5.0, 5.0), (11.0, 12.0), (3.0, 2.0)):
        player.play(start, end)
        assert player.state is PlayState.STOPPED


def test_without_an_output_it_says_why_and_takes_one_that_comes(qtbot, player):
    reasons = []
    player.problem_changed.connect(reasons.append)
    player.outputs.plug("No sound output was found.")
    assert player.problem == reasons[-1] == "No sound output was found."
    with qtbot.waitSignal(player.failed) as failed:
        player.play(0.0, 1.0)
    assert failed.args == ["No sound output was found."] and player.state is PlayState.STOPPED
    player.outputs.plug("")
    assert player.problem == reasons[-1] == ""
    player.play(0.0, 1.0)
    sounding(qtbot, player)


def test_an_output_pulled_out_while_playing(qtbot, player):
    player.play(0.0, 10.0)
    sink = sounding(qtbot, player)
    with qtbot.waitSignal(player.failed):
        player.outputs.plug("No sound output was found.")
    assert sink.stopped and player.state is PlayState.STOPPED
    player.outputs.plug("")
    player.play(0.0, 10.0)
    sink = sounding(qtbot, player)
    sink.wrong = "The sound output stopped working."
    with qtbot.waitSignal(player.failed) as failed:
        player._tick()
    assert failed.args == ["The sound output stopped working."]


def test_a_new_default_output_takes_over(qtbot, player):
    player.play(0.0, 10.0)
    sink = sounding(qtbot, player)
    hear(qtbot, player, 0.5)
    player.outputs.plug("")
    again = sounding(qtbot, player)
    assert again is not sink and sink.stopped and player.state is PlayState.PLAYING
    assert player.position == pytest.approx(0.5, abs=0.11)


def test_another_recording_stops_the_one_that_plays(qtbot, player):
    player.play(0.0, 10.0)
    sink = sounding(qtbot, player)
    player.set_audio(None)
    assert sink.stopped and "Open a recording" in player.problem


def test_a_gap_in_the_samples_does_not_move_the_position(qtbot):
    from phonegui.sound_stream import SoundStream

    stream = SoundStream(SoundFormat(100))
    assert stream.begin_pass(5.0)
    stream.add(np.ones(10, np.float32))
    assert len(stream.readData(4 * 10)) == 40 and len(stream.readData(4 * 5)) == 20  # the last ones silent
    assert stream.heard(0) == pytest.approx(5.1)
    stream.add(np.ones(10, np.float32))
    stream.end_pass()
    stream.readData(4 * 10)
    assert stream.heard(0) == pytest.approx(5.2)
    assert stream.over(0) and not stream.over(8)
    stream.finish()


def test_what_is_to_be_played_waits_until_outputs_are_known(qtbot, player):
    outputs = player.outputs
    outputs.known, outputs.output_problem = False, "Sound is being prepared."
    told = []
    player.failed.connect(told.append)
    player.play(1.0, 1.2)
    player.play(2.0, 2.2)
    assert player.state is PlayState.STOPPED and not told and not outputs.sinks
    outputs.known = True
    outputs.plug("")
    assert player.state is PlayState.PLAYING and player.range == (2.0, 2.2)
    sounding(qtbot, player)
    player.stop()
    outputs.known = False
    player.play(1.0, 1.2)
    player.stop()
    outputs.known = True
    outputs.plug("")
    assert player.state is PlayState.STOPPED and not told
    outputs.known = False
    player.play(1.0, 1.2)
    outputs.known = True
    outputs.plug("No sound output was found.")
    assert told == ["No sound output was found."]
