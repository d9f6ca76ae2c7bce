local function count(key)
  if not used(name) then return 0 end
  return redis.call('HINCRBY', of(name, 'counters'), key, 1) - 1
end
