/**
 * @file texts.js
 * For pages that bring a language of their own, before the scripts of their elements:
 *
 *     <script type="module" src="/french.js"></script>      import { addLanguage } from '/chat/texts.js';
 *     <script type="module" src="/chat/widget.js"></script>  addLanguage('fr', { messages: 'Messages', … });
 */
export { addLanguage } from './i18n/i18n.js';
