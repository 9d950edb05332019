"""Files of the user's: refusing what is none, and writing so that nothing is ever half written."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from model.errors import FileError, reason


def file_size(path: Path, *, wanted: str) -> int:
    """Return the size in bytes of an ordinary file.

    Parameters
    ----------
    wanted
        What should be there, with its article: ``"a recording"``.

    Raises
    ------
    FileError
        The path does not exist, cannot be looked at, or is a folder, a pipe or a device.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise FileError(path, "does not exist; check the name") from None
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its name and permissions") from None
    if stat.S_ISDIR(status.st_mode):
        raise FileError(path, f"is a folder; choose {wanted} inside it")
    if not stat.S_ISREG(status.st_mode):
        raise FileError(path, f"is a pipe or a device; choose {wanted} that is an ordinary file")
    return status.st_size


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits; raise FileError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None


def read_utf8(path: Path, *, wanted: str, most: int) -> str:
    """Return a text file's text, without the mark that some programs put before it.

    Parameters
    ----------
    wanted
        What should be there, with its article.
    most
        Bytes it may have.

    Raises
    ------
    FileError
        The file is missing, too large, cannot be read, or is not UTF-8.
    """
    if file_size(path, wanted=wanted) > most:
        raise FileError(path, f"is too large for {wanted} (over {most >> 20} MB)")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(path, f"is not a text file in UTF-8; give {wanted}") from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({reason(error)}); check its permissions") from None


def require_other(target: str | Path, *sources: str | Path) -> None:
    """Raise FileError when writing `target` would replace one of the files it is made from."""
    target = Path(target)
    for source in map(Path, sources):
        if target.exists() and source.exists() and target.samefile(source):
            raise FileError(target, "is the file to read; name another file to write")


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; when the block ends well, flush the file and rename it to `path`.

    Raises
    ------
    FileError
        The folder cannot be written, the file is write-protected, or the disk is full. What stood at `path` before
        still stands there.
    """
    path = Path(path)
    if os.path.isfile(path) and not os.access(path, os.W_OK):  # renaming would not ask
        raise FileError(path, "is write-protected; choose another place")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part") if path.name else path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made by hand: the files of `tempfile` are private, a result is as readable as any the user makes.
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        mode = stat.S_IMODE(os.fstat(handle).st_mode)
        os.close(handle)
    except (OSError, ValueError) as error:
        raise FileError(path, f"cannot be written ({reason(error)}); choose another place") from None
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(temporary, mode)  # some libraries put a private file of their own in its place
        os.replace(temporary, path)
    except OSError as error:
        raise FileError(path, f"cannot be written ({reason(error)}); free space or choose another place") from None
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file in UTF-8 with line feeds, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
