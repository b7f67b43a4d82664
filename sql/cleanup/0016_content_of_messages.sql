-- Content may be empty where there is a file (0016). Reads all messages, and blocks no writer.
alter table chat.messages validate constraint messages_content_check
