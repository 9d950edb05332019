from collections import Counter

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow

from phonegui.actions import ACTIONS, install_actions
from phonegui.comparison_desk import ComparisonDesk
from phonegui.evaluation_desk import EvaluationDesk
from phonegui.exports import Exports
from phonegui.go_to import GoTo
from phonegui.keeper import Keeper
from phonegui.library import Library
from phonegui.main_window import MainWindow
from phonegui.opening import Opener
from phonegui.playback import Playback
from phonegui.recording import Recording
from phonegui.reference_editor import ReferenceEditor
from phonegui.reference_opening import ReferenceOpener
from phonegui.training_desk import TrainingDesk
from phonegui.views.commands import ViewCommands

CARRIERS = (
    Opener,
    ViewCommands,
    Playback,
    Recording,
    Exports,
    TrainingDesk,
    Library,
    ReferenceEditor,
    Keeper,
    EvaluationDesk,
    ComparisonDesk,
    GoTo,
    ReferenceOpener,
    MainWindow,
)


def test_every_action_has_a_method_and_help():
    for spec in ACTIONS:
        assert any(callable(getattr(kind, spec.name, None)) for kind in CARRIERS), spec.name
        assert spec.help


def test_names_and_shortcuts_differ_and_are_valid():
    assert max(Counter(spec.name for spec in ACTIONS).values()) == 1
    keys = [spec.shortcut for spec in ACTIONS if spec.shortcut]
    assert len(set(keys)) == len(keys)
    assert all(QKeySequence(key).toString() for key in keys)


def test_mnemonics_differ_within_a_menu():
    taken = Counter((spec.menu, spec.text[spec.text.index("&") + 1].lower()) for spec in ACTIONS)
    assert max(taken.values()) == 1


def test_actions_call_the_method_of_their_name(qtbot):
    called = []

    class Window(QMainWindow):
        def __getattr__(self, name):
            if name in {spec.name for spec in ACTIONS}:
                return lambda *_: called.append(name)
            raise AttributeError(name)

    window = Window()
    qtbot.addWidget(window)
    actions = install_actions(window)
    for action in actions.values():
        action.trigger()
    assert called == [spec.name for spec in ACTIONS]
