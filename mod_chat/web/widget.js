/** @file widget.js <chat-widget>: what a page names in its script tag. */
import { ChatWidget } from './widget/chat_widget.js';

if (!customElements.get('chat-widget'))
    customElements.define('chat-widget', ChatWidget);

export { ChatWidget };
