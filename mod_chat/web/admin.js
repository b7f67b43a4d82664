/** @file admin.js <chat-admin>: what a page names in its script tag. */
import { ChatAdmin } from './admin/chat_admin.js';

if (!customElements.get('chat-admin'))
    customElements.define('chat-admin', ChatAdmin);

export { ChatAdmin };
