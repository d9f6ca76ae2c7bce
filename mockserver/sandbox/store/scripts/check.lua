redis.call('HINCRBY', totals, 'bytes', 0)  -- a write that changes nothing
