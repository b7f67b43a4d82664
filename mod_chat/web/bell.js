/** @file bell.js <chat-bell>: what a page names in its script tag. */
import { ChatBell } from './bell/chat_bell.js';

if (!customElements.get('chat-bell'))
    customElements.define('chat-bell', ChatBell);

export { ChatBell };
