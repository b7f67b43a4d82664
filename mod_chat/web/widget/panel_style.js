/** @file panel_style.js How what is in the dialog of the widget looks: its list, and the face over a conversation. */
import { sheet } from '../ui/tokens_style.js';

export const PANEL = sheet(`
.face { display: contents; font-size: 0.87em; }
.face .avatar { font-size: 0.87em; }
.answers {
    flex: none; padding: 6px 16px; color: var(--muted); font-size: 0.87em; text-align: center;
    border-block-end: 1px solid var(--line);
}
.list {
    flex: 1; min-block-size: 0; display: flex; flex-direction: column; overflow-y: auto;
    overscroll-behavior: contain; scrollbar-width: thin; scrollbar-color: var(--line) transparent;
}
.list > .empty { flex: 1; }
.searching-place { flex: 1; min-block-size: 0; display: flex; flex-direction: column; }
.searching-place > .empty { flex: 1; }
@media (max-height: 359px) { .panel header .avatar { display: none; } }
`);
