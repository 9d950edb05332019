import re
from pathlib import Path

from phonegui.__main__ import QT_LIBRARIES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_picture_and_file_it_names_is_there():
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]
    assert links
    for target in links:
        assert (ROOT / target).exists(), target


def test_nothing_is_left_to_be_filled_in():
    assert "@@" not in README and "TODO" not in README


def test_it_lists_the_same_system_libraries_as_the_program():
    [listed] = re.findall(r"^sudo apt-get install -y (.+)$", README, flags=re.M)
    assert listed.split() == QT_LIBRARIES.split()


def test_every_benchmark_it_names_is_there():
    for module in re.findall(r"python -m (tests[\w.]+)", README):
        assert (ROOT / (module.replace(".", "/") + ".py")).exists(), module


def test_the_wheel_carries_what_the_program_reads():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for source, target in re.findall(r'^"(resources/[^"]+)" = "phonegui/_resources/([^"]+)"$', text, flags=re.M):
        assert (ROOT / source).exists()
        assert source == f"resources/{target}"
