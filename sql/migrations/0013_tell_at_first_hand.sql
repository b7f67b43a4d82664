-- Who posts a message answers with all that others are told of it, so that the process which knows of
-- it first need not ask again. The function that does so has more to give back, and is loaded anew after
-- this file; what is asked in between is answered with 503, and asked again.
drop function if exists chat.post_message(bigint, bigint, text, text, text);
