-- one task works off what the requests hand over
local jobs = core.queue()
local done = 0

core.register_action("enqueue", { "http-req" }, function(txn)
    jobs:push(txn.f:path())
end)

core.register_task(function()
    while true do
        local path = jobs:pop_wait()
        if path ~= nil then
            done = done + 1
        end
    end
end)
