/** @file bell_panel_style.js How what is in the dialog of the bell looks: its list, and the settings. */
import { sheet } from '../ui/tokens_style.js';

export const PANEL = sheet(`
.notices { flex: none; }
.notices > .notice { margin-block: 8px 0; }
.view { flex: 1; min-block-size: 0; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin; display: flex; flex-direction: column; }
.view > .empty { flex: 1; }
.foot { display: flex; flex-wrap: wrap; gap: 8px; justify-content: space-between; align-items: center; padding: 10px 14px; border-block-start: 1px solid var(--line); }
.foot:not(:has(:not([hidden]))) { display: none; }
.foot a { min-block-size: 24px; font-size: 0.93em; margin-inline-start: auto; }
form { display: grid; gap: 18px; padding: 16px 18px; }
fieldset { display: grid; gap: 6px; margin: 0; padding: 0; border: 0; min-inline-size: 0; }
.view > fieldset { padding: 16px 18px 0; }
legend { padding: 0; margin-block-end: 6px; font-weight: 650; }
label { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; min-block-size: 28px; }
label > span { flex: 1; min-inline-size: 0; overflow-wrap: anywhere; }
.field { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px; }
input[type="radio"], input[type="checkbox"] { inline-size: 18px; block-size: 18px; flex: none; accent-color: var(--accent); }
select, input[type="time"] {
    min-block-size: 36px; padding: 4px 8px; max-inline-size: 100%; border: 1px solid var(--edge); border-radius: 8px;
    color: var(--text); background: var(--surface);
}
[aria-invalid="true"] { border-color: var(--danger); outline-color: var(--danger); }
.times { display: flex; flex-wrap: wrap; gap: 8px 20px; }
.note { color: var(--muted); font-size: 0.87em; overflow-wrap: anywhere; }
.wrong { color: var(--danger); font-size: 0.87em; }
.failing { display: grid; gap: 8px; justify-items: start; padding: 10px 12px; border-radius: 10px; background: var(--warn-soft); color: var(--on-soft); }
.buttons { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; }
.buttons .primary { min-block-size: 40px; padding-inline: 22px; }
`);
