redis.call('HSETNX', totals, 'instance', ARGV[2])
return redis.call('HGET', totals, 'instance')
