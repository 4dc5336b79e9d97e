"""One file out of an artifact's zip, which the job that ran a fork's code made: hostile until it is read."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib

# Artifacts of ours hold a review and perhaps a SARIF file or two.
MOST_ENTRIES = 16
LARGEST_ARCHIVE = 16 * 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class ArtifactError(ValueError):
    """The artifact is not one that we made; the message is a sentence and quotes nothing of it."""


def member(archive: bytes, name: str, *, largest: int) -> bytes:
    """Return the content of the entry *name*, of at most *largest* bytes. Raises ``ArtifactError``.

    Nothing is written to disk, and no more than *largest* bytes are ever unpacked. One entry that has no business
    in an artifact of ours (a path, a link, a second one of the same name) condemns the whole.
    """
    if len(archive) > LARGEST_ARCHIVE:
        raise ArtifactError(f"The artifact is larger than {LARGEST_ARCHIVE:,} bytes.")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return _content(opened, _entry(opened, name, largest), largest)
    except ArtifactError:
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, EOFError, OSError):
        raise ArtifactError("The artifact is no zip file that can be read.") from None


def _entry(opened: zipfile.ZipFile, name: str, largest: int) -> zipfile.ZipInfo:
    entries = opened.infolist()
    if len(entries) > MOST_ENTRIES:
        raise ArtifactError(f"The artifact holds {len(entries):,} entries; ours hold {MOST_ENTRIES} at most.")
    for entry in entries:
        if problem := _problem(entry):
            raise ArtifactError(f"The artifact holds an entry that {problem}.")
    named = [entry for entry in entries if entry.filename == name]
    if len(named) != 1:
        raise ArtifactError(f"The artifact holds {len(named)} files named {name}; it must hold one.")
    if named[0].file_size > largest:
        raise ArtifactError(f"{name} unpacks to {named[0].file_size:,} bytes; at most {largest:,} are read.")
    return named[0]


def _problem(entry: zipfile.ZipInfo) -> str | None:
    # zipfile cuts names at a NUL and turns the platform's separators: orig_filename is what the archive says.
    name = entry.orig_filename
    if any(sign in name for sign in "/\\:\0") or name in ("", ".", ".."):
        return "names a path and not a file"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is no file"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return None if entry.compress_type in _METHODS else "is packed in an unusual way"


def _content(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, largest: int) -> bytes:
    with opened.open(entry) as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise ArtifactError(f"The artifact unpacks to more than it says; at most {largest:,} bytes are read.")
    return content
