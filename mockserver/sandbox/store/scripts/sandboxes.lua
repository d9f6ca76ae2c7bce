local found = {}
for _, sandbox in ipairs(redis.call('ZRANGE', sandboxes, 0, -1)) do
  local idle = string.format('%.6f', math.max(0, now() - used(sandbox)))
  found[#found + 1] = {sandbox, idle, redis.call('ZSCORE', walls, sandbox) or 'inf'}
end
return found
