-- moves all workers from one network to the other
local net = 0

core.register_action("move", { "http-req" }, function(txn)
    net = 1 - net
    local n = 0
    for _, server in pairs(core.backends["workers"].servers) do
        n = n + 1
        server:set_addr(string.format("127.0.%d.%d", net, n % 250 + 1), 9080)
    end
end)
