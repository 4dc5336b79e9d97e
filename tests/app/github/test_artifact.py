"""What may be in an artifact that somebody else made."""

from __future__ import annotations

import io
import stat
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.artifact import LARGEST_ARCHIVE, MOST_ENTRIES, ArtifactError, member
from tests.app.github.conftest import zipped

NAME = "review.json"


def read(archive: bytes, largest: int = 1000) -> bytes:
    return member(archive, NAME, largest=largest)


def refused(archive: bytes, largest: int = 1000) -> str:
    with pytest.raises(ArtifactError) as error:
        read(archive, largest)
    return str(error.value)


def entry(name: str = NAME, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    return made


def with_entry(info: zipfile.ZipInfo, content: bytes = b"{}") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(info, content)
    return made.getvalue()


def test_a_plain_artifact_is_read() -> None:
    assert read(zipped({"exogate.sarif": b"x", NAME: b"{}"})) == b"{}"


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = zipped({NAME: b"\0" * 50_000_000})
    assert len(bomb) < 100_000
    assert "unpacks to 50,000,000 bytes" in refused(bomb)


def test_a_zip_bomb_that_understates_its_size_is_not_unpacked() -> None:
    bomb = bytearray(zipped({NAME: b"\0" * 50_000_000}))
    central = bomb.rindex(b"PK\x01\x02")
    for at in (22, central + 24):  # the uncompressed size in the local and in the central header
        struct.pack_into("<I", bomb, at, 10)
    tracemalloc.start()
    try:
        assert refused(bytes(bomb))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "name",
    [
        "../review.json", "/etc/passwd", "a/review.json", "..\\review.json", "C:review.json", "review.json\0.txt",
        "..", "./review.json", "dir/",
    ],
)  # fmt: skip
def test_a_name_that_is_a_path_condemns_the_whole(name: str) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(NAME, "{}")
        archive.writestr(name.replace("\0", "?"), "x")
    archive_bytes = made.getvalue().replace(name.replace("\0", "?").encode(), name.encode())
    assert "names a path" in refused(archive_bytes)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_what_is_no_file_is_refused(mode: int) -> None:
    assert "is no file" in refused(with_entry(entry(mode=mode | 0o777)))


def test_two_files_of_the_name_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, pytest.warns(UserWarning):
        archive.writestr(NAME, "{}")
        archive.writestr(NAME, "[]")
    assert "2 files named" in refused(made.getvalue())


def test_no_file_of_the_name_is_refused() -> None:
    assert "0 files named" in refused(zipped({"other.json": b"{}"}))


def test_too_many_entries_are_refused() -> None:
    assert "entries" in refused(zipped({f"{n}": b"" for n in range(MOST_ENTRIES + 1)}))


def test_an_encrypted_entry_is_refused() -> None:
    archive = bytearray(with_entry(entry()))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", archive, archive.index(mark) + at, 1)
    assert "encrypted" in refused(bytes(archive))


def test_an_unusual_method_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(NAME, "{}")
    assert "unusual" in refused(made.getvalue())


def test_a_wrong_checksum_is_refused() -> None:
    archive = with_entry(entry(), b"aaaa")
    assert "no zip file" in refused(archive.replace(b"aaaa", b"bbbb"))


def test_a_large_archive_is_refused() -> None:
    assert "larger than" in refused(b"\0" * (LARGEST_ARCHIVE + 1))


def test_what_is_no_zip_is_refused() -> None:
    for content in (b"", b"<html>", b"PK\x05\x06", zipped({NAME: b"{}"})[:-30]):
        assert refused(content)


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 255))
def test_any_bytes_are_read_or_refused(junk: bytes, at: int, byte: int) -> None:
    archive = bytearray(zipped({NAME: b"{" + junk[:50] + b"}", "more": junk}))
    archive[at % len(archive)] = byte
    for content in (junk, bytes(archive)):
        try:
            assert len(read(content)) <= 1000
        except ArtifactError as error:
            assert str(error).endswith(".")
