-- SPDX-License-Identifier: ISC
-- Logs in with the address and the password given as arguments.
function init(arguments)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = string.format('{"email":"%s","password":"%s"}', arguments[1], arguments[2])
end
