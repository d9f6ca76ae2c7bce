local found = {redis.call('XLEN', of(name, 'journal')), redis.call('HGET', dropped, name) or 0}
for _, entry in ipairs(redis.call('XRANGE', of(name, 'journal'), ARGV[2], '+')) do
  found[#found + 1] = string.match(entry[1], '^%d+')
  found[#found + 1] = entry[2][2]
end
return found
