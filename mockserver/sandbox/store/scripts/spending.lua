local function spend(key, limit, seconds, now, late)
  local opened, count = string.match(redis.call('HGET', of(name, 'windows'), key) or now .. ' 0', '^(%S+) (%d+)$')
  if not (tonumber(opened) - late <= tonumber(now) and tonumber(now) < tonumber(opened) + seconds) then
    opened, count = now, 0  -- the window has ended, or the clock was set back
  end
  count = tonumber(count)
  local allowed = count < tonumber(limit)
  if allowed then
    count = count + 1
    if used(name) then redis.call('HSET', of(name, 'windows'), key, opened .. ' ' .. count) end
  end
  return {allowed and 1 or 0, count, opened}
end
