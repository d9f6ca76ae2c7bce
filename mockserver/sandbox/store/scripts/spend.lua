return spend(unpack(ARGV, 2))
