return count(ARGV[2])
