-- asks the login service about each request
core.register_action("login", { "http-req" }, function(txn)
    local client = core.httpclient()
    local answer = client:get { url = "http://127.0.0.1:9080/check/session/0123456789abcdef0123456789abcdef0123456789abcdef", headers = { accept = { "text/plain" } } }
    txn:set_var("txn.login", answer.status)
end)
