local text, size = ARGV[2], ARGV[3]
local most, most_bytes, most_of_all = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local id = fresh('id')
if not used(name) then return id end

-- Drops a journal's oldest entry; returns the journal's new size, nil when it has no entry.
local function drop_oldest(sandbox)
  local oldest = redis.call('XRANGE', of(sandbox, 'journal'), '-', '+', 'COUNT', 1)[1]
  if not oldest then return nil end
  redis.call('XDEL', of(sandbox, 'journal'), oldest[1])
  redis.call('HINCRBY', dropped, sandbox, 1)
  return grow(sandbox, 0 - string.match(oldest[1], '%d+$'))
end

-- Sets the size of an empty journal to zero: another client may have changed our keys.
local function clear_size(sandbox)
  grow(sandbox, 0 - (redis.call('ZSCORE', journals, sandbox) or 0))
end

if redis.call('XLEN', of(name, 'journal')) == 0 then clear_size(name) end
redis.call('XADD', of(name, 'journal'), id .. '-' .. size, 'entry', text)
local bytes = grow(name, size)
while bytes and (redis.call('XLEN', of(name, 'journal')) > most or bytes > most_bytes) do
  bytes = drop_oldest(name)
end
local function all() return tonumber(redis.call('HGET', totals, 'bytes')) end
if all() > most_of_all then
  while all() > most_of_all - math.floor(most_of_all / 64) do  -- well below the bound: finding the largest journal takes time
    local sandbox, left = unpack(redis.call('ZREVRANGE', journals, 0, 0, 'WITHSCORES'))
    left = tonumber(left)
    if left == 0 then  -- another client has changed our keys
      redis.call('HSET', totals, 'bytes', 0)
      break
    end
    local enough = left - math.max(1, math.floor(left / 64))
    while left and left > enough do left = drop_oldest(sandbox) end
    if not left then clear_size(sandbox) end
  end
end
return id
