"""The store of many processes and machines: a Redis or Valkey server, 6.2 or newer.

Reads like ``memory.py``: the same methods in the same order, each with its script beside it. A script runs on the
server, alone and whole, and takes one round trip. What is kept, behind a prefix of ours (``mockserver:``, or another by
``?prefix=`` in the URL), so that the server can be shared with others:

- ``sandboxes``: a sorted set, when (seconds of the server's ``TIME``) each sandbox was last used; ``walls``: another,
  what the wall clock then showed to the one who used it
- ``journals``: a sorted set, how many bytes each sandbox's journal has; ``dropped``: a hash, how many entries it let go
- ``totals``: a hash, the last version and id given away, how many bytes all journals have, and the name of it all
- ``<sandbox>:documents``, ``<sandbox>:versions``: hashes, the JSON of each document, and its version
- ``<sandbox>:windows``: a hash, when each quota's window was opened, and how often it was spent since
- ``<sandbox>:counters``: a hash
- ``<sandbox>:journal``: a stream; the two halves of an entry's id are its id and its size

One script may touch several sandboxes, so all of it stands on one server; a cluster is not for this.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from ...data.lru import LruCache
from ...sdk import clock
from ...sdk.errors import StoreUnavailable
from ...sdk.quota import LATE_SECONDS, Quota, QuotaState
from . import DEFAULT, NEVER, NOTHING, SETTINGS, Document, Expiry, LastUse, NewEntries, Versioned, new_name
from .breaker import Breaker
from .counting import Counter, CountResult, Spend

log = logging.getLogger("mockserver")

# Whoever finds out that the server does not answer waits no longer than this; control has promised to answer within a
# second. Nothing is sent twice: what was sent may have been done though no answer came.
TIMEOUTS: Mapping[str, Any] = {"socket_connect_timeout": 0.5, "socket_timeout": 0.6, "retry": Retry(NoBackoff(), 0)}
KNOWN_BYTES = 32 * 1024 * 1024

# Every script begins with this: KEYS[1] is the prefix, ARGV[1] the sandbox.
SHARED = """
local prefix, name = KEYS[1], ARGV[1]
local sandboxes, walls, journals = prefix .. 'sandboxes', prefix .. 'walls', prefix .. 'journals'
local dropped, totals = prefix .. 'dropped', prefix .. 'totals'

local function of(sandbox, what) return prefix .. sandbox .. ':' .. what end
local function used(sandbox) return redis.call('ZSCORE', sandboxes, sandbox) end

local function now()
  local time = redis.call('TIME')
  return time[1] + time[2] / 1000000
end

local function touch(wall)
  redis.call('ZADD', sandboxes, 'GT', string.format('%.6f', now()), name)
  redis.call('ZADD', walls, 'GT', wall, name)
end

-- Whether a sandbox that is there is to be forgotten; each of these may be ''.
local function is_over(idle, since)
  if idle ~= '' and now() - used(name) > tonumber(idle) then return true end
  return since ~= '' and tonumber(redis.call('ZSCORE', walls, name) or 'inf') < tonumber(since)
end

-- A number that was never given away: also a server that lost what it had goes on by its clock.
local function fresh(what)
  local time = redis.call('TIME')
  local last = tonumber(redis.call('HGET', totals, what) or 0)
  local number = string.format('%.0f', math.max(last + 1, time[1] * 100000 + math.floor(time[2] / 10)))
  redis.call('HSET', totals, what, number)
  return number
end

-- Bytes more, or with a minus less, are in a journal; how many there are then.
local function grow(sandbox, bytes)
  redis.call('HINCRBY', totals, 'bytes', bytes)
  return tonumber(redis.call('ZINCRBY', journals, bytes, sandbox))
end

local function forget(sandbox)
  local there = used(sandbox)
  grow(sandbox, 0 - (redis.call('ZSCORE', journals, sandbox) or 0))
  redis.call('ZREM', journals, sandbox)
  redis.call('HDEL', dropped, sandbox)
  redis.call('ZREM', sandboxes, sandbox)
  redis.call('ZREM', walls, sandbox)
  for _, what in ipairs({'documents', 'versions', 'windows', 'counters', 'journal'}) do
    redis.call('UNLINK', of(sandbox, what))
  end
  return there and 1 or 0
end
"""


class RedisStore:
    """Everything on a server that other processes use, too, within the bounds that a MemoryStore has.

    While the server is away each method raises StoreAway at once; who asks, at most once a second, has it looked for
    ``aside``, in a thread for that alone. The log is told when it goes and when it is back. Raises ValueError with a
    sentence for a URL that cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        journal_entries: int = 1000,
        journal_bytes: int = 8 * 1024 * 1024,
        all_journals_bytes: int = 256 * 1024 * 1024,
        elapsed: Callable[[], float] = clock.monotonic_time,
        aside: Callable[[Callable[[], None]], None] = lambda look: Thread(target=look, daemon=True).start(),
    ) -> None:
        self._bounds = (journal_entries, journal_bytes, all_journals_bytes)
        self._client, self._prefix, self.place = _client(url)
        self._known: LruCache[tuple[int, Document, int]] = LruCache(KNOWN_BYTES, lambda key, known: known[2])
        self._script = lru_cache(maxsize=None)(lambda script: self._client.register_script(SHARED + script))
        self._breaker, self._aside = Breaker(elapsed), aside
        self._unwritten, self._lock = 0, Lock()
        self._instance: str | None = None  # as it was last told

    def open(self) -> None:
        """Try once whether the server lets us do what we need. Raises StoreAway with the reason.

        No connection is left open: worker processes are forked after this.
        """
        try:
            self._run(self.CHECK, "")
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from None
        finally:
            self.close()

    CHECK = "redis.call('HINCRBY', totals, 'bytes', 0)"  # writes, and changes nothing

    def check(self) -> None:
        self._ask(self.CHECK, "")

    def close(self) -> None:
        self._client.close()

    INSTANCE = """
    redis.call('HSETNX', totals, 'instance', ARGV[2])
    return redis.call('HGET', totals, 'instance')
    """

    def instance(self) -> str | None:
        with suppress(StoreUnavailable):
            self._instance = self._ask(self.INSTANCE, "", new_name())
        return self._instance

    def fork(self) -> bool:
        return False

    READ = """
    local part, known, wall, idle, since = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
    if wall ~= '' then
      if not used(name) then return false end
      if is_over(idle, since) then
        forget(name)
        return false
      end
      touch(wall)
    end
    local version = redis.call('HGET', of(name, 'versions'), part)
    if not version or version == known then return version end
    return {version, redis.call('HGET', of(name, 'documents'), part)}
    """

    def read(self, sandbox: str, part: str, *, wall: float | None = None, expiry: Expiry = NEVER) -> Versioned | None:
        known = self._known.peek(sandbox) if part == SETTINGS else None
        used = _text(wall), *map(_text, expiry)
        found = self._ask(self.READ, sandbox, part, known[0] if known else "", *used)
        if found is None:
            if part == SETTINGS:
                self._known.drop(sandbox)
            return None
        if known and not isinstance(found, list):
            return known[0], known[1]
        version, text = int(found[0]), found[1]
        document = json.loads(text)
        if part == SETTINGS:
            self._known.put(sandbox, (version, document, len(text)))
        return version, document

    def last_known(self, sandbox: str) -> Document | None:
        known = self._known.peek(sandbox)
        return known[1] if known else None

    WRITE = """
    local part, document, expected, wall, most, anew = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
    local there = used(name)
    local version = redis.call('HGET', of(name, 'versions'), part) or '0'
    if version ~= expected or not (there or part == 'SETTINGS') then return 0 end
    if not there and name ~= 'DEFAULT' and most ~= '' then
      local others = redis.call('ZCARD', sandboxes) - (used('DEFAULT') and 1 or 0)
      if others >= tonumber(most) then return 0 end
    end
    if anew == '1' then forget(name) end
    version = fresh('version')
    for index = 8, #ARGV, 2 do
      redis.call('HSET', of(name, 'versions'), ARGV[index], version)
      redis.call('HSET', of(name, 'documents'), ARGV[index], ARGV[index + 1])
    end
    redis.call('HSET', of(name, 'versions'), part, version)
    redis.call('HSET', of(name, 'documents'), part, document)
    touch(wall)
    return version
    """.replace("SETTINGS", SETTINGS).replace("DEFAULT", DEFAULT)

    def write(
        self,
        sandbox: str,
        part: str,
        document: Document,
        *,
        expected: int,
        wall: float,
        most: int | None = None,
        anew: bool = False,
        beside: Mapping[str, Document] = NOTHING,
    ) -> int:
        how = expected, _text(wall), _text(most), int(anew)
        others = [text for name, each in beside.items() for text in (name, _json(each))]
        return int(self._ask(self.WRITE, sandbox, part, _json(document), *how, *others))

    SANDBOXES = """
    local found = {}
    for _, sandbox in ipairs(redis.call('ZRANGE', sandboxes, 0, -1)) do
      local idle = string.format('%.6f', math.max(0, now() - used(sandbox)))
      found[#found + 1] = {sandbox, idle, redis.call('ZSCORE', walls, sandbox) or 'inf'}
    end
    return found
    """

    def sandboxes(self) -> Mapping[str, LastUse]:
        return {name: LastUse(float(idle), float(wall)) for name, idle, wall in self._ask(self.SANDBOXES, "")}

    DELETE = """
    local always, idle, since = ARGV[2], ARGV[3], ARGV[4]
    if always == '' and not (used(name) and is_over(idle, since)) then return 0 end
    return forget(name)
    """

    def delete(self, sandbox: str, expiry: Expiry | None = None) -> bool:
        always = "always" if expiry is None else ""
        return bool(self._ask(self.DELETE, sandbox, always, *map(_text, expiry or NEVER)))

    SPENDING = """
    local function spend(key, limit, seconds, now, late)
      local opened, count = string.match(redis.call('HGET', of(name, 'windows'), key) or now .. ' 0', '^(%S+) (%d+)$')
      if not (tonumber(opened) - late <= tonumber(now) and tonumber(now) < tonumber(opened) + seconds) then
        opened, count = now, 0  -- over, or the clock was set back
      end
      count = tonumber(count)
      local allowed = count < tonumber(limit)
      if allowed then
        count = count + 1
        if used(name) then redis.call('HSET', of(name, 'windows'), key, opened .. ' ' .. count) end
      end
      return {allowed and 1 or 0, count, opened}
    end
    """
    SPEND = f"{SPENDING} return spend(unpack(ARGV, 2))"

    def spend(self, sandbox: str, key: str, quota: Quota, now: float) -> QuotaState:
        return _spent(quota, self._ask(self.SPEND, sandbox, *_spending(Spend(key, quota, now))))

    COUNTING = """
    local function count(key)
      if not used(name) then return 0 end
      return redis.call('HINCRBY', of(name, 'counters'), key, 1) - 1
    end
    """
    COUNT = f"{COUNTING} return count(ARGV[2])"

    def count(self, sandbox: str, key: str) -> int:
        return int(self._ask(self.COUNT, sandbox, key))

    TALLY = (
        SPENDING
        + COUNTING
        + """
    local counts, last = cjson.decode(ARGV[2]), ARGV[3]
    local met, spent, ended = {}, false, false
    local function drawn(text)
      local digits = redis.sha1hex(text)  -- six at a time: a server of 32 bits reads no more
      return (tonumber(string.sub(digits, 1, 6), 16) * 2 ^ 24 + tonumber(string.sub(digits, 7, 12), 16)) / 2 ^ 48
    end
    for _, each in ipairs(counts) do
      local number = each.key == '' and 0 or count(each.key)
      met[#met + 1] = number
      local within = each.first <= number and (each.last == cjson.null or number < each.last)
      if within and drawn(each.seed .. string.format('%.0f', number)) < each.probability then
        ended = each.ends
        break
      end
    end
    if ended then return {met, false, false} end
    if ARGV[4] then spent = spend(unpack(ARGV, 4)) end
    if last == '' or (spent and spent[1] == 0) then return {met, spent, false} end
    return {met, spent, count(last)}
    """
    )

    def count_all(
        self, sandbox: str, counts: Sequence[Counter] = (), spend: Spend | None = None, last: str | None = None
    ) -> CountResult:
        asked = json.dumps([each._asdict() for each in counts])
        met, spent, number = self._ask(self.TALLY, sandbox, asked, last or "", *(_spending(spend) if spend else ()))
        return CountResult(tuple(met), _spent(spend.quota, spent) if spend and spent else None, number)

    COUNTED = "return redis.call('HGET', of(name, 'counters'), ARGV[2]) or 0"

    def get_count(self, sandbox: str, key: str) -> int:
        return int(self._ask(self.COUNTED, sandbox, key))

    UNCOUNT = "redis.call('UNLINK', of(name, 'windows'), of(name, 'counters'))"

    def reset_counters(self, sandbox: str) -> None:
        self._ask(self.UNCOUNT, sandbox)

    APPEND = """
    local text, size = ARGV[2], ARGV[3]
    local most, most_bytes, most_of_all = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
    local id = fresh('id')
    if not used(name) then return id end

    -- How many bytes a journal has without its oldest entry; nil when it has none.
    local function drop_oldest(sandbox)
      local oldest = redis.call('XRANGE', of(sandbox, 'journal'), '-', '+', 'COUNT', 1)[1]
      if not oldest then return nil end
      redis.call('XDEL', of(sandbox, 'journal'), oldest[1])
      redis.call('HINCRBY', dropped, sandbox, 1)
      return grow(sandbox, 0 - string.match(oldest[1], '%d+$'))
    end

    -- A journal without entries has no bytes, whatever was counted before somebody else touched our keys.
    local function miscounted(sandbox)
      grow(sandbox, 0 - (redis.call('ZSCORE', journals, sandbox) or 0))
    end

    if redis.call('XLEN', of(name, 'journal')) == 0 then miscounted(name) end
    redis.call('XADD', of(name, 'journal'), id .. '-' .. size, 'entry', text)
    local bytes = grow(name, size)
    while bytes and (redis.call('XLEN', of(name, 'journal')) > most or bytes > most_bytes) do
      bytes = drop_oldest(name)
    end
    local function all() return tonumber(redis.call('HGET', totals, 'bytes')) end
    if all() > most_of_all then
      while all() > most_of_all - math.floor(most_of_all / 64) do  -- some way below: to look for the largest takes time
        local sandbox, left = unpack(redis.call('ZREVRANGE', journals, 0, 0, 'WITHSCORES'))
        left = tonumber(left)
        if left == 0 then  -- somebody else has been at our keys
          redis.call('HSET', totals, 'bytes', 0)
          break
        end
        local enough = left - math.max(1, math.floor(left / 64))
        while left and left > enough do left = drop_oldest(sandbox) end
        if not left then miscounted(sandbox) end
      end
    end
    return id
    """

    def append(self, sandbox: str, entry: Document, size: int) -> int:
        try:
            return int(self._ask(self.APPEND, sandbox, _json(entry), size, *self._bounds))
        except StoreUnavailable:
            with self._lock:
                self._unwritten += 1
            raise

    NEWER = """
    local found = {redis.call('XLEN', of(name, 'journal')), redis.call('HGET', dropped, name) or 0}
    for _, entry in ipairs(redis.call('XRANGE', of(name, 'journal'), ARGV[2], '+')) do
      found[#found + 1] = string.match(entry[1], '^%d+')
      found[#found + 1] = entry[2][2]
    end
    return found
    """

    def entries(self, sandbox: str) -> list[tuple[int, Document]]:
        return self.newer(sandbox, 0).entries

    def newer(self, sandbox: str, after: int) -> NewEntries:
        total, dropped, *found = self._ask(self.NEWER, sandbox, after + 1)
        entries = [(int(id), json.loads(text)) for id, text in zip(found[::2], found[1::2], strict=True)]
        return NewEntries(entries, int(total), int(dropped))

    DROPPED = "return redis.call('HGET', dropped, name) or 0"

    def dropped(self, sandbox: str) -> int:
        return int(self._ask(self.DROPPED, sandbox))

    REMOVE = """
    local journal, gone = of(name, 'journal'), 0
    local function take(from, to)
      for _, entry in ipairs(redis.call('XRANGE', journal, from, to)) do
        gone = gone + redis.call('XDEL', journal, entry[1])
        grow(name, 0 - string.match(entry[1], '%d+$'))
      end
    end
    if ARGV[2] == 'all' then take('-', '+') end
    for index = 3, #ARGV do take(ARGV[index], ARGV[index]) end
    if redis.call('XLEN', journal) == 0 then redis.call('HDEL', dropped, name) end
    return gone
    """

    def remove(self, sandbox: str, ids: frozenset[int] | None = None) -> int:
        return int(self._ask(self.REMOVE, sandbox, "all" if ids is None else "some", *(ids or ())))

    # The server -----------------------------------------------------------------------------------------------------

    def _ask(self, script: str, *arguments: str | int) -> Any:
        """What a script gives back, for a sandbox and with what else it takes. Raises StoreAway."""
        if not self._breaker.well:
            if self._breaker.due():
                self._aside(self._look)
            if not self._breaker.well:
                raise StoreUnavailable
        return self._tried(script, *arguments)

    def _look(self) -> None:
        with suppress(StoreUnavailable):
            self._tried(self.CHECK, "")

    def _tried(self, script: str, *arguments: str | int) -> Any:
        was_well = self._breaker.well
        try:
            found = self._run(script, *arguments)
        except (RedisError, OSError) as error:
            if self._breaker.failed():
                log.error(
                    "the store at %s is away (%s): calls go on as far as their sandbox is known, and are in no journal",
                    self.place,
                    error,
                )
            raise StoreUnavailable(str(error)) from None
        if not was_well and self._breaker.worked():  # one that began before it was away says nothing of now
            with self._lock:
                unwritten, self._unwritten = self._unwritten, 0
            log.warning("the store at %s is back; calls that are in no journal: %d", self.place, unwritten)
        return found

    def _run(self, script: str, *arguments: str | int) -> Any:
        return self._script(script)(keys=[self._prefix], args=arguments)


def _spending(spend: Spend) -> tuple[str | int, ...]:
    """A spend as scripts take it."""
    return spend.key, spend.quota.limit, spend.quota.seconds, _text(spend.now), _text(LATE_SECONDS)


def _spent(quota: Quota, told: Sequence[Any]) -> QuotaState:
    """What a script says of a spend."""
    allowed, count, opened = told
    return QuotaState(bool(allowed), quota.limit, max(0, quota.limit - count), float(opened) + quota.seconds)


def _client(url: str) -> tuple[Redis, str, str]:
    """A client that connects when it is first used, in whichever process; the prefix of its keys; and where the server
    is, without its password. Raises ValueError.
    """
    server, _, query = url.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    prefix = options.pop("prefix", "mockserver:")
    # RESP2: its replies have the same shapes in all versions of redis-py.
    try:
        client = Redis.from_url(f"{server}?{urlencode(options)}", decode_responses=True, protocol=2, **TIMEOUTS)
        client.connection_pool.make_connection()
    except (TypeError, AttributeError) as error:
        raise ValueError(f"it cannot be read ({error})") from None
    except ValueError as error:
        told = str(error).startswith(("Invalid value", "Redis URL"))  # others may tell a part of a password
        why = str(error) if told else "its port is no number, or its password has / ? # [ in it, wanted %2F %3F %23 %5B"
        raise ValueError(f"it cannot be read ({why})") from None
    where = client.connection_pool.connection_kwargs
    place = where.get("path") or f"{where.get('host', 'localhost')}:{where.get('port', 6379)}"
    return client, prefix, place


def _json(document: Document) -> str:
    return json.dumps(document, default=dict)  # a map may be one that is put together when it is read


def _text(number: float | None) -> str:
    """A number as scripts take it, with all its digits; nothing for none."""
    return "" if number is None else repr(number)
