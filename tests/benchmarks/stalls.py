"""How long the window stands still: ``python -m tests.benchmarks.stalls [--minutes N] [--utterances N] [NAME ...]``.

The real window is taken through everything one does in it, on an hour of sound and a corpus of 20,000 utterances, both
made up. For each workflow it prints the turn of the GUI thread that was longest: in processor time; in what is the
program's own doing, with the time it waited while other threads of the program worked; and by the clock, which counts
other programs too. Then, how many took over 50 ms of the program's own, and where the thread was in those over 30.
Names choose workflows: those that they are the beginning of, after the start.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QTableView, QWidget

from model.phonemes import DEFAULT_TABLE
from model.processors import available_processors
from phonegui import application, pauses, theme
from phonegui.layout import show_bottom
from phonegui.main_window import MainWindow
from tests.benchmarks.soak import repeated
from tests.benchmarks.turns import MOST_MS, Loop, Turns

TOLD_MS = 30.0


class Stage(Loop):
    """The window, what it is shown, and a clock on every turn of its event loop.

    Parameters
    ----------
    folder
        Where files and settings are made.
    minutes, utterances
        How long the recording is, and how large the corpus.
    """

    def __init__(self, app: QApplication, folder: Path, minutes: float, utterances: int) -> None:
        super().__init__(app)
        self.folder = folder
        self.long = str(repeated(folder / "long.wav", 60 * minutes))
        self.short = str(repeated(folder / "short.wav", 12.0))
        self.other = str(repeated(folder / "other.wav", 30.0))
        self.list = str(make_list(folder / "list.tsv", utterances))
        self.make_window()

    def make_window(self) -> None:
        """Make a window and show it."""
        self.window = MainWindow()  # nothing stands still: it is not on the screen as yet
        pauses.begin(self.window.session.idle)  # as the program does
        self.window.resize(1600, 900)
        self.act(self.window.show)

    def trigger(self, *names: str) -> None:
        """Choose actions of the menus."""
        for name in names:
            self.act(self.window.actions_by_name[name].trigger)

    def rest(self) -> None:
        """Wait until all of a recording is shown."""
        window = self.window
        self.until(lambda: window.session.result is not None and not window.session.busy and not window.timeline.busy)
        self.live(0.05)

    def open(self, path: str) -> None:
        """Open a recording, and wait until all of it is shown."""
        self.act(lambda: self.window.opener.open_path(path))
        self.until(lambda: self.window.session.path == path)
        self.rest()

    def dialog(self) -> QWidget:
        """Return the dialog that was opened last."""
        return [item for item in self.app.topLevelWidgets() if item.isVisible() and item is not self.window][-1]


def make_list(path: Path, count: int) -> Path:
    """Write a manifest of so many utterances, which share a few recordings."""
    random = np.random.default_rng(7)
    phones = [symbol for symbol in DEFAULT_TABLE.symbols[1:] if symbol not in ("SIL", "SPN")]
    lines = ["id\tpath\tseconds\tspeaker\ttext\tphones"]
    for number in range(count):
        said = " ".join(random.choice(phones, random.integers(20, 90)))
        seconds, speaker = random.uniform(1, 16), random.integers(0, 200)
        lines.append(f"{number:05}-{speaker}\tshort.wav\t{seconds:.2f}\ts{speaker}\twords of {number * 7919}\t{said}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def made_up_score(corpus: object) -> tuple[object, object]:
    """Return a `CorpusScore` of a corpus in which a third of the phonemes were misheard, and its confusions."""
    from model.config import DecodingConfig
    from model.confusion import Confusions
    from model.decoding import Hypothesis
    from model.scored import CorpusScore
    from model.scored_utterance import score_utterance

    random = np.random.default_rng(9)
    silent = corpus.table.silent()
    scored = []
    for utterance in corpus.utterances:
        labels = np.array(utterance.labels, np.int32)
        wrong = random.random(len(labels)) < 0.3
        labels[wrong] = random.integers(1, len(corpus.table), wrong.sum())
        labels = labels[random.random(len(labels)) > 0.05]
        hypothesis = Hypothesis(labels, -1.0, np.arange(len(labels), dtype=np.int32) * 4)
        seconds = utterance.seconds or 1.0
        edges = [np.linspace(0, seconds, count + 1) for count in (len(utterance.labels), len(labels))]
        spans = tuple(np.stack([item[:-1], item[1:]], axis=1).astype(np.float32) for item in edges)
        scored.append(score_utterance(utterance, hypothesis, silent=silent, seconds=seconds, spans=spans))
    score = CorpusScore("list.tsv", "made up", corpus.table, DecodingConfig(), 0.02, tuple(scored), (), 1.0, 1.0)
    confusions = Confusions(score)
    _ = score.evaluation, score.by_speaker, score.by_length, confusions.errors, confusions.phonemes
    return score, confusions


# -- the workflows, in the order in which they build upon one another


def start(stage: Stage) -> None:
    """The window comes up, loads its engine and hears the sample."""
    stage.act(lambda: stage.window.opener.open_at_start([]))
    stage.rest()
    stage.live(1.0)


def open_hour(stage: Stage) -> None:
    """An hour is opened, drawn and heard."""
    stage.open(stage.long)


def look(stage: Stage) -> None:
    """Zooming, panning, hovering, selecting and stepping in the hour."""
    timeline = stage.window.timeline
    for _ in range(12):
        stage.act(lambda: timeline.zoom(2.0))
    stage.trigger(*["later"] * 5, *["next_phoneme"] * 5, "zoom_to_selection", *["zoom_back"] * 6, "fit", "select_shown")
    for x in range(100, 1000, 150):
        for row in timeline.rows[:4]:
            stage.act(lambda row=row, x=x: QTest.mouseMove(row, QPointF(x, row.height() / 2).toPoint()))
    transcript = timeline.transcript
    place = QPointF(400, transcript.height() / 4).toPoint()
    stage.act(lambda: QTest.mouseClick(transcript, Qt.MouseButton.LeftButton, pos=place))
    stage.trigger("clear_selection", "fit")


def decode(stage: Stage) -> None:
    """The beam width and the language model are changed, the transcript spelled otherwise."""
    window = stage.window
    for width in (0, 5, 20, 100, 10):
        before = window.session.result
        stage.act(lambda width=width: window.decoding.set_beam_width(width))
        stage.until(lambda before=before: window.session.result is not before)
        stage.rest()
    for _ in range(10):
        stage.act(lambda: window.decoding.step(1))
    stage.rest()
    stage.act(lambda: window.decoding.set_language_model(0.5, 0.0))
    stage.rest()
    stage.act(lambda: window.decoding.set_language_model(0.0, 0.0))
    for spelling in ("IPA", "Letters", "ARPAbet"):
        stage.act(lambda spelling=spelling: window.decoding.spelling.setCurrentText(spelling))
    stage.trigger("copy_transcript")
    stage.rest()


def frames(stage: Stage) -> None:
    """The table of all frames is shown, scrolled and copied."""
    window = stage.window
    dock = next(item for item in window.findChildren(QDockWidget) if item.isAncestorOf(window.frame_table))
    stage.act(lambda: show_bottom(window, dock))
    stage.live(0.1)
    table = window.frame_table.table
    bar = table.verticalScrollBar()
    for part in (0.1, 0.5, 1.0):
        stage.act(lambda part=part: bar.setValue(round(part * bar.maximum())))
    stage.trigger("zoom_in", "next_phoneme", "next_phoneme", "clear_selection", "fit")
    stage.act(table.selectAll)
    copied: list[int] = []
    window.frame_table.copied.connect(copied.append)
    stage.act(window.frame_table.copy)
    stage.until(lambda: bool(copied))
    for _ in range(6):
        stage.act(lambda: window.timeline.zoom(2.0))
    stage.act(window.timeline.fit)
    stage.act(dock.hide)


def features(stage: Stage) -> None:
    """Other features, colours and themes."""
    window = stage.window
    for kind in ("log-mel", "MFCC"):
        stage.act(lambda kind=kind: window.timeline.set_feature_kind(kind))
        stage.rest()
    stage.act(lambda: window.view_menu.feature_colors.choose("magma"))
    stage.act(lambda: window.view_menu.posterior_colors.choose("viridis"))
    stage.act(lambda: window.view_menu.posterior_colors.choose("classes"))
    for colors in (theme.DARK, theme.LIGHT):
        stage.act(lambda colors=colors: theme.apply(stage.app, colors))
    stage.live(0.1)


def reference(stage: Stage) -> None:
    """The reference of the hour is made from the transcript, edited, undone and saved."""
    window = stage.window
    stage.trigger("start_reference")
    stage.rest()
    stage.trigger("next_reference", "split_phoneme")
    stage.rest()
    stage.trigger("end_later", "start_later", "merge_phonemes")
    stage.rest()
    stage.trigger("delete_phoneme", "next_reference", "previous_reference", "edit_phoneme")
    stage.live(0.1)
    stage.act(lambda: QTest.keyClick(stage.app.focusWidget(), Qt.Key.Key_Escape))
    stage.trigger(*["undo"] * 4)
    stage.rest()
    stage.trigger(*["redo"] * 3, *["undo"] * 4)
    stage.rest()
    stage.trigger("redo")
    stage.rest()
    stage.trigger("fit")
    stage.live(3.0)  # kept against a crash meanwhile
    stage.trigger("save_reference")
    stage.until(lambda: not any(document.modified for document in window.documents))
    stage.live(0.1)


def tabs(stage: Stage) -> None:
    """A second file is opened, and the tabs are changed between it and the hour."""
    stage.open(stage.other)
    for _ in range(4):
        stage.trigger("next_document")
        stage.rest()


def second_file(stage: Stage) -> None:
    """A second file is opened while the hour is heard anew."""
    window = stage.window
    while window.documents.current is None or window.documents.current.source.path != stage.long:
        stage.trigger("next_document")
        stage.rest()
    stage.act(lambda: window.opener.open_path(stage.long))
    stage.live(1.0)
    stage.open(stage.short)


def panels(stage: Stage) -> None:
    """Every panel and dialog comes up for the first time."""
    stage.trigger("show_training")
    stage.live(1.0)
    stage.trigger("show_evaluation")
    stage.live(1.0)
    for name in ("show_shortcuts", "show_about", "compare_with"):
        stage.trigger(name)
        stage.live(0.2)
        stage.act(stage.dialog().close)
    for menu in stage.window.menuBar().actions():
        stage.act(lambda menu=menu: menu.menu().popup(stage.window.pos()))
        stage.act(menu.menu().hide)
    stage.live(0.2)


def export(stage: Stage) -> None:
    """The hour is looked at in the export dialog, in every format, and written."""
    window = stage.window
    if window.session.path != stage.long:
        stage.open(stage.long)
    stage.trigger("export_view")
    stage.live(0.5)
    dialog = window.exports.dialog
    for index in range(dialog.form.format.count()):
        stage.act(lambda index=index: dialog.form.format.setCurrentIndex(index))
        stage.live(0.3)
        stage.until(dialog.export_button.isEnabled)
        stage.act(lambda index=index: dialog.path.setText(str(stage.folder / f"exported{index}")))
        stage.act(dialog.export)
        stage.until(dialog.export_button.isEnabled)
    stage.act(dialog.reject)
    stage.live(0.2)


def play(stage: Stage) -> None:
    """The hour is played, at other speeds too."""
    stage.trigger("play_window", "faster", "slower", "stop_playing", "toggle_loop", "toggle_loop", "normal_speed")
    stage.live(0.3)


def compare(stage: Stage) -> None:
    """The hour is heard a second time in another way."""
    from model.config import DecodingConfig
    from phonegui.comparing import Rival

    window = stage.window
    stage.act(lambda: window.comparison.compare(Rival("", DecodingConfig(beam_width=3))))
    stage.until(lambda: not window.comparison.busy and not window.timeline.busy)
    stage.live(0.2)
    stage.trigger("end_comparison")
    stage.live(0.2)


def corpus(stage: Stage) -> None:
    """A large corpus is opened, sorted and filtered; its utterances are opened."""
    window, library = stage.window, stage.window.desk.library
    stage.act(lambda: library.open_path(stage.list))
    stage.until(lambda: library.corpora.corpus is not None)
    stage.live(0.3)
    panel = window.desk.corpus
    for column in range(panel.model.columnCount()):
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            stage.act(lambda column=column, order=order: panel.table.sortByColumn(column, order))
    for text in ("w", "wo", "words of 1", "zzz", "", "s7", ""):
        stage.act(lambda text=text: panel.filter.setText(text))
    stage.act(panel.table.scrollToBottom)
    stage.act(panel.table.scrollToTop)
    for _ in range(3):
        stage.act(lambda: panel.filter.returnPressed.emit())
        stage.until(lambda: library.corpora.place_of(window.session.shown_source) is not None)
        stage.rest()
        stage.trigger("next_file")
        stage.rest()
    stage.act(panel.transcribe.click)
    stage.until(lambda: len(panel.model.distances) > 40)
    stage.act(library.corpora.cancel)
    stage.live(0.5)
    stage.trigger("write_submission")
    stage.live(0.5)
    stage.act(stage.dialog().close)


def evaluation(stage: Stage) -> None:
    """The score of the large corpus is shown, sorted and filtered; places of errors are listed, a report is written."""
    session, panel = stage.window.evaluation.session, stage.window.evaluation.panel
    score, confusions = made_up_score(stage.window.desk.library.corpora.corpus)
    stage.meter.take()
    stage.trigger("show_evaluation")
    stage.live(0.2)
    stage.act(lambda: session.take(score, confusions))
    stage.live(0.2)
    for index in range(panel.tabs.count()):
        stage.act(lambda index=index: panel.tabs.setCurrentIndex(index))
        for table in panel.tabs.widget(index).findChildren(QTableView):
            for column in range(table.model().columnCount()):
                stage.act(lambda table=table, column=column: table.sortByColumn(column, Qt.SortOrder.AscendingOrder))
    for text in ("w", "words 1", ""):
        stage.act(lambda text=text: panel.utterances.filter.setText(text))
    stage.act(lambda: panel.utterances.table.go_to(3))
    kinds = confusions.errors[:3]
    for kind in kinds:
        stage.act(lambda kind=kind: panel.confusions.show_cell(kind.said, kind.heard))
    label = confusions.phonemes[0].label
    stage.act(lambda: panel.confusions.show_cell(label, label))
    stage.act(lambda: session.take(score, confusions))
    stage.act(lambda: session.write_report(stage.folder))
    stage.until(lambda: not session.busy)
    stage.live(0.2)


def restore(stage: Stage) -> None:
    """The window is closed, and another restores all of it: tabs, the hour, the corpus."""
    window = stage.window
    while window.documents.current is None or window.documents.current.source.path != stage.long:
        stage.trigger("next_document")
        stage.rest()
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.close()  # waits for its threads, and is hidden by then
    stage.make_window()
    stage.act(lambda: stage.window.opener.open_at_start([]))
    stage.until(lambda: stage.window.session.path == stage.long)
    stage.rest()
    stage.until(lambda: stage.window.desk.library.corpora.corpus is not None)
    stage.live(1.0)


WORKFLOWS: dict[str, Callable[[Stage], None]] = {
    "start": start,
    "open an hour": open_hour,
    "look around": look,
    "decode": decode,
    "frame table": frames,
    "features, colours, theme": features,
    "edit the reference": reference,
    "tabs": tabs,
    "second file": second_file,
    "panels": panels,
    "export": export,
    "play": play,
    "compare": compare,
    "corpus": corpus,
    "evaluation": evaluation,
    "restore": restore,
}


def report(name: str, turns: Turns, seconds: float) -> bool:
    """Print a row of the table and what was long; return whether the goal is met."""
    worked, own, wall = turns.longest()
    over = sum(value > MOST_MS for value in turns.own)
    numbers = "".join(f"{value:8.1f}" for value in (turns.percentile(), worked, own, wall))
    print(f"{name:<26}{seconds:7.1f}{len(turns):8}{numbers}{over:6}", flush=True)
    turns.tell_long(TOLD_MS)
    return own <= MOST_MS


def main() -> int:
    """Print the table; the exit status says whether the goal is met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("workflows", nargs="*", help=f"beginnings of: {', '.join(WORKFLOWS)}")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--utterances", type=int, default=20_000)
    options = parser.parse_args()
    chosen = [
        name
        for name in WORKFLOWS
        if name == "start" or not options.workflows or any(name.startswith(word) for word in options.workflows)
    ]
    met = True
    with tempfile.TemporaryDirectory() as name:
        os.environ["PHONEGUI_CACHE"] = str(Path(name) / "cache")
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, name)
        app = application.make_application(["phonegui"])
        print(f"{available_processors()} cores, load {os.getloadavg()[0]:.1f}; milliseconds of the longest turn")
        print(f"{'workflow':<26}{'s':>7}{'turns':>8}{'99 %':>8}{'CPU':>8}{'own':>8}{'clock':>8}{'over':>6}")
        stage = Stage(app, Path(name), options.minutes, options.utterances)
        for name in chosen:
            began = time.monotonic()
            WORKFLOWS[name](stage)
            met = report(name, stage.meter.take(), time.monotonic() - began) and met
        stage.window.close()
        stage.meter.close()
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")
    print(f"goal: no turn over {MOST_MS:.0f} ms of its own: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
