redis.call('UNLINK', of(name, 'windows'), of(name, 'counters'))
