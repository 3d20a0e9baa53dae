"""The entries of a tar or zip, in one shape, and every way in which either can be damaged as one error.

Python's `tarfile` takes a damaged header for the end of the archive, and an archive cut off between two entries for a
whole one; here both are errors.
"""

from __future__ import annotations

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final, Literal, Self

from inpaintbench.errors import DownloadError

Kind = Literal["file", "folder", "link", "hard link"]
Content = Callable[[], IO[bytes]]
"""Opens the content of an entry, until the next one is drawn."""

_Tar = Literal["r:", "r:gz", "r:bz2", "r:xz"]
_MAGIC: Final[dict[bytes, _Tar | Literal["zip"]]] = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # an empty one
    b"\x1f\x8b": "r:gz",
    b"BZh": "r:bz2",
    b"\xfd7zXZ\0": "r:xz",
}
_LONGEST: Final = 1 << 20  # bytes of a name; a header could ask for any amount of memory
_LONG_HEADERS: Final = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an archive.

    Attributes:
        name: as the archive has it, not to be trusted.
        kind: what it is.
        size: bytes of a file that it says to hold; 0 for what is no file.
        target: where a link leads, as the archive has it; not to be trusted.
    """

    name: str
    kind: Kind
    size: int = 0
    target: str = ""


def entries(archive: Path) -> Generator[tuple[Entry, Content], None, None]:
    """Yield each entry, with what opens its content.

    Raises:
        DownloadError: if the file cannot be read, is no archive, is damaged or cut short, is encrypted, or holds
            what is neither file nor folder nor link.
    """
    with damage(archive):
        kind = _sniff(archive)
        yield from _in_zip(archive) if kind == "zip" else _in_tar(archive, kind)


@contextmanager
def damage(archive: Path) -> Iterator[None]:
    """Turn whatever the standard library raises on a damaged archive into a `DownloadError`."""
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
        raise DownloadError(f"{archive} is damaged or cut short: {error}", "Remove it and fetch it again.") from error
    except NotImplementedError as error:
        raise DownloadError(f"{archive} cannot be read: {error}", "Unpack it by hand.") from error
    except OSError as error:
        if error.errno is None:  # gzip's and bz2's word for damaged data
            raise DownloadError(f"{archive} is damaged: {error}", "Remove it and fetch it again.") from error
        raise DownloadError(f"{archive} cannot be read: {error.strerror}") from error


def _sniff(archive: Path) -> _Tar | Literal["zip"]:
    with archive.open("rb") as file:
        start = file.read(tarfile.BLOCKSIZE)
    for magic, kind in _MAGIC.items():
        if start.startswith(magic):
            return kind
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
        pass  # a tar that holds nothing
    except tarfile.HeaderError:
        page = start.lstrip().lower().startswith((b"<!doctype", b"<html"))
        what = "a web page, as servers send that ask for something first" if page else "neither a tar nor a zip"
        raise DownloadError(f"{archive} is {what}", "Remove it and fetch it in a browser.") from None
    return "r:"


class _StrictInfo(tarfile.TarInfo):
    """A header of a tar that is an error where it is damaged, rather than the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        found = super().frombuf(buf, encoding, errors)
        if found.size < 0 or (found.type in _LONG_HEADERS and found.size > _LONGEST):
            raise tarfile.HeaderError("it has a header of an absurd size")
        return found

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        return cls._read(tarfile)  # where the module is not hidden by the parameter of its name

    @classmethod
    def _read(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise  # the mark at the end
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error


def _in_tar(archive: Path, mode: _Tar) -> Iterator[tuple[Entry, Content]]:
    last = -1
    with tarfile.open(archive, mode, tarinfo=_StrictInfo) as tar:
        while (member := tar.next()) is not None:
            tar.members = []  # type: ignore[attr-defined]  # else it keeps all it has read
            if member.size < 0 or member.offset <= last:
                raise tarfile.ReadError("its headers lead backwards")
            last = member.offset
            yield _of_tar(archive, member), partial(_open_member, tar, member)
        while tar.fileobj.read(1 << 20):  # to its end, where a compressed one has its checksum
            pass


def _open_member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:
        raise tarfile.ReadError(f"{member.name!r} has no content")
    return content


def _of_tar(archive: Path, member: tarfile.TarInfo) -> Entry:
    if member.isreg():
        return Entry(member.name, "file", size=member.size)
    if member.isdir():
        return Entry(member.name, "folder")
    if member.issym():
        return Entry(member.name, "link", target=member.linkname)
    if member.islnk():
        return Entry(member.name, "hard link", target=member.linkname)
    raise _strange(archive, member.name)


def _in_zip(archive: Path) -> Iterator[tuple[Entry, Content]]:
    with zipfile.ZipFile(archive) as found:
        for info in found.infolist():
            if info.flag_bits & 1:
                raise DownloadError(f"{archive} is encrypted", "Unpack it by hand, with its password.")
            if "\0" in info.orig_filename:
                raise zipfile.BadZipFile(f"{info.orig_filename!r} cannot be a name")
            yield _of_zip(archive, found, info), partial(found.open, info)


def _of_zip(archive: Path, found: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    name = _name_in_zip(info)
    kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where no Unix has packed it
    if kind == stat.S_IFLNK:
        with found.open(info) as content:
            return Entry(name, "link", target=content.read(_LONGEST).decode())
    if info.is_dir():
        return Entry(name, "folder")
    if kind in (0, stat.S_IFREG):
        return Entry(name, "file", size=info.file_size)
    raise _strange(archive, name)


def _name_in_zip(info: zipfile.ZipInfo) -> str:
    """Return a name as it was meant: the program `zip` writes UTF-8 without saying so, which reads as code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _strange(archive: Path, name: str) -> DownloadError:
    return DownloadError(
        f"{archive} is not unpacked: {name!r} is neither file nor folder nor link", "Nothing has been written."
    )
