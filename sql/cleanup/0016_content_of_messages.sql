-- Content may be empty where there is a file (0016). Looks at all messages, in the way of nobody who writes.
alter table chat.messages validate constraint messages_content_check
