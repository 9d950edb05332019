"""Entry point: the window by default, a subcommand when one is named."""

from __future__ import annotations

import ctypes
import difflib
import importlib.util
import os
import sys
from pathlib import Path

QT_LIBRARIES = (
    "libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 "
    "libxcb-shape0 libdbus-1-3 libfontconfig1 libpulse0"
)
"""Debian's packages that Qt loads and a bare system lacks; the README lists the same."""


def main(arguments: list[str] | None = None) -> int:
    """Run phonegui; return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if problem := _shadowed():
        print(problem, file=sys.stderr)
        return 2
    from phonegui.cli import COMMANDS, run_command

    if arguments and (arguments[0] in COMMANDS or arguments[0].startswith("-")):
        return run_command(arguments)
    if arguments and (problem := _mistyped(arguments[0], COMMANDS)):
        print(problem, file=sys.stderr)
        return 2
    return _run_window(arguments)


def _mistyped(word: str, commands: tuple[str, ...]) -> str | None:
    """Return a sentence when the first word looks like a command and is none: no file, no dot, no folder in it."""
    if Path(word).name != word or "." in word or Path(word).exists():
        return None
    close = difflib.get_close_matches(word, commands, 1)
    hint = f"did you mean {close[0]}?" if close else f"the commands are {', '.join(commands)}."
    return f"phonegui: {word!r} is neither a file nor a command; {hint}"


def _shadowed() -> str | None:
    """Return a sentence when another module named ``model`` hides ours, as a student's own model.py does."""
    # Found, not imported: somebody else's module is not run.
    spec = importlib.util.find_spec("model")
    ours = Path(__file__).resolve().parent.parent / "model" / "__init__.py"
    found = spec.origin if spec is not None else None
    if found is not None and Path(found).resolve() == ours:
        return None
    return (
        f"phonegui found another module named model ({found or 'a folder'}) before its own; start it with the command "
        "phonegui from another folder, or rename that file."
    )


def _run_window(files: list[str]) -> int:
    if sys.platform == "win32":
        import torch  # noqa: F401  (on Windows torch fails to load its libraries once Qt's are loaded)
    try:
        _require_xcb_cursor()
        from phonegui.application import run
    except (ImportError, OSError) as error:
        if ".so" not in str(error):
            raise
        print(
            f"Qt cannot start because a system library is missing ({error}); "
            f"on Debian or Ubuntu: sudo apt-get install -y {QT_LIBRARIES}",
            file=sys.stderr,
        )
        return 2
    return run(files)


def _require_xcb_cursor() -> None:
    """Raise OSError where Qt would end the program: since 6.5 its X11 plugin needs a library few systems have."""
    chosen = os.environ.get("QT_QPA_PLATFORM", "xcb")
    if sys.platform.startswith("linux") and os.environ.get("DISPLAY") and chosen.startswith("xcb"):
        ctypes.CDLL("libxcb-cursor.so.0")


if __name__ == "__main__":
    sys.exit(main())
