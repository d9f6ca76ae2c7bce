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
