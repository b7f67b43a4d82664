/**
 * @file thread_style.js
 * How a thread looks (thread_view.js).
 */
import { sheet } from '../ui/tokens_style.js';

export const THREAD = sheet(`
.thread {
    position: relative; display: flex; flex-direction: column; flex: 1; min-block-size: 0; min-inline-size: 0;
    background: var(--surface);
}
.drop {
    position: absolute; inset: 8px; z-index: 3; display: grid; place-items: center; border: 2px dashed var(--link); border-radius: 14px;
    background: var(--surface); color: var(--link); opacity: 0.94; font-weight: 600;
}
.drop[hidden] { display: none; }
.drop p { display: flex; gap: 8px; align-items: center; padding: 16px; pointer-events: none; }
.log { position: relative; flex: 1; min-block-size: 0; display: flex; flex-direction: column; }
.scroller {
    flex: 1; min-block-size: 0; overflow-y: auto; overflow-anchor: none; overscroll-behavior: contain;
    padding: 0 16px 8px; scrollbar-width: thin; scrollbar-color: var(--line) transparent; scroll-padding-block: 2.4em 8px;
}
.scroller:focus-visible { outline-offset: -3px; }
.top {
    display: grid; justify-items: center; padding: 16px 0 8px; color: var(--muted); font-size: 0.87em;
    text-align: center;
}
.top[data-kind="empty"] { min-block-size: 100%; align-content: center; font-size: 1em; }
.top[data-kind="nothing"] { padding: 0; }
/* Blocks, not flex items: with 1,200 messages loaded, the layout of one more takes a fifth of the time. */
.items { display: block; }

.day { text-align: center; padding: 4px 0; margin: 10px 0 2px; color: var(--muted); font-size: 0.8em; font-weight: 600; }
/* The day of what is in sight stays at the top; the next one covers it. */
.day:not(.unread) { position: sticky; inset-block-start: 0; z-index: 1; background: var(--surface); }
.day.unread { display: flex; align-items: center; gap: 10px; color: var(--danger); }
.day.unread::before, .day.unread::after {
    content: ""; flex: 1; block-size: 1px; background: currentColor; opacity: 0.4;
}

.line {
    position: relative; display: flex; flex-direction: column; inline-size: fit-content; max-inline-size: min(82%, 38em);
    margin-block-start: 2px; border-radius: 18px;
}
.line.first { margin-block-start: 12px; }
.day + .line.first { margin-block-start: 2px; }
.line.own { margin-inline-start: auto; align-items: flex-end; }
.line.theirs { align-items: flex-start; }
.bubble {
    padding: 8px 13px; border-radius: 18px; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext;
    text-align: start; max-inline-size: 100%;
}
.theirs .bubble { background: var(--theirs); color: var(--text); border-end-start-radius: 6px; }
.theirs:not(.first) .bubble { border-start-start-radius: 6px; }
.theirs:not(.last) .bubble { border-end-start-radius: 6px; }
.own .bubble { background: var(--accent); color: var(--on-accent); border-end-end-radius: 6px; }
.own:not(.first) .bubble { border-start-end-radius: 6px; }
.own .bubble a { color: inherit; }
.own .bubble ::selection { background: rgb(255 255 255 / 35%); }
.bubble.large { padding: 2px 4px; font-size: 2.5em; line-height: 1.25; }
.line:not(.failed) .bubble.large { background: none; color: var(--text); }
.copy {
    position: absolute; inset-block-start: 2px; inset-inline-start: calc(100% + 4px); inline-size: 32px; block-size: 32px; display: grid;
    place-items: center; border-radius: 50%; color: var(--muted); background: var(--surface); opacity: 0;
}
.own .copy { inset-inline: auto calc(100% + 4px); }
.line:hover .copy, .line:focus-within .copy { opacity: 1; }
.copy:hover { background: var(--hover); color: var(--text); }
.copy .icon { inline-size: 1.2em; block-size: 1.2em; }
.pending:not(.failed) .foot { animation: late 0.2s 0.4s both; }
@keyframes late { from { opacity: 0; } }
.failed .bubble { background: var(--danger-soft); color: var(--text); box-shadow: inset 0 0 0 1px var(--danger); }
.failed .bubble a { color: var(--link); }
.name { margin: 0 4px 3px; font-size: 0.8em; font-weight: 600; color: var(--muted); }
.foot {
    display: flex; flex-wrap: wrap; gap: 0 4px; margin: 3px 4px 0; font-size: 0.8em; color: var(--muted);
    font-variant-numeric: tabular-nums;
}
.status { font-weight: 600; }
.failure { flex-direction: column; gap: 6px; align-items: flex-end; color: var(--danger); text-align: end; }
.failure p { display: flex; gap: 6px; align-items: flex-start; font-weight: 600; text-align: start; }
.failure .icon { inline-size: 1.3em; block-size: 1.3em; }
.actions { display: flex; gap: 8px; flex-wrap: wrap; justify-content: flex-end; }
.file {
    display: grid; grid-template-columns: auto minmax(0, 1fr) auto; align-items: center; gap: 10px; margin-block-start: 4px; padding: 9px 13px;
    border-radius: 14px; border: 1px solid var(--line); color: var(--text); text-decoration: none; text-align: start;
    max-inline-size: min(100%, 22rem); min-block-size: 44px;
}
.file:hover { background: var(--hover); }
.file bdi, .why bdi { display: block; font-weight: 600; overflow-wrap: anywhere; }
.file small { color: var(--muted); font-size: 0.87em; }
.file .icon { color: var(--link); }
/* The picture and what is said where it does not come are in the same place. */
.picture { display: grid; max-inline-size: 100%; margin-block-start: 4px; border-radius: 14px; overflow: hidden; background: var(--theirs); }
.picture > * { grid-area: 1 / 1; }
.picture img { inline-size: 100%; block-size: auto; min-block-size: 44px; max-block-size: 260px; object-fit: scale-down; }
.broken { min-inline-size: min(14rem, 100%); text-decoration: none; }
.broken img { visibility: hidden; }
.why { display: grid; gap: 2px; place-content: center; justify-items: center; padding: 10px; color: var(--text); font-size: 0.87em; text-align: center; }
/* A file on its way: in each element that shows the conversation, not only in the one that it was chosen in. */
.upload-picture { display: block; max-inline-size: 100%; block-size: auto; border-radius: 14px; margin-block-start: 4px; }
p.file { margin-block-end: 0; color: var(--text); }
.upload-foot { display: grid; gap: 6px; margin: 4px; min-inline-size: min(14em, 100%); font-size: 0.8em; color: var(--muted); }
.upload-foot .actions { flex-wrap: nowrap; justify-content: space-between; align-items: center; }
.upload-foot .plain { flex: none; }
.upload-foot .plain[aria-disabled] { opacity: 0.5; cursor: default; }
.progress { block-size: 6px; border-radius: 3px; overflow: hidden; background: var(--hover); box-shadow: inset 0 0 0 1px var(--edge); }
.progress i { display: block; block-size: 100%; inline-size: 0; background: var(--link); }
.progress[hidden] { display: none; }
/* The message that was looked for; the line around it is drawn where colours are the reader's own, too. */
.line[aria-current] { outline: 2px solid var(--link); outline-offset: 3px; animation: looked-for 1.2s ease-out; }
@keyframes looked-for { from { box-shadow: 0 0 0 9px var(--info-soft); } }
.new { animation: rise 0.18s ease-out; }
@keyframes rise { from { opacity: 0; transform: translateY(6px); } }

.typing {
    display: flex; align-items: center; gap: 8px; margin-block-start: 10px; color: var(--muted); font-size: 0.87em;
}
.dots { display: inline-flex; gap: 3px; padding: 8px 10px; border-radius: 14px; background: var(--theirs); }
.dots i {
    inline-size: 6px; block-size: 6px; border-radius: 50%; background: var(--muted);
    animation: blink 1.2s infinite;
}
.dots i:nth-child(2) { animation-delay: 0.15s; } .dots i:nth-child(3) { animation-delay: 0.3s; }
@keyframes blink { 0%, 60%, 100% { opacity: 0.35; } 30% { opacity: 1; } }

.newest {
    position: absolute; inset-block-end: 10px; inset-inline: 0; margin-inline: auto; inline-size: max-content;
    display: flex; gap: 6px; align-items: center;
    min-block-size: 36px; padding: 0 14px; border-radius: 999px; background: var(--surface); color: var(--link);
    font-weight: 600; font-size: 0.87em;
    box-shadow: var(--shadow);
}
.newest .icon { inline-size: 1.3em; block-size: 1.3em; }

.composer {
    position: relative; display: flex; align-items: flex-end; gap: 8px;
    padding: 10px 12px calc(12px + env(safe-area-inset-bottom, 0px)); border-block-start: 1px solid var(--line);
}
.field {
    flex: 1; min-inline-size: 0; display: grid; grid-template-columns: minmax(0, 1fr) auto auto; align-items: end; border: 1px solid var(--edge); border-radius: 22px; background: var(--surface);
}
.field:focus-within { border-color: var(--link); box-shadow: 0 0 0 1px var(--link); }
.field textarea {
    display: block; inline-size: 100%; border: 0; background: none; resize: none; padding: 10px 15px;
    min-block-size: 42px; max-block-size: min(9em, 30vh);
    line-height: 1.45; font-size: max(1em, 16px); overflow-y: auto;
}
.field textarea:focus-visible { outline: none; }
.field textarea::placeholder { color: var(--muted); opacity: 1; }
.field textarea:read-write::placeholder { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.field textarea:has(+ .clip:not([hidden])) { padding-inline-end: 4px; }
.field .emoji, .field .clip { inline-size: 36px; block-size: 36px; margin: 3px; }
.field .clip:not([hidden]) + .emoji:not([hidden]) { margin-inline-start: 0; }
.count {
    grid-column: 1 / -1; padding: 0 15px 7px; font-size: 0.8em; color: var(--muted); text-align: end;
    font-variant-numeric: tabular-nums;
}
.count.over { color: var(--danger); font-weight: 600; }
.send {
    inline-size: 44px; block-size: 44px; flex: none; display: grid; place-items: center; border-radius: 50%;
    background: var(--accent); color: var(--on-accent);
    transition: background-color 0.12s, transform 0.12s;
}
.send:hover { filter: brightness(1.08); }
.send:active { transform: scale(0.95); }
.send[aria-disabled] { background: var(--hover); color: var(--muted); cursor: default; filter: none; transform: none; }
@media (forced-colors: active) {
    .field { border-color: FieldText; } .send { border: 1px solid; }
    .progress { border: 1px solid; } .progress i { background: Highlight; forced-color-adjust: none; }
}
`);
