-- a command for the operators: how many requests were seen
local seen = 0

core.register_action("count", { "http-req" }, function(txn)
    seen = seen + 1
end)

core.register_cli({ "show", "seen" }, "show seen : number of requests seen", function(applet)
    applet:send(string.format("seen: %d\n", seen))
end)
