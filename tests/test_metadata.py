"""What is known of pictures besides their pixels: tables joined to them by path, and sidecars beside them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from aekeras import images, metadata
from aekeras.errors import InputError, MissingError
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


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_tables_are_read_as_the_spreadsheets_of_many_countries_write_them(
    separator: str, end: str, mark: str, tmp_path: Path
) -> None:
    lines = [
        ("note", " path ", "hue"),
        ('"one, two; ""three""\tfour"', '"a, b;c.png"', '"3,5"'),
        ('"5\n6"', "d.png", ""),
    ]
    folder = table(tmp_path, mark + "".join(separator.join(line) + end for line in lines))
    assert metadata.read([folder]) == {
        tmp_path / "a, b;c.png": {"note": 'one, two; "three"\tfour', "hue": "3,5"},
        tmp_path / "d.png": {"note": "5\n6", "hue": ""},
    }


def test_names_of_columns_may_hold_what_parts_columns_elsewhere(tmp_path: Path) -> None:
    assert metadata.read([table(tmp_path, "a;b,path\n1;2,x.png\n")]) == {tmp_path / "x.png": {"a;b": "1;2"}}


def pictures(folder: Path, *names: str) -> list[str]:
    """Files that only seem to be pictures: nobody looks inside."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return [str(folder / name) for name in names]


def sidecar(picture: str, content: object) -> None:
    Path(f"{picture}.json").write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def collected(paths: Sequence[str], folders: Sequence[Path] = (), tables: Sequence[Path] = ()) -> dict[str, dict]:
    """What is known, where everything could be read."""
    known, unread = metadata.collect(paths, folders, tables)
    assert not unread
    return known


def test_tables_win_over_sidecars_and_sidecars_over_the_folders_table_key_by_key(tmp_path: Path) -> None:
    paths = pictures(tmp_path, "a.png", "b.png", "sub/c.png")
    table(tmp_path, "path,one,two,three,four\na.png,f,f,f,f\nsub/c.png,f,f,,\nother.png,f,f,f,f\n")
    sidecar(paths[0], {"two": "s", "three": "s", "four": "s"})
    for name, text in {"1": "path,three,four\na.png,1,1\nb.png,1,1\n", "2": "path,four\na.png,2\nb.png,\n"}.items():
        (tmp_path / name).write_text(text)
    assert collected(paths, [tmp_path], [tmp_path / "1", tmp_path / "2"]) == {
        paths[0]: {"one": "f", "two": "s", "three": "1", "four": "2"},
        paths[1]: {"three": "1", "four": "1"},
        paths[2]: {"one": "f", "two": "f"},
    }


def test_pictures_of_which_nothing_is_known_are_left_out(tmp_path: Path) -> None:
    paths = pictures(tmp_path, "a.png", "b.png")
    table(tmp_path, "path,label\na.png,\n")
    sidecar(paths[1], {})
    assert collected(paths, [tmp_path]) == {}
    assert collected([], [tmp_path], [tmp_path / FACTORS]) == {}


def test_a_named_table_lies_anywhere_and_names_pictures_from_its_folder(tmp_path: Path) -> None:
    paths = pictures(tmp_path, "photos/a.png", "photos/b.png")
    labels = tmp_path / "tables" / "labels.csv"
    labels.parent.mkdir()
    labels.write_text(f"path,label\n../photos/a.png,cat\n{paths[1]},dog\n")
    assert collected(paths, tables=[labels]) == {paths[0]: {"label": "cat"}, paths[1]: {"label": "dog"}}


def test_a_named_table_may_name_pictures_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = pictures(tmp_path, "photos/a.png", "photos/b.png")
    labels = tmp_path / "tables" / "labels.csv"
    labels.parent.mkdir()
    labels.write_text("path,label\nphotos/a.png,cat\n")
    monkeypatch.chdir(tmp_path)
    assert collected(paths, tables=[Path("tables/labels.csv")]) == {paths[0]: {"label": "cat"}}


@pytest.mark.parametrize(
    ("text", "received"),
    [("path,n\nx.png,1\ny.png,2\n", "2 others, such as 'x.png'"), ("path,n\n", "no rows")],
)
def test_a_named_table_that_fits_no_picture_is_refused(
    text: str, received: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = pictures(tmp_path, "photos/b.png", "photos/a.png")
    Path("labels.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        metadata.collect(paths, [], [Path("labels.csv")])
    assert str(caught.value) == (
        f"Expected paths of the pictures in labels.csv, such as photos/a.png. Received: {received}. "
        "Write paths relative to the folder of labels.csv."
    )


def test_a_named_table_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"^Expected a table in .*none\.csv\. Found none\."):
        metadata.collect(pictures(tmp_path, "a.png"), [tmp_path], [tmp_path / "none.csv"])


def test_values_of_sidecars_become_text(tmp_path: Path) -> None:
    (path,) = pictures(tmp_path, "a.png")
    sidecar(
        path,
        """\ufeff{"text": "Ünï", " count ": 12345678901234567890, "share": 1.10, "far": 1e400, "yes": true, "no": false,
        "nothing": null, "empty": "", "tags": ["red", 2, true, null], "none": []}""",
    )
    assert collected([path]) == {
        path: {
            "text": "Ünï",
            "count": "12345678901234567890",
            "share": "1.10",
            "far": "1e400",
            "yes": "true",
            "no": "false",
            "tags": "red, 2, true",
        }
    }


def test_a_sidecar_of_the_whole_name_goes_before_one_of_the_stem(tmp_path: Path) -> None:
    paths = pictures(tmp_path, "cat.png", "cat.jpg", "dog.tar.png", "bird.png")
    sidecar(paths[0], {"of": "cat.png"})
    for stem in ("cat", "dog.tar", "dog", "nobody"):
        (tmp_path / f"{stem}.json").write_text(json.dumps({"of": stem}))
    assert collected(paths) == {paths[0]: {"of": "cat.png"}, paths[1]: {"of": "cat"}, paths[2]: {"of": "dog.tar"}}


def test_only_files_of_the_picture_s_own_folder_are_its_sidecars(tmp_path: Path) -> None:
    paths = pictures(tmp_path, "a.png", "sub/b.png")
    sidecar(str(tmp_path / "b.png"), {"n": 1})
    Path(f"{paths[0]}.json").mkdir()
    assert collected(paths) == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
def test_a_pipe_is_no_sidecar(tmp_path: Path) -> None:
    (path,) = pictures(tmp_path, "a.png")
    os.mkfifo(f"{path}.json")
    assert collected([path]) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"a": 1', "it is not JSON: Expecting ',' delimiter: line 1 column 8 (char 7)"),
        (b'{"a": "\xff"}', "it is not text in UTF-8"),
        ('{"a": "\\ud800"}', "it is not text in UTF-8"),
        ("[1, 2]", "it is not a JSON object"),
        ('{"annotations": [{"id": 1}]}', "it is not flat: 'annotations' holds objects or lists"),
        ('{"info": {}}', "it is not flat: 'info' holds objects or lists"),
        ('{"a": [[1]]}', "it is not flat: 'a' holds objects or lists"),
        ('{"a": ' + "[" * 100_000, "it is not flat"),
        ('{" path ": "x"}', "it has the key ' path '; a key is a name other than `path`"),
        ('{" ": "x"}', "it has the key ' '; a key is a name other than `path`"),
        ('{"a": "' + "x" * 1_000_000 + '"}', "it has more than 1,000,000 bytes"),
    ],
)
def test_a_broken_sidecar_is_told_of_and_stops_nothing(content: str | bytes, reason: str, tmp_path: Path) -> None:
    paths = pictures(tmp_path, "a.png", "b.png", "b.jpg", "c.png")
    broken = tmp_path / "b.json"
    broken.write_bytes(content if isinstance(content, bytes) else content.encode())
    sidecar(paths[0], {"n": 1})
    sidecar(paths[3], {"n": 3})
    known, unread = metadata.collect(paths, [])
    assert known == {paths[0]: {"n": "1"}, paths[3]: {"n": "3"}}
    assert unread == [(str(broken), reason)]


@pytest.mark.skipif(sys.platform == "win32", reason="links need permissions there")
def test_a_sidecar_that_leads_nowhere_is_none(tmp_path: Path) -> None:
    (path,) = pictures(tmp_path, "a.png")
    Path(f"{path}.json").symlink_to(tmp_path / "gone")
    assert collected([path]) == {}


def test_a_folder_that_is_gone_is_told_of(tmp_path: Path) -> None:
    there, gone = *pictures(tmp_path, "a.png"), str(tmp_path / "gone" / "b.png")
    sidecar(there, {"n": 1})
    known, unread = metadata.collect([there, gone], [])
    assert known == {there: {"n": "1"}}
    assert unread == [(str(tmp_path / "gone"), os.strerror(2))]


@pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode there")
def test_pictures_whose_names_are_not_unicode_have_sidecars(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")
    Path(path).write_bytes(b"")
    sidecar(path, {"n": 1})
    assert collected([path]) == {path: {"n": "1"}}
