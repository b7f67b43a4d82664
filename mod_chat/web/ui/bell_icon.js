/** @file bell_icon.js The picture of a bell: <chat-bell>'s button loads no other of icons.js. */
import { addIcons } from './dom.js';

addIcons([['bell', 'M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15ZM10 21h4']]);
