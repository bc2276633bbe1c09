"""Tables of what is known of pictures, joined to them by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from aekeras import images, metadata
from aekeras.errors import InputError
from aekeras.places import FACTORS


def table(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FACTORS).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_rows_are_known_by_the_absolute_path_of_their_picture(tmp_path: Path) -> None:
    folder = table(tmp_path, "path,color,shape\ncat.png,ginger,cat\nsub/dog.png,blue,dog\n")
    assert metadata.read([folder]) == {
        tmp_path / "cat.png": {"color": "ginger", "shape": "cat"},
        tmp_path / "sub" / "dog.png": {"color": "blue", "shape": "dog"},
    }


def test_the_column_path_may_stand_anywhere_and_fields_may_be_quoted(tmp_path: Path) -> None:
    folder = table(tmp_path, 'note,path\r\n"a ""cat"", gray","my, cat.png"\r\n')
    assert metadata.read([folder]) == {tmp_path / "my, cat.png": {"note": 'a "cat", gray'}}


def test_a_table_that_a_spreadsheet_saved_is_read(tmp_path: Path) -> None:
    folder = table(tmp_path, "\ufeffpath,größe\nkatze.png,groß\n")
    assert metadata.read([folder]) == {tmp_path / "katze.png": {"größe": "groß"}}


def test_short_rows_are_filled_and_what_has_no_column_is_left_out(tmp_path: Path) -> None:
    folder = table(tmp_path, "path,color,\na.png\nb.png,red,x,y,z\n")
    assert metadata.read([folder]) == {tmp_path / "a.png": {"color": ""}, tmp_path / "b.png": {"color": "red"}}


def test_several_folders_are_read_and_those_without_a_table_passed_over(tmp_path: Path) -> None:
    first, second = table(tmp_path / "1", "path,n\na.png,1\n"), table(tmp_path / "2", "path,n\na.png,2\n")
    (tmp_path / "3").mkdir()
    found = metadata.read([first, tmp_path / "3", second])
    assert found == {first / "a.png": {"n": "1"}, second / "a.png": {"n": "2"}}
    assert metadata.read([]) == {}


@pytest.mark.parametrize("named", [".", "../here", "../here/../here", "./"])
@pytest.mark.parametrize("row", ["a.png", "./a.png", "sub/../a.png"])
def test_rows_find_the_pictures_of_a_folder_however_it_is_named(
    named: str, row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = table(tmp_path / "here", f"path,n\n{row},1\n")
    (here / "a.png").write_bytes(b"")
    monkeypatch.chdir(here)
    (picture,) = images.find([Path(named)])
    assert metadata.read([Path(named)]) == {picture: {"n": "1"}}


@pytest.mark.parametrize(
    ("text", "received"),
    [("file,color\na.png,red\n", r"\['file', 'color'\]"), ("", "None")],
)
def test_a_table_without_a_column_path_is_refused(
    text: str, received: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = table(tmp_path / "photos", text)
    expected = (
        rf"^Expected a column `path` in photos/factors\.csv\. Received: {received}\. Add it, or rename the file\.$"
    )
    with pytest.raises(InputError, match=expected):
        metadata.read([folder])


@pytest.mark.parametrize("text", [b"path\n\xff\xfe\x00\n", b"path,note\na.png," + b"x" * 200_000 + b"\n"])
def test_a_table_that_is_not_one_of_text_is_refused(text: bytes, tmp_path: Path) -> None:
    expected = r"^Expected a table of text in .*factors\.csv\. Received: .+\. Mend it, or rename the file\.$"
    with pytest.raises(InputError, match=expected):
        metadata.read([table(tmp_path, text)])
