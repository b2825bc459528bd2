-- SPDX-License-Identifier: ISC
-- Registers a medium with each request.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"title":"Benchmark","type":"video","file_url":"https://localhost:8443/film.mp4"}'
