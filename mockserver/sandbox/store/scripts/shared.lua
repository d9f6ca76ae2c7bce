-- Begins every script: KEYS[1] is the prefix of our keys, ARGV[1] the sandbox.
local prefix, name = KEYS[1], ARGV[1]
local sandboxes, walls, journals = prefix .. 'sandboxes', prefix .. 'walls', prefix .. 'journals'
local dropped, totals = prefix .. 'dropped', prefix .. 'totals'
local SETTINGS, DEFAULT = 'settings', 'default'  -- as in store/__init__.py

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

-- Whether an existing sandbox has expired; each argument may be ''.
local function is_over(idle, since)
  if idle ~= '' and now() - used(name) > tonumber(idle) then return true end
  return since ~= '' and tonumber(redis.call('ZSCORE', walls, name) or 'inf') < tonumber(since)
end

-- A number that was never given out before. It follows the clock, so a server that lost its data repeats none.
local function fresh(what)
  local time = redis.call('TIME')
  local last = tonumber(redis.call('HGET', totals, what) or 0)
  local number = string.format('%.0f', math.max(last + 1, time[1] * 100000 + math.floor(time[2] / 10)))
  redis.call('HSET', totals, what, number)
  return number
end

-- Adds bytes (negative: removes) to the size of a journal; returns its new size.
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
