local part, document, expected, wall, most, anew = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local there = used(name)
local version = redis.call('HGET', of(name, 'versions'), part) or '0'
if version ~= expected or not (there or part == SETTINGS) then return 0 end
if not there and name ~= DEFAULT and most ~= '' then
  local others = redis.call('ZCARD', sandboxes) - (used(DEFAULT) and 1 or 0)
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
