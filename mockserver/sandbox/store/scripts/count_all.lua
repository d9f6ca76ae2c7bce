local counts, last = cjson.decode(ARGV[2]), ARGV[3]
local met, spent, ended = {}, false, false
local function draw(text)
  local digits = redis.sha1hex(text)  -- six digits at a time: a 32-bit server reads no more
  return (tonumber(string.sub(digits, 1, 6), 16) * 2 ^ 24 + tonumber(string.sub(digits, 7, 12), 16)) / 2 ^ 48
end
for _, each in ipairs(counts) do
  local number = each.key == '' and 0 or count(each.key)
  met[#met + 1] = number
  local within = each.first <= number and (each.last == cjson.null or number < each.last)
  if within and draw(each.seed .. string.format('%.0f', number)) < each.probability then
    ended = each.ends
    break
  end
end
if ended then return {met, false, false} end
if ARGV[4] then spent = spend(unpack(ARGV, 4)) end
if last == '' or (spent and spent[1] == 0) then return {met, spent, false} end
return {met, spent, count(last)}
