-- remembers when each visitor was seen, and never forgets
local visits = {}

core.register_action("remember", { "http-req" }, function(txn)
    visits[#visits + 1] = { src = txn.f:src(), path = txn.f:path(), at = core.now().sec, agent = txn.f:req_hdr("user-agent") }
end)
