-- The requests of `make bench`, for wrk: wrk … -s wrk.lua <url> -- <case> <members> <churches> <threads> <run> [file [inbox]]
--
-- <run> is a word of 12 letters that no other run has: client ids begin with it. Every thread walks
-- over the conversations, or the users, in an order of its own; texts that repeat are made once.

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(text)
    local out = {}

    for i = 1, #text, 3 do
        local a, b, c = text:byte(i, i + 2)
        local n = a * 65536 + (b or 0) * 256 + (c or 0)

        for k = 3, 0, -1 do
            local digit = math.floor(n / 64 ^ k) % 64 + 1
            table.insert(out, alphabet:sub(digit, digit))
        end
    end
    local text64 = table.concat(out)
    local spare = (3 - #text % 3) % 3
    return text64:sub(1, #text64 - spare) .. ("="):rep(spare)
end

-- The head of a request, without the empty line.
local function head(method, path, user, more)
    return method .. " " .. path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\nAuthorization: Basic "
        .. base64(user .. ":bench") .. "\r\n" .. (more or "")
end

local function with_body(start, body)
    return start .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

local json = "Content-Type: application/json\r\n"
local members, churches, conversations, count, run, file
local inbox -- of t/bench/inboxes.sql: what stands before its conversations and people, and how many

local function member_of(c)
    return math.floor((c + 9) / 10)
end

local function messages_of(c, query)
    return "/api/conversations/" .. c .. "/messages/" .. query
end

local function random_conversation()
    return math.random(conversations)
end

local function random_member()
    return math.random(members)
end

local function always_one()
    return 1
end

-- Texts that repeat: which(), and text(what it gave), kept.
local function repeated(which, text)
    local made = {}

    return function()
        local n = which()
        local known = made[n]

        if not known then
            known = text(n)
            made[n] = known
        end
        return known
    end
end

local function get(path, user, more)
    return head("GET", path, user, more) .. "\r\n"
end

local function bare_of(c)
    return "/bench/bare/" .. c
end

local function message_id(c, seq)
    local sitting = math.floor((seq - 1) / 10)
    local turn = (c * 7919 + sitting * 104729) % conversations

    return sitting * conversations * 10 + turn * 10 + (seq - 1) % 10 + 1
end

-- One message more is read each time, in one conversation after the other.
local function reading()
    local step = number

    return function()
        local own = members * 2 -- conversations in which much is unread
        local c = (step % own + 1) * 5
        local seq = 11 + math.floor(step / own)

        step = step + count
        return with_body(head("POST", "/api/conversations/" .. c .. "/read/", member_of(c), json),
                         string.format('{"up_to":%d}', message_id(c, seq)))
    end
end

local function message(sent)
    return string.format(
        '{"content":"Good morning! Is there room for two more at the table on Sunday, number %08d?",'
            .. '"client_id":"%s-%d-%08d"}', sent, run, number, sent)
end

local function sending(path_of)
    local sent = 0
    local made = repeated(random_conversation, function(c)
        return head("POST", path_of(c, ""), member_of(c), json)
    end)

    return function()
        sent = sent + 1
        return with_body(made(), message(sent))
    end
end

-- Whose conversation it is, and which staff answer there.
local function drawn()
    local c = random_conversation()
    local m = member_of(c)

    return c, m, members + (m - 1 + c % 10 * math.floor(churches / 10)) % churches + 1
end

local function drawn_of_inbox()
    local n = math.random(inbox.count) - 1

    return inbox.conversation + n + 1, inbox.member + n % inbox.size + 1,
           inbox.staff + math.floor(n / inbox.size) + 1
end

-- A member writes, and the staff read it.
local function exchanging(draw)
    local sent = 0
    local reading

    return function()
        local text = reading

        reading = nil
        if not text then
            local c, m, s = draw()

            sent = sent + 1
            text = with_body(head("POST", messages_of(c, ""), m, json), message(sent))
            reading = with_body(head("POST", "/api/conversations/" .. c .. "/read/", s, json), "{}")
        end
        return text
    end
end

local function paging(path_of)
    return repeated(random_conversation, function(c)
        return get(path_of(c, "?limit=50"), member_of(c))
    end)
end

local function plain(path)
    return function()
        return repeated(always_one, function() return get(path, 1) end)
    end
end

-- A static file, for which nobody needs to log in.
local function file_of(path)
    return function()
        return repeated(always_one, function()
            return "GET " .. path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n"
        end)
    end
end

local cases = {
    noop = plain("/bench/noop"),
    shmcb = plain("/bench/shmcb"),
    static = file_of("/static.json"),
    ["static-list"] = file_of("/list.json"),
    list = function()
        return repeated(random_member, function(m) return get("/api/conversations/", m) end)
    end,
    inbox = function()
        return repeated(function() return members + math.random(churches) end,
                        function(m) return get("/api/conversations/?limit=200", m) end)
    end,
    page = function() return paging(messages_of) end,
    ["bare-page"] = function() return paging(bare_of) end,
    unread = function()
        return repeated(random_member, function(m) return get("/api/conversations/unread/", m) end)
    end,
    unchanged = function()
        local known = {}

        for line in io.lines(file) do
            local c, etag = line:match("^(%d+) (.+)$")
            table.insert(known, {tonumber(c), etag})
        end
        return repeated(function() return math.random(#known) end, function(n)
            local c, etag = known[n][1], known[n][2]
            return get(messages_of(c, "?limit=50"), member_of(c), "If-None-Match: " .. etag .. "\r\n")
        end)
    end,
    send = function() return sending(messages_of) end,
    ["bare-send"] = function() return sending(bare_of) end,
    read = reading,
    exchange = function() return exchanging(drawn) end,
    ["inbox-exchange"] = function() return exchanging(drawn_of_inbox) end,
    ["inbox-list"] = function()
        return function()
            local c, m, s = drawn_of_inbox()
            return get("/api/conversations/?limit=10", s)
        end
    end,
    ["inbox-unread"] = function()
        return function()
            local c, m, s = drawn_of_inbox()
            return get("/api/conversations/unread/", s)
        end
    end,
    ["inbox-page"] = function()
        return function()
            local c, m, s = drawn_of_inbox()
            return get(messages_of(c, "?limit=10"), s)
        end
    end,
    ["inbox-send"] = function()
        local sent = 0

        return function()
            local c, m, s = drawn_of_inbox()

            sent = sent + 1
            return with_body(head("POST", messages_of(c, ""), s, json), message(sent))
        end
    end,
    -- Requests from a file: method, path, a field, and a body or nothing.
    lines = function()
        local known = {}

        for line in io.lines(file) do
            local method, path, field, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
            local start = method .. " " .. path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n" .. field .. "\r\n"

            table.insert(known, body == "" and start .. "\r\n" or with_body(start .. json, body))
        end
        return function() return known[math.random(#known)] end
    end,
    typing = function()
        return repeated(random_conversation, function(c)
            return with_body(head("POST", "/api/conversations/" .. c .. "/typing/", member_of(c), json),
                             '{"is_typing":true}')
        end)
    end,
}

function init(args)
    members, churches, count = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
    run, file = args[5], args[6]
    inbox = {conversation = tonumber(args[7]), size = tonumber(args[8]), member = tonumber(args[9]),
             staff = tonumber(args[10]), count = tonumber(args[11])}
    conversations = members * 10
    math.randomseed(tonumber(run, 16) % 2147483647 + number * 7)
    request = cases[args[1]]()
end

-- One line for t/bench/run: requests, µs, µs of half and of 99 %, errors of sockets, answers over 399.
function done(summary, latency, requests)
    local e = summary.errors

    io.write(string.format("bench: %d %d %d %d %d %d\n", summary.requests, summary.duration,
                           latency:percentile(50), latency:percentile(99),
                           e.connect + e.read + e.write + e.timeout, e.status))
end
