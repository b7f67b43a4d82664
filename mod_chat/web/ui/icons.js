/**
 * @file icons.js
 * The pictures that the launcher does not need; who uses icon() for one of them imports this file.
 */
import { addIcons } from './dom.js';

addIcons([
    ['back', 'M15 5l-7 7 7 7'],
    ['send', 'M4 12h15M13 6l6 6-6 6'],
    ['down', 'M6 9l6 6 6-6'],
    ['alert', 'M12 8v5M12 16.5v.01M12 3.5l9.5 17h-19Z'],
    ['file', 'M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8ZM14 3v5h5'],
    ['document', 'M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8ZM14 3v5h5M9 13h6M9 17h6'],
    ['image', 'M4 5h16v14H4ZM4 16l5-5 6 6 2-2 3 3M15.5 9v.01'],
    ['save', 'M12 4v11M7 11l5 5 5-5M5 20h14'],
    ['clip', 'M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.6-8.6a3.4 3.4 0 0 1 4.8 4.8l-8.6 8.6a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8'],
    ['search', 'M11 4a7 7 0 1 1 0 14a7 7 0 0 1 0-14ZM16 16l4.5 4.5'],
    ['check', 'M5 12.5l4.5 4.5L19 7'],
    ['copy', 'M9 9h11v11H9ZM5 15H4V4h11v1'],
    ['smile', 'M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18ZM8 14a4.5 4.5 0 0 0 8 0M9 9.5v.01M15 9.5v.01'],
]);
