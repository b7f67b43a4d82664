/**
 * @file inbox.js
 * Registers <chat-inbox>: the one script that a page includes. The class is in inbox/chat_inbox.js.
 */
import { ChatInbox } from './inbox/chat_inbox.js';

if (!customElements.get('chat-inbox'))
    customElements.define('chat-inbox', ChatInbox);
