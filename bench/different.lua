-- wrk: every request another query, line by line from a file: wrk -s different.lua <url> -- <file>
dofile(debug.getinfo(1, "S").source:match("^@(.*)/") .. "/report.lua")

local queries, path

init = function(args)
  queries, path = assert(io.open(args[1])), wrk.path
end

request = function()
  local query = queries:read("*l")
  if not query then
    queries:seek("set")
    query = queries:read("*l")
  end
  return wrk.format(nil, path .. "?" .. query)
end
