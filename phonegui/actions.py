"""One table of actions that makes menus and the shortcut sheet."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow


@dataclass(frozen=True)
class ActionSpec:
    """An action: its name in code, where and how it shows, and the method of the window that carries it out.

    Attributes
    ----------
    name
        Name of the action and of the method that carries it out.
    menu, text
        Menu and entry, with mnemonics.
    shortcut
        Key sequence in Qt's portable spelling, empty for none.
    help
        One line for the status tip and the shortcut sheet.
    """

    name: str
    menu: str
    text: str
    shortcut: str
    help: str

    @property
    def plain(self) -> str:
        """The entry without mnemonic and dots."""
        return self.text.replace("&", "").rstrip("…")


ACTIONS = (
    ActionSpec("open_files", "&File", "&Open recording…", "Ctrl+O", "Open a wav, flac, mp3 or ogg recording"),
    ActionSpec("open_corpus", "&File", "Open cor&pus…", "Ctrl+Shift+O", "Open a manifest or a course's arrays"),
    ActionSpec("open_corpus_folder", "&File", "Open corpus &folder…", "", "Open the folder of a corpus"),
    ActionSpec("open_sample", "&File", "Open &sample", "", "Open the bundled sample recording"),
    ActionSpec("open_checkpoint", "&File", "Open &checkpoint…", "Ctrl+K", "Choose the network that listens"),
    ActionSpec("use_bundled_checkpoint", "&File", "Use &bundled checkpoint", "", "Go back to the bundled network"),
    ActionSpec("save_reference", "&File", "Sa&ve reference", "Ctrl+S", "Save the reference as TextGrid beside it"),
    ActionSpec("save_reference_as", "&File", "Save reference &as…", "Ctrl+Shift+S", "Save the reference elsewhere"),
    ActionSpec("write_submission", "&File", "&Write submission…", "", "Transcribe the open corpus for a course's site"),
    ActionSpec("close_document", "&File", "Close &document", "Ctrl+W", "Close the tab"),
    ActionSpec("clear_cache", "&File", "C&lear feature cache", "", "Delete what can be computed again"),
    ActionSpec("export_view", "&File", "&Export…", "Ctrl+Shift+X", "Save a picture, the transcript or the sound"),
    ActionSpec("quit_program", "&File", "&Quit", "Ctrl+Q", "Close the window"),
    ActionSpec("undo", "&Edit", "&Undo", "Ctrl+Z", "Take back the last edit of the reference"),
    ActionSpec("redo", "&Edit", "&Redo", "Ctrl+Shift+Z", "Make the edit again that was taken back"),
    ActionSpec("copy_transcript", "&Edit", "&Copy transcript", "Ctrl+Shift+C", "Copy the phonemes as text"),
    ActionSpec("select_shown", "&Edit", "Select &window", "Ctrl+Shift+A", "Select what the window shows"),
    ActionSpec("clear_selection", "&Edit", "Select &nothing", "Esc", "Let go of the selection"),
    ActionSpec("next_phoneme", "&Edit", "Next &phoneme", "Ctrl+Right", "Select the next phoneme heard"),
    ActionSpec("previous_phoneme", "&Edit", "Pre&vious phoneme", "Ctrl+Left", "Select the phoneme heard before"),
    # Ctrl+I, N and A are Praat's; its Ctrl+O is Open in every other program, so Ctrl+U zooms out.
    ActionSpec("zoom_in", "&View", "Zoom &in", "Ctrl+I", "Show half as long a stretch"),
    ActionSpec("zoom_out", "&View", "Zoom &out", "Ctrl+U", "Show twice as long a stretch"),
    ActionSpec("zoom_to_selection", "&View", "Zoom to &selection", "Ctrl+N", "Show the selected stretch"),
    ActionSpec("fit", "&View", "&Fit", "Ctrl+A", "Show the whole recording"),
    ActionSpec("zoom_back", "&View", "&Back", "Alt+Left", "Show what was shown before"),
    ActionSpec("zoom_forward", "&View", "Fo&rward", "Alt+Right", "Show again what was left by going back"),
    ActionSpec("earlier", "&View", "&Earlier", "Alt+PgUp", "Move half a window towards the start"),
    ActionSpec("later", "&View", "&Later", "Alt+PgDown", "Move half a window towards the end"),
    ActionSpec("go_to_time", "&View", "&Go to time…", "Ctrl+G", "Type a time to go to, or two to select"),
    ActionSpec("toggle_follow", "&View", "Follo&w the playhead", "", "Turn the page where playing leaves the window"),
    ActionSpec("next_file", "&View", "&Next recording", "Alt+Down", "Open the next recording or utterance listed"),
    ActionSpec("previous_file", "&View", "&Previous recording", "Alt+Up", "Open the one listed before"),
    ActionSpec("next_document", "&View", "Next &tab", "Ctrl+PgDown", "Show the next document"),
    ActionSpec("previous_document", "&View", "Pre&vious tab", "Ctrl+PgUp", "Show the document before"),
    ActionSpec("next_pane", "&View", "Ne&xt panel", "F6", "Move the keyboard focus to the next panel"),
    ActionSpec("previous_pane", "&View", "Previous p&anel", "Shift+F6", "Move the keyboard focus to the panel before"),
    # The first three work while the timeline has the focus: elsewhere Tab moves it and Space presses buttons.
    ActionSpec("play_selection", "&Sound", "Play s&election", "Tab", "In the timeline: play the selection, or stop"),
    ActionSpec("play_window", "&Sound", "Play &window", "Shift+Tab", "In the timeline: play what is shown, or stop"),
    ActionSpec("play_pause", "&Sound", "&Play or pause", "Space", "In the timeline: play from the cursor, or pause"),
    ActionSpec("stop_playing", "&Sound", "&Stop", "", "Stop playing; while it plays, Escape does the same"),
    ActionSpec("toggle_loop", "&Sound", "&Loop", "Ctrl+L", "Begin again at the end of what is played"),
    ActionSpec("toggle_click_plays", "&Sound", "Play what is clic&ked", "", "Play a phoneme when it is clicked"),
    ActionSpec("slower", "&Sound", "Slowe&r", "Ctrl+[", "Play a tenth slower, at the same pitch"),
    ActionSpec("faster", "&Sound", "&Faster", "Ctrl+]", "Play a tenth faster, at the same pitch"),
    ActionSpec("normal_speed", "&Sound", "&Normal speed", "Ctrl+0", "Play as fast as it was recorded"),
    ActionSpec("record", "&Sound", "Re&cord", "Ctrl+R", "Record from the microphone, or end the recording and open it"),
    ActionSpec(
        "start_reference", "&Reference", "&Start from the transcript", "Ctrl+Shift+T", "Take the phonemes heard"
    ),
    ActionSpec("open_reference", "&Reference", "&Open reference…", "", "Take the phonemes in a TextGrid, .phn or .txt"),
    ActionSpec("next_reference", "&Reference", "&Next phoneme", "Ctrl+Alt+Right", "Select the next reference phoneme"),
    ActionSpec("previous_reference", "&Reference", "&Previous phoneme", "Ctrl+Alt+Left", "Select the one before"),
    ActionSpec("edit_phoneme", "&Reference", "&Correct phoneme", "F2", "Type another phoneme (Enter in the timeline)"),
    ActionSpec("split_phoneme", "&Reference", "Split p&honeme", "Ctrl+D", "Cut it where the selection begins"),
    ActionSpec("merge_phonemes", "&Reference", "&Merge with next", "Ctrl+M", "Join the phoneme with the next"),
    ActionSpec("insert_phoneme", "&Reference", "&Insert phoneme", "Ctrl+Ins", "Fill the selected gap"),
    ActionSpec("delete_phoneme", "&Reference", "&Delete phoneme", "Ctrl+Del", "Take the phoneme out"),
    ActionSpec("start_earlier", "&Reference", "Start &earlier", "Ctrl+Alt+Shift+Left", "Move the start by 5 ms"),
    ActionSpec("start_later", "&Reference", "Start &later", "Ctrl+Alt+Shift+Right", "Move the start by 5 ms"),
    ActionSpec("end_earlier", "&Reference", "End e&arlier", "Alt+Shift+Left", "Move the end by 5 ms"),
    ActionSpec("end_later", "&Reference", "End la&ter", "Alt+Shift+Right", "Move the end by 5 ms"),
    ActionSpec("wider_beam", "&Decode", "&Wider beam", "Ctrl+Up", "Keep more prefixes"),
    ActionSpec("narrower_beam", "&Decode", "&Narrower beam", "Ctrl+Down", "Keep fewer prefixes"),
    ActionSpec("reset_decoding", "&Decode", "De&fault settings", "", "Decode as at the first start"),
    ActionSpec("show_evaluation", "&Decode", "Show &evaluation", "Ctrl+E", "Show the evaluation panel"),
    ActionSpec("evaluate_corpus", "&Decode", "E&valuate corpus", "Ctrl+Shift+E", "Score the corpus chosen there"),
    ActionSpec("compare_with", "&Decode", "&Compare with…", "Ctrl+Shift+K", "Hear it with another checkpoint as well"),
    ActionSpec("end_comparison", "&Decode", "En&d comparison", "", "Take the second transcript away"),
    ActionSpec("show_training", "&Train", "Show &training", "Ctrl+T", "Show the training panel"),
    ActionSpec("start_training", "&Train", "&Start", "Ctrl+Shift+Return", "Train the network that is set up"),
    ActionSpec("pause_training", "&Train", "&Pause or resume", "Ctrl+Shift+P", "Hold the training, or go on with it"),
    ActionSpec("stop_training", "&Train", "Stop and &keep", "", "End the training; what was learned is kept"),
    ActionSpec("use_trained_checkpoint", "&Train", "&Use this checkpoint", "", "Hear with the best checkpoint so far"),
    ActionSpec("copy_training_command", "&Train", "&Copy as command", "", "Copy the command line of the same run"),
    ActionSpec("show_shortcuts", "&Help", "Keyboard &shortcuts", "F1", "Show every shortcut, and choose others"),
    ActionSpec("show_about", "&Help", "&About phonegui", "", "Show versions and the checkpoint"),
)


def install_actions(window: QMainWindow, *targets: QObject) -> dict[str, QAction]:
    """Make every action of the table, put it into the window's menus, and connect it to the method of its name.

    Parameters
    ----------
    window
        Has the menus, and the methods that none of the targets has.
    targets
        Objects whose methods carry out actions.
    """
    actions: dict[str, QAction] = {}
    menus = {}
    for spec in ACTIONS:
        if spec.menu not in menus:
            menus[spec.menu] = window.menuBar().addMenu(spec.menu)
        action = QAction(spec.text, window)
        action.setObjectName(spec.name)
        action.setStatusTip(spec.help)
        if spec.shortcut:
            action.setShortcut(QKeySequence(spec.shortcut))
        plain = spec.plain
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{plain} ({keys})" if keys else plain)
        target = next((item for item in targets if hasattr(item, spec.name)), window)
        action.triggered.connect(getattr(target, spec.name))
        menus[spec.menu].addAction(action)
        actions[spec.name] = action
    return actions
