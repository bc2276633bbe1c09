"""Indexes brought up to date with files, several at once: each file is read once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aekeras import images, metadata
from aekeras.artefacts import shown_path
from aekeras.errors import InputError, MissingError
from aekeras.images import Unreadable
from aekeras.index.answers import Changes
from aekeras.index.filling import Target, committed, fill
from aekeras.index.planning import FileStates, Plan, below, planned
from aekeras.progress import Progress
from aekeras.store import Change, Store, changing

if TYPE_CHECKING:
    from aekeras.index.collection import Index

_NAMED = 5  # files in a warning


@dataclass(frozen=True, kw_only=True)
class Update:
    """What indexes are to be brought up to date with.

    Attributes:
        sources: Pictures, and folders of them.
        tables: CSV files of what is known of pictures.
        drop: What is gone from the sources goes from the indexes.
        dry_run: Only say what would be done.
    """

    sources: tuple[Path, ...]
    tables: tuple[Path, ...] = ()
    drop: bool = False
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files as they are, and what is known of them."""

    states: FileStates
    facts: dict[str, dict[str, str]]


def gathered_files(sources: Sequence[Path], tables: Sequence[Path], progress: Progress) -> Files:
    """The pictures of the sources, and what is known of them besides their pixels.

    Raises:
        MissingError: A source or a table does not exist.
        InputError: A folder without pictures, or a damaged table.
    """
    states = images.scan(sources)
    facts, unread = metadata.collect(list(states), [source for source in sources if source.is_dir()], tables)
    if unread:
        progress.warn(_some("unreadable sidecar", [(Path(path), reason) for path, reason in unread]))
    return Files(states=states, facts=facts)


def updated(indexes: Sequence[Index], update: Update, progress: Progress) -> list[Changes]:
    """Brings indexes up to date; what each had to do, or would have.

    Raises:
        MissingError: A source does not exist, or a model is gone.
        InputError: A folder without pictures, or a damaged table.
        StorageError: Another process is changing an index, or the disk is full.
    """
    gone_below = update.sources if update.drop else ()
    if update.dry_run:
        files = gathered_files(update.sources, update.tables, progress)
        plans = [planned(index.store, files.states, files.facts, gone_below) for index in indexes]
        return [_would(index, plan) for index, plan in zip(indexes, plans, strict=True)]
    with _locked(indexes) as locked:
        # Listed only now: what others added before the lock was ours would else seem to have vanished.
        try:
            files = gathered_files(update.sources, update.tables, progress)
        except (MissingError, InputError) as error:
            if update.drop:
                raise type(error)(f"{error} Nothing was dropped: for that there is `aekeras index remove`.") from error
            raise
        works = [
            _Work(index, change, store, planned(store, files.states, files.facts, gone_below))
            for index, change, store in locked
        ]
        return _carried_out(works, files, progress)


def removed(indexes: Sequence[Index], places: Sequence[Path]) -> list[Changes]:
    """Takes what lies at or below some places out of indexes.

    Raises:
        InputError: Nothing of it is indexed.
        StorageError: Another process is changing an index, or the disk is full.
    """
    with _locked(indexes) as locked:
        works = []
        for index, change, store in locked:
            known = store.items.states()
            works.append(_Work(index, change, store, Plan(known=known, vanished=tuple(sorted(below(known, places))))))
        for place in places:
            if not any(below(work.plan.vanished, [place]) for work in works):
                raise InputError(
                    f"Expected a picture that is indexed, or a folder of some. Received: {shown_path(place)}, of which "
                    f"nothing is in {', '.join(shown_path(index.directory) for index in indexes)}. Check the path."
                )
        return [_committed(work, ()) for work in works]


@contextmanager
def _locked(indexes: Sequence[Index]) -> Iterator[list[tuple[Index, Change, Store]]]:
    """The indexes with a change of each begun, and each opened as it is now: others may have written meanwhile."""
    with ExitStack() as until_done:
        changes = {}
        for index in sorted(
            indexes, key=lambda index: str(index.directory.absolute())
        ):  # so that nobody waits in a ring
            changes[index.directory] = until_done.enter_context(changing(index.directory))
        stores = [until_done.enter_context(Store.open(index.directory)) for index in indexes]
        for index, store in zip(indexes, stores, strict=True):
            if store.manifest.origin != index.origin:
                index.reopen()  # by now it has another model
        yield [(index, changes[index.directory], store) for index, store in zip(indexes, stores, strict=True)]


@dataclass(frozen=True)
class _Work:
    index: Index
    change: Change
    store: Store
    plan: Plan

    def target(self) -> Target:
        return Target(
            change=self.change,
            encoder=lambda: self.index.encoder,
            wanted=self.plan.to_read,
            known=self.plan.known,
            knows=lambda content: self.store.items.id_of_digest(content) is not None,
        )


def _carried_out(works: Sequence[_Work], files: Files, progress: Progress) -> list[Changes]:
    busy = [work for work in works if work.plan.to_read]
    for work in busy:
        work.index.encoder  # noqa: B018 - so that a model that is gone is told of before anything is done
    unreadable = fill([work.target() for work in busy], files.facts, progress) if busy else []
    warn_of(unreadable, progress)
    return [_committed(work, unreadable) for work in works]


def _committed(work: _Work, unreadable: Sequence[Unreadable]) -> Changes:
    plan = work.plan
    work.change.remove(plan.vanished)
    work.change.describe(plan.described)
    manifest = committed(work.change)
    bad = {str(file.path) for file in unreadable} & plan.to_read
    lost = {str(file.path) for file in unreadable if file.size >= 0} & set(plan.changed)
    return Changes(
        index=work.index.directory,
        loss=work.index.loss,
        added=tuple(path for path in plan.new if path not in bad),
        updated=tuple(sorted({*plan.changed, *plan.described} - bad)),
        removed=tuple(sorted((plan.known.keys() & plan.vanished) | lost)),
        unreadable=tuple(sorted(bad | set(plan.unreadable))),
        count=len(work.store) if manifest is None else manifest.count,
    )


def _would(index: Index, plan: Plan) -> Changes:
    return Changes(
        index=index.directory,
        loss=index.loss,
        added=plan.new,
        updated=tuple(sorted({*plan.changed, *plan.described})),
        removed=plan.vanished,
        unreadable=plan.unreadable,
        count=None,
    )


def warn_of(unreadable: Sequence[Unreadable], progress: Progress) -> None:
    """Says which files were passed over, and why."""
    if unreadable:
        progress.warn(_some("unreadable file", [(file.path, file.reason) for file in unreadable], "Skipped "))


def _some(what: str, files: Sequence[tuple[Path, str]], before: str = "") -> str:
    shown = ", ".join(f"{shown_path(path)} ({reason})" for path, reason in files[:_NAMED])
    more = f", and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
    return f"{before}{len(files):,} {what}{'s' if len(files) > 1 else ''}: {shown}{more}."
