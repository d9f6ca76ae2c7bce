return redis.call('HGET', of(name, 'counters'), ARGV[2]) or 0
