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
