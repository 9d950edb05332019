from phonegui.documents import Documents
from phonegui.file_names import told_apart
from phonegui.panels.document_tabs import DocumentTabs
from phonegui.panels.recent_menu import RecentMenu
from phonegui.session import Session
from phonegui.settings import Remembered
from phonegui.sources import Source


def test_only_names_that_are_alike_have_their_folders():
    paths = ["/a/x/one.wav", "/b/x/one.wav", "/a/two.wav", "/one.wav"]
    assert told_apart(paths) == ["one.wav  (a/x)", "one.wav  (b/x)", "two.wav", "one.wav  (/)"]
    assert told_apart(["/a/one.wav", "/a/one.wav"]) == ["one.wav", "one.wav"]
    assert told_apart([]) == []


def test_recent_recordings_and_tabs_are_told_apart(qtbot):
    settings = Remembered()
    for path in ("/a/R&B.wav", "/a/one.wav", "/b/one.wav"):
        settings.add_recent(path)
    menu = RecentMenu(settings)
    qtbot.addWidget(menu)
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()[:3]] == ["one.wav  (b)", "one.wav  (a)", "R&&B.wav"]
    session = Session()
    documents = Documents(session)
    tabs = DocumentTabs(documents)
    qtbot.addWidget(tabs)
    for path in ("/a/one.wav", "/b/one.wav", "/b/R&B.wav"):
        documents.add(Source(path))
    assert [tabs.tabText(i) for i in range(3)] == ["one.wav  (a)", "one.wav  (b)", "R&&B.wav"]
    session.close()
