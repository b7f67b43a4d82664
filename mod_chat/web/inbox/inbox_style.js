/**
 * @file inbox_style.js
 * How the inbox looks (chat_inbox.js): two panes, or from 44 rem downwards one over the other.
 * Besides what ui/tokens_style.js offers, a page may set --chat-border and --chat-radius of the box.
 */
import { sheet } from '../ui/tokens_style.js';

export const INBOX = sheet(`
:host { display: block; min-block-size: 18rem; block-size: 100%; container-type: inline-size; }
:host([hidden]) { display: none; }
.inbox:focus-visible { outline: none; }
.inbox {
    position: relative; display: grid; grid-template-columns: minmax(17rem, 24rem) minmax(0, 1fr); grid-template-rows: minmax(0, 1fr);
    block-size: 100%; overflow: hidden; background: var(--surface); border: var(--chat-border, 1px solid var(--line)); border-radius: var(--chat-radius, 14px);
}
.pane { display: flex; flex-direction: column; min-block-size: 0; min-inline-size: 0; background: var(--surface); }
.pane.list { border-inline-end: 1px solid var(--line); }
.inbox:not(.is-open) .talk > :not(.choose), .inbox.is-open .choose { display: none; }
.choose { flex: 1; }
.choose .icon { inline-size: 3em; block-size: 3em; stroke-width: 1.4; margin-block-end: 8px; }
.keys { display: grid; gap: 8px; margin: 16px 0 0; text-align: start; font-size: 0.93em; }
.keys div { display: grid; grid-template-columns: 6em auto; gap: 12px; align-items: center; }
.keys dt { display: flex; gap: 4px; justify-content: flex-end; }
.keys dd { margin: 0; }
kbd {
    min-inline-size: 1.9em; padding: 1px 7px; border: 1px solid var(--line); border-block-end-width: 2px; border-radius: 6px; background: var(--raised);
    font: inherit; font-size: 0.93em; text-align: center; color: var(--text);
}
@media (hover: none) { .keys { display: none; } }

/* ---- Over the list ---- */
.filters { display: grid; gap: 8px; padding: 12px; border-block-end: 1px solid var(--line); }
.first { display: flex; align-items: center; gap: 4px; }
.first .tool { margin-inline-end: -6px; }
.search { flex: 1; min-inline-size: 0; position: relative; display: grid; align-items: center; }
.search .icon { position: absolute; inset-inline-start: 12px; color: var(--muted); pointer-events: none; inline-size: 1.3em; block-size: 1.3em; }
.input {
    inline-size: 100%; min-inline-size: 0; min-block-size: 42px; padding: 8px 14px; border: 1px solid var(--edge); border-radius: 999px;
    background: var(--surface); font-size: max(1em, 16px);
}
.search .input { padding-inline-start: 40px; }
.input::placeholder { color: var(--muted); opacity: 1; }
.input:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
.choices { display: flex; flex-wrap: wrap; gap: 8px; }
.select { position: relative; flex: 1 1 9rem; min-inline-size: 0; display: grid; align-items: center; }
.select .input { min-block-size: 36px; padding-block: 4px; padding-inline-end: 36px; font-size: max(0.93em, 16px); text-overflow: ellipsis; appearance: none; cursor: pointer; }
.select .icon { position: absolute; inset-inline-end: 12px; inline-size: 1.2em; block-size: 1.2em; color: var(--muted); pointer-events: none; }
.select option { background: var(--surface); color: var(--text); }
.chip, .filters .scope {
    position: relative; display: inline-flex; align-items: center; gap: 8px; min-block-size: 36px; padding: 4px 16px; border: 1px solid var(--edge); border-radius: 999px;
    font-weight: 600; font-size: 0.93em; background: var(--surface);
}
.chip:hover, .filters .scope:hover { background: var(--hover); }
.chip[aria-pressed="true"] { background: var(--accent); border-color: transparent; color: var(--on-accent); }
.list > .notices { padding-block-start: 8px; }
.list > .notices:not(:has(.notice:not([hidden]))) { padding: 0; }

/* ---- The list ---- */
.scroll { flex: 1; min-block-size: 0; display: flex; flex-direction: column; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
.scroll > .empty { flex: 1; }
.scroll.is-searching > .empty { flex: none; padding: 8px 16px; }
.filters .scope { max-inline-size: 100%; overflow-wrap: anywhere; text-align: start; }
.filters .scope .icon { inline-size: 1.2em; block-size: 1.2em; }
.scroll > .empty .plain { margin-block-start: 12px; min-block-size: 36px; }

/* ---- Over the conversation ---- */
.head { display: flex; align-items: center; gap: 12px; padding: 10px 16px; min-block-size: 64px; border-block-end: 1px solid var(--line); }
.head .back { display: none; margin-inline-start: -10px; }
.names { flex: 1; min-inline-size: 0; }
.title { font-size: 1.07em; font-weight: 650; line-height: 1.3; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.title:focus-visible { outline-offset: 0; }
.head .plain { flex: none; min-block-size: 36px; }
.names .of { font-size: 0.87em; color: var(--muted); }
.strip { display: flex; align-items: center; gap: 8px; padding: 8px 16px; background: var(--warn-soft); color: var(--on-soft); font-size: 0.93em; }
.strip .icon { inline-size: 1.3em; block-size: 1.3em; }
.strip.wrong { background: var(--danger-soft); }

dialog {
    inline-size: min(26rem, calc(100vw - 32px)); padding: 24px; border: 0; border-radius: 16px; background: var(--surface); color: var(--text);
    box-shadow: var(--shadow);
}
dialog::backdrop { background: rgb(10 14 22 / 55%); }
dialog h2 { font-size: 1.2em; font-weight: 650; margin-block-end: 8px; overflow-wrap: anywhere; }
dialog p { color: var(--muted); overflow-wrap: anywhere; }
dialog .wrong:not(:empty) { margin-block-start: 12px; color: var(--danger); }
.buttons { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 10px; margin-block-start: 20px; }
.buttons > * { min-block-size: 40px; padding-inline: 20px; }
.primary.danger { background: #b3231b; color: #fff; }

/* ---- One pane ---- */
@container (max-width: 44rem) {
    .inbox { grid-template-columns: minmax(0, 1fr); }
    .pane { position: absolute; inset: 0; }
    .pane.list { border: 0; }
    .inbox.is-open .list, .inbox:not(.is-open) .talk { visibility: hidden; }
    .inbox.is-open .talk { animation: arrive 0.16s ease-out; }
    .head { padding-inline: 12px; }
    .head .back { display: grid; }
}
@keyframes arrive { from { opacity: 0; transform: translateX(12px); } }
@container (max-width: 22rem) { .face { display: none; } }
@media (forced-colors: active) {
    .chip[aria-pressed="true"] { background: Highlight; color: HighlightText; forced-color-adjust: none; }
}
`);
