"""The library: every dataset that this server can serve, read or made once and shared by all who use it."""

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
"""By its path what tells a file from what it was before: whose it is (a vendor's name), when it was changed (ns), its
length, its number in the file system."""


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
        """With a ``cache``, what was read or made once is found there in later starts."""
        self._vendors, self._cache = tuple(vendors), cache
        self._folder, self._records, self._seed = folder, records, seed
        self._loaded: dict[tuple[str, str, date | None], Dataset] = {}
        self._by_source: WeakValueDictionary[tuple[str, str, str], Dataset] = WeakValueDictionary()
        self._fallbacks: dict[tuple[str, str], Dataset] = {}  # for files that were good and are broken now
        self._lock = RLock()

    def dataset(self, vendor: Vendor, name: str, day: date | None = None) -> Dataset:
        """The dataset as it stands in its file; with a ``day``, as if it had been made for that day.

        Raises WrongSetting when no vendor has a dataset of this name, BrokenFixture when the file is wrong.
        """
        asked = (vendor.name, name, day)
        found = self._loaded.get(asked)
        if found is None:  # every call asks: the user's folder is not looked at each time
            with self._lock:
                day = day or self._user_anchor_day(vendor, name)
                made = (vendor.name, name, day)
                if made not in self._loaded:
                    self._loaded[made] = self._load_or_fall_back(vendor, name, day)
                found = self._loaded[asked] = self._loaded[made]
        return found

    def keep_only_days(self, days: Collection[date | None]) -> None:
        """Let go of data that was made for any other day; whoever asks for it still has it made again."""
        with self._lock:
            kept = {None, *days}
            self._loaded = {asked: data for asked, data in self._loaded.items() if asked[2] in kept}

    def reload(self, others: Iterable[tuple[str, str]] = ()) -> tuple[DatasetCatalog, list[str]]:
        """The library as its files are now, with all that is loaded here and these ``others`` (a vendor's name and a
        dataset's); and in sentences what cannot be used, in place of which stays what was there.

        A dataset whose file says what it said is the very same one. Raises WrongSetting when nothing of the folder can
        be used.
        """
        self._check_folder()
        library = DatasetCatalog(self._vendors, self._folder, self._records, self._seed, self._cache)
        library._by_source = self._by_source
        with self._lock:
            loaded: dict[tuple[str, str, date | None], Dataset | None] = dict(self._loaded)
        known = {(vendor, name) for vendor, name, _ in loaded}
        loaded.update({(vendor, name, None): None for vendor, name in others if (vendor, name) not in known})
        vendors, wrong = {vendor.name: vendor for vendor in self._vendors}, dict[str, None]()
        stays = dict[tuple[str, str, date | None], Dataset]()
        for asked, before in loaded.items():
            try:
                library.dataset(vendors[asked[0]], *asked[1:])
            except (fixture_errors.InvalidFixture, InvalidSetting) as error:
                wrong |= dict.fromkeys(describe_faults(error))
                if before is not None:
                    stays[asked] = before
        library._loaded |= stays
        library._fallbacks = {(vendor, name): data for (vendor, name, _), data in stays.items()}
        return library, list(wrong)

    def find_differing(self, other: DatasetCatalog) -> list[Dataset]:
        """The datasets that are loaded here and are others, or not loaded, there: one of each vendor and name."""
        found = {asked: data for asked, data in self._loaded.items() if other._loaded.get(asked) is not data}
        return list({asked[:2]: data for asked, data in found.items()}.values())

    def reads_file(self, name: str, day: date | None) -> bool:
        """Whether data of this dataset comes out of files, and is not made by recipes alone."""
        found = [(vendor, self._find_file(vendor, name)) for vendor in self._vendors]
        return any(path is not None and not self._uses_recipe(vendor, path, name, day) for vendor, path in found)

    def read_stamps(self) -> FileStamps:
        """The fixture files as they are now, by a look at what the file system says of them."""
        found = {}
        for vendor in self._vendors:
            for folder in self._folders(vendor):
                with suppress(OSError), os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.name.endswith((".yaml", ".jsonl", ".yml")):
                            with suppress(OSError):  # it was there a moment ago
                                state = entry.stat()
                                stamp = vendor.name, state.st_mtime_ns, state.st_size, state.st_ino
                                found[entry.path] = stamp
        return found

    def load_all(self, name: str, day: date | None = None) -> dict[str, Dataset]:
        """Read every vendor's dataset of this name now: by the vendor's name.

        Raises BrokenFixture with the faults of all files together. Logs a warning when they were made for different
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
        """The datasets of a vendor."""
        return sorted(
            {path.stem for folder in self._folders(vendor) for path in folder.glob("*.*") if _is_fixture(path)}
        )

    def _load_or_fall_back(self, vendor: Vendor, name: str, day: date | None) -> Dataset:
        try:
            return self._load(vendor, name, day)
        except (fixture_errors.InvalidFixture, InvalidSetting):
            kept = self._fallbacks.get((vendor.name, name))
            if kept is None:
                raise
            return kept if day is None else shift_dataset(vendor, kept, day)

    def _load(self, vendor: Vendor, name: str, day: date | None) -> Dataset:
        path = self._find_file(vendor, name)
        if path is None:
            if name == DEFAULT or not any(self._find_file(other, name) for other in self._vendors):
                known = sorted({known for other in self._vendors for known in self.list_names(other)})
                raise InvalidSetting(f"{vendor.name} has no dataset {name!r}; there are {', '.join(known) or 'none'}.")
            return self.dataset(vendor, DEFAULT, day)
        digest = digest_file(path)
        file, read_it = f"file {name}{path.suffix} {digest}", partial(_read_stable, vendor, path, digest)
        if self._uses_recipe(vendor, path, name, day):
            anchor = midnight(day) if day else self._get_or_make(vendor, name, file, read_it).anchor
            made_of = f"recipe {faker_version()} {anchor} {self._seed} {self._records}"
            return self._get_or_make(
                vendor, name, made_of, lambda: generate_dataset(vendor, name, anchor, self._seed, self._records)
            )
        data = self._get_or_make(vendor, name, file, read_it)
        if day is None:
            return data
        return self._get_or_make(vendor, name, f"{file} {day}", lambda: shift_dataset(vendor, data, day))

    def _uses_recipe(self, vendor: Vendor, path: Path, name: str, day: date | None) -> bool:
        """Whether a recipe makes the records in place of those of the file."""
        ours = path.parent == vendor.fixtures and name == DEFAULT and vendor.recipe is not None
        return self._records is not None or (ours and (day is not None or self._seed != 1))

    def _get_or_make(self, vendor: Vendor, name: str, made_of: str, make: Callable[[], Dataset]) -> Dataset:
        """A dataset that is here already, or was before the files were looked at again; else one out of the cache."""
        known = vendor.name, name, made_of
        data = self._by_source.get(known)
        if data is None:
            data = self._by_source[known] = self._read_cached(vendor, name, made_of, make)
        return data

    def _read_cached(self, vendor: Vendor, name: str, made_of: str, make: Callable[[], Dataset]) -> Dataset:
        """A dataset out of the cache, or made now and put there."""
        if self._cache is None:
            return make()
        key = disk_cache.make_key(*code_parts(vendor), made_of)
        rest = self._cache.get(key)
        if rest is None:
            data = make()
            assert isinstance(data.records, RecordTable)
            self._cache.put(key, CachedDataset(data.anchor, list(data.accounts), *data.records.for_cache()))
            gc.collect()  # nobody collects in a start, and what is left over by then stays
            return data
        kind, defaults = vendor.resource, vendor.default_rendering_readings
        records = RecordTable.from_cache(kind, defaults, rest.ids, rest.columns, rest.ranks, rest.hidden, rest.texts)
        return Dataset(vendor.name, name, rest.anchor, Accounts(rest.accounts), records)

    def _check_folder(self) -> None:
        """A slip in the name of a folder or file would silently serve our data instead. Raises WrongSetting."""
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
        """Data of ours beside files of the user's is made for the user's day, so that one clock fits them all."""
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
        return next(filter(os.path.lexists, candidates), None)  # whatever it is: who reads it tells what it is not


def _is_fixture(path: Path) -> bool:
    return path.suffix in (".yaml", ".jsonl")


def describe_faults(error: fixture_errors.InvalidFixture | InvalidSetting) -> list[str]:
    """What is wrong with files, one by one."""
    return [str(error)] if isinstance(error, InvalidSetting) else list(map(str, error.faults))


def _read_stable(vendor: Vendor, path: Path, digest: str) -> Dataset:
    """The dataset of a file whose content has this digest, before it was read and after. Raises BrokenFixture."""
    data = read_dataset(vendor, path)
    if digest_file(path) != digest:
        wanted = "one that nobody writes meanwhile"
        raise fixture_errors.InvalidFixture(
            [fixture_errors.FileError(path, 1, "", "a file that changed while it was read", wanted)]
        )
    return data
