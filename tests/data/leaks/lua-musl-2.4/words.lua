-- makes a short-lived table of the request's words
core.register_action("words", { "http-req" }, function(txn)
    local words = {}
    for word in string.gmatch(txn.f:path(), "[^/]+") do
        words[#words + 1] = { text = word, upper = string.upper(word) }
    end
    txn:set_var("txn.words", #words)
end)
