return redis.call('HGET', dropped, name) or 0
