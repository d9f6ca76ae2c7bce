local always, idle, since = ARGV[2], ARGV[3], ARGV[4]
if always == '' and not (used(name) and is_over(idle, since)) then return 0 end
return forget(name)
