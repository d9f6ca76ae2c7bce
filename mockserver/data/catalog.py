"""The catalog of all datasets that the server can serve: each is read or made once, and shared."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from threading import RLock
from weakref import WeakValueDictionary

from ..sdk.contract import Vendor
from ..sdk.dataset import Accounts, Dataset
from ..sdk.errors import InvalidSetting
from . import disk_cache, fixture_errors
from .build import generate_dataset, midnight, read_dataset, shift_dataset
from .cache_key import code_parts, digest_file, faker_version
from .disk_cache import CachedDataset, DiskCache
from .files import describe_kind
from .table import RecordTable

DEFAULT = "default"
log = logging.getLogger("mockserver")

FileStamps = Mapping[str, tuple[str, int, int, int]]
"""By path of each fixture file: the vendor's name, the time of its last change (ns), its length, its inode."""


class DatasetCatalog:
    """Finds datasets by vendor and name, in the user's folder first, then among the vendor's own."""

    def __init__(
        self,
        vendors: Iterable[Vendor],
        folder: Path | None = None,
        records: int | None = None,
        seed: int = 1,
        cache: DiskCache | None = None,
    ) -> None:
        """With a ``cache``, later starts find there what was read or made once."""
        self._vendors, self._cache = tuple(vendors), cache
        self._folder, self._records, self._seed = folder, records, seed
        self._loaded: dict[tuple[str, str, date | None], Dataset] = {}
        self._by_source: WeakValueDictionary[tuple[str, str, str], Dataset] = WeakValueDictionary()
        self._fallbacks: dict[tuple[str, str], Dataset] = {}  # for files that were good and are broken now
        self._lock = RLock()

    def dataset(self, vendor: Vendor, name: str, day: date | None = None) -> Dataset:
        """The dataset of its file; with a ``day``, made for that day.

        Raises InvalidSetting when no vendor has a dataset of this name, InvalidFixture when the file is wrong.
        """
        requested = (vendor.name, name, day)
        data = self._loaded.get(requested)
        if data is None:  # every call comes here: the user's folder is not searched each time
            with self._lock:
                day = day or self._user_anchor_day(vendor, name)
                key = (vendor.name, name, day)
                if key not in self._loaded:
                    self._loaded[key] = self._load_or_fall_back(vendor, name, day)
                data = self._loaded[requested] = self._loaded[key]
        return data

    def keep_only_days(self, days: Collection[date | None]) -> None:
        """Drops data made for any other day; it is made again when it is asked for."""
        with self._lock:
            self._loaded = {key: data for key, data in self._loaded.items() if key[2] in {None, *days}}

    def reload(self, others: Iterable[tuple[str, str]] = ()) -> tuple[DatasetCatalog, list[str]]:
        """A catalog of the files as they are now, with what is loaded here and these ``others`` (vendor, dataset).

        Also returns, in sentences, what cannot be used; the earlier data stays in its place. A dataset whose file is
        unchanged is the same object. Raises InvalidSetting when nothing of the folder can be used.
        """
        self._check_folder()
        catalog = DatasetCatalog(self._vendors, self._folder, self._records, self._seed, self._cache)
        catalog._by_source = self._by_source
        with self._lock:
            loaded: dict[tuple[str, str, date | None], Dataset | None] = dict(self._loaded)
        known = {(vendor, name) for vendor, name, _ in loaded}
        loaded.update({(vendor, name, None): None for vendor, name in others if (vendor, name) not in known})
        vendors, wrong = {vendor.name: vendor for vendor in self._vendors}, dict[str, None]()
        stays = dict[tuple[str, str, date | None], Dataset]()
        for key, before in loaded.items():
            try:
                catalog.dataset(vendors[key[0]], *key[1:])
            except (fixture_errors.InvalidFixture, InvalidSetting) as error:
                wrong |= dict.fromkeys(describe_faults(error))
                if before is not None:
                    stays[key] = before
        catalog._loaded |= stays
        catalog._fallbacks = {(vendor, name): data for (vendor, name, _), data in stays.items()}
        return catalog, list(wrong)

    def find_differing(self, other: DatasetCatalog) -> list[Dataset]:
        """The datasets loaded here that the other catalog has not or has changed, one of each vendor and name."""
        differing = {key: data for key, data in self._loaded.items() if other._loaded.get(key) is not data}
        return list({key[:2]: data for key, data in differing.items()}.values())

    def reads_file(self, name: str, day: date | None) -> bool:
        """Whether any data of this dataset comes from files, not from recipes alone."""
        found = [(vendor, self._find_file(vendor, name)) for vendor in self._vendors]
        return any(path is not None and not self._uses_recipe(vendor, path, name, day) for vendor, path in found)

    def read_stamps(self) -> FileStamps:
        """The state of all fixture files now, from the file system alone."""
        found = {}
        for vendor in self._vendors:
            for folder in self._folders(vendor):
                with suppress(OSError), os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.name.endswith((".yaml", ".jsonl", ".yml")):
                            with suppress(OSError):  # removed since the scan
                                state = entry.stat()
                                stamp = vendor.name, state.st_mtime_ns, state.st_size, state.st_ino
                                found[entry.path] = stamp
        return found

    def load_all(self, name: str, day: date | None = None) -> dict[str, Dataset]:
        """Reads every vendor's dataset of this name now; returns them by the vendor's name.

        Raises InvalidFixture with the faults of all files together. Logs a warning when their anchors are of different
        days: one clock, which starts at the latest, does not fit them all.
        """
        self._check_folder()
        faults: dict[fixture_errors.FileError, None] = {}
        loaded = {}
        for vendor in self._vendors:
            try:
                loaded[vendor.name] = self.dataset(vendor, name, day)
            except fixture_errors.InvalidFixture as broken:
                faults |= dict.fromkeys(broken.faults)
        if faults:
            raise fixture_errors.InvalidFixture(faults)
        anchors = {vendor: dataset.anchor for vendor, dataset in loaded.items()}
        if len({anchor.date() for anchor in anchors.values()}) > 1:
            found = ", ".join(f"{vendor} {anchor.date()}" for vendor, anchor in anchors.items())
            log.warning("The files of dataset %s have anchors of different days: %s.", name, found)
        return loaded

    def list_names(self, vendor: Vendor) -> list[str]:
        """The names of a vendor's datasets."""
        return sorted(
            {path.stem for folder in self._folders(vendor) for path in folder.glob("*.*") if _is_fixture(path)}
        )

    def _load_or_fall_back(self, vendor: Vendor, name: str, day: date | None) -> Dataset:
        try:
            return self._load(vendor, name, day)
        except (fixture_errors.InvalidFixture, InvalidSetting):
            fallback = self._fallbacks.get((vendor.name, name))
            if fallback is None:
                raise
            return fallback if day is None else shift_dataset(vendor, fallback, day)

    def _load(self, vendor: Vendor, name: str, day: date | None) -> Dataset:
        path = self._find_file(vendor, name)
        if path is None:
            if name == DEFAULT or not any(self._find_file(other, name) for other in self._vendors):
                known = sorted({known for other in self._vendors for known in self.list_names(other)})
                raise InvalidSetting(f"{vendor.name} has no dataset {name!r}; there are {', '.join(known) or 'none'}.")
            return self.dataset(vendor, DEFAULT, day)
        digest = digest_file(path)
        file, read = f"file {name}{path.suffix} {digest}", partial(_read_stable, vendor, path, digest)
        if self._uses_recipe(vendor, path, name, day):
            anchor = midnight(day) if day else self._get_or_make(vendor, name, file, read).anchor
            source = f"recipe {faker_version()} {anchor} {self._seed} {self._records}"
            return self._get_or_make(
                vendor, name, source, lambda: generate_dataset(vendor, name, anchor, self._seed, self._records)
            )
        data = self._get_or_make(vendor, name, file, read)
        if day is None:
            return data
        return self._get_or_make(vendor, name, f"{file} {day}", lambda: shift_dataset(vendor, data, day))

    def _uses_recipe(self, vendor: Vendor, path: Path, name: str, day: date | None) -> bool:
        """Whether a recipe makes the records, in place of the file's."""
        ours = path.parent == vendor.fixtures and name == DEFAULT and vendor.recipe is not None
        return self._records is not None or (ours and (day is not None or self._seed != 1))

    def _get_or_make(self, vendor: Vendor, name: str, source: str, make: Callable[[], Dataset]) -> Dataset:
        """A dataset from the same source that is in use already, else one from the disk cache."""
        key = vendor.name, name, source
        data = self._by_source.get(key)
        if data is None:
            data = self._by_source[key] = self._read_cached(vendor, name, source, make)
        return data

    def _read_cached(self, vendor: Vendor, name: str, source: str, make: Callable[[], Dataset]) -> Dataset:
        """A dataset from the disk cache, or one made now and put there."""
        if self._cache is None:
            return make()
        key = disk_cache.make_key(*code_parts(vendor), source)
        cached = self._cache.get(key)
        if cached is None:
            data = make()
            assert isinstance(data.records, RecordTable)
            self._cache.put(key, CachedDataset(data.anchor, list(data.accounts), *data.records.for_cache()))
            gc.collect()  # the collector is off during start-up, and garbage would stay
            return data
        resource, defaults = vendor.resource, vendor.default_rendering_readings
        records = RecordTable.from_cache(
            resource, defaults, cached.ids, cached.columns, cached.ranks, cached.hidden, cached.texts
        )
        return Dataset(vendor.name, name, cached.anchor, Accounts(cached.accounts), records)

    def _check_folder(self) -> None:
        """Raises InvalidSetting for a misspelled folder or file, in whose place shipped data would be served."""
        if self._folder is None:
            return
        known = [vendor.name for vendor in self._vendors]
        try:
            inside = sorted(self._folder.iterdir())
            for path in inside:
                if path.name in known and not path.is_dir():
                    raise InvalidSetting(f"--fixtures has {path}, which is {describe_kind(path)}, wanted a folder.")
            for path in (path for path in inside if path.is_dir() and path.name[0] != "."):
                if path.name not in known:
                    raise InvalidSetting(f"--fixtures has the folder {path.name}, wanted {', '.join(known)}.")
                os.stat(path / ".")
                os.listdir(path)
        except OSError as error:
            raise InvalidSetting(f"--fixtures {error.filename} cannot be read: {error.strerror}.") from None
        for path in sorted(self._folder.glob("*/*.yml")):
            raise InvalidSetting(f"--fixtures has {path}, wanted the ending .yaml or .jsonl.")
        for path in sorted(self._folder.glob("*/*.jsonl")):
            if path.with_suffix(".yaml").exists():
                raise InvalidSetting(f"--fixtures has {path} and a .yaml of the same name, wanted one of them.")

    def _user_anchor_day(self, vendor: Vendor, name: str) -> date | None:
        """The day for shipped data beside the user's files: the user's, so that one clock fits them all."""
        if self._folder is None or self._has_user_file(vendor, name):
            return None
        own = next((other for other in self._vendors if self._has_user_file(other, name)), None)
        return self.dataset(own, name).anchor.date() if own else None

    def _has_user_file(self, vendor: Vendor, name: str) -> bool:
        path = self._find_file(vendor, name)
        return path is not None and path.parent != vendor.fixtures

    def _folders(self, vendor: Vendor) -> list[Path]:
        return [*([self._folder / vendor.name] if self._folder else []), vendor.fixtures]

    def _find_file(self, vendor: Vendor, name: str) -> Path | None:
        candidates = (folder / f"{name}{suffix}" for folder in self._folders(vendor) for suffix in (".yaml", ".jsonl"))
        return next(filter(os.path.lexists, candidates), None)  # of any kind: its reader reports what is wrong


def _is_fixture(path: Path) -> bool:
    return path.suffix in (".yaml", ".jsonl")


def describe_faults(error: fixture_errors.InvalidFixture | InvalidSetting) -> list[str]:
    """The faults of files, one sentence each."""
    return [str(error)] if isinstance(error, InvalidSetting) else list(map(str, error.faults))


def _read_stable(vendor: Vendor, path: Path, digest: str) -> Dataset:
    """The dataset of a file that has this digest before and after reading. Raises InvalidFixture."""
    data = read_dataset(vendor, path)
    if digest_file(path) != digest:
        wanted = "one that nobody writes meanwhile"
        raise fixture_errors.InvalidFixture(
            [fixture_errors.FileError(path, 1, "", "a file that changed while it was read", wanted)]
        )
    return data
