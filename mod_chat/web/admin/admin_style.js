/** @file admin_style.js How the administration looks (chat_admin.js): the menu beside the page, or above it from 52 rem downwards. */
import { sheet } from '../ui/tokens_style.js';

export const ADMIN = sheet(`
:host { display: block; container-type: inline-size; background: var(--surface); --bar-0: var(--link); --bar-1: #1c8a6f; }
h3, h4, dl, dd, figure { margin: 0; padding: 0; font: inherit; }
.admin { display: grid; grid-template-columns: 12rem minmax(0, 1fr); gap: 24px; padding: 16px; }
.quiet { color: var(--muted); font-size: 0.93em; }
.wrong { color: var(--danger); }
.wrong:empty, .done:empty, .busy:empty { display: none; }
.done { margin-block-end: 12px; padding: 8px 12px; border-radius: 12px; background: var(--info-soft); color: var(--on-soft); }
.page { min-inline-size: 0; }
.page > h2 { font-size: 1.4em; font-weight: 650; margin-block-end: 12px; overflow-wrap: anywhere; }
.page > h2:focus-visible, .card:focus-visible h3:focus-visible { outline: none; }
h3 { font-size: 1.07em; font-weight: 650; margin-block-end: 8px; }
.page > .notices .notice { margin-inline: 0; }
.danger { color: var(--danger); }
.primary.danger { background: #b3231b; color: #fff; }
.link { color: var(--link); text-decoration: underline; text-underline-offset: 2px; }
button[aria-disabled] { opacity: 0.55; cursor: default; }
a.plain { display: inline-flex; align-items: center; text-decoration: none; }
.plain, .primary { min-block-size: 36px; }

/* ---- The menu ---- */
.menu ul { display: grid; gap: 2px; position: sticky; inset-block-start: 16px; }
.menu a { display: block; padding: 8px 12px; border-radius: 10px; color: inherit; text-decoration: none; white-space: nowrap; }
.menu a:hover { background: var(--hover); }
.menu a[aria-current] { background: var(--hover); font-weight: 650; box-shadow: inset 3px 0 var(--link); }

/* ---- The first page ---- */
.overview { display: grid; gap: 20px; }
.overview > h3 { margin-block-end: -8px; }
.totals { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 12px; }
.totals li > * { display: grid; gap: 2px; padding: 12px 16px; border: 1px solid var(--line); border-radius: 14px; color: inherit; text-decoration: none; block-size: 100%; }
.totals a:hover { background: var(--hover); }
.totals strong { font-size: 1.5em; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; }
.totals span { color: var(--muted); }
.cards, .plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: 16px; }
.card { padding: 16px; border: 1px solid var(--line); border-radius: 14px; min-inline-size: 0; }
.card dl div { display: flex; justify-content: space-between; gap: 12px; padding: 4px 0; }
.card dd { text-align: end; overflow-wrap: anywhere; min-inline-size: 0; }
figcaption strong { font-weight: 650; font-variant-numeric: tabular-nums; }
.plot { display: block; inline-size: 100%; block-size: 80px; margin-block-start: 6px; }
.plot .axis { stroke: var(--edge); vector-effect: non-scaling-stroke; }
.series-0 { fill: var(--bar-0); } .series-1 { fill: var(--bar-1); }
.key { display: flex; gap: 16px; font-size: 0.87em; color: var(--muted); }
.key span::before { content: ""; display: inline-block; inline-size: 0.7em; block-size: 0.7em; margin-inline-end: 6px; border-radius: 2px; background: var(--bar-0); }
.key .key-1::before { background: var(--bar-1); }
summary { cursor: pointer; min-block-size: 32px; padding-block: 4px; color: var(--link); inline-size: fit-content; }

/* ---- Lists ---- */
.list-view { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 20px; align-items: start; }
.list-view > * { min-inline-size: 0; }
.filters { display: grid; gap: 10px; }
.fold > summary { display: none; }
.field { display: grid; gap: 2px; }
.field label, .question label { font-size: 0.87em; font-weight: 600; color: var(--muted); }
.field input:not([type="checkbox"]), .field select, .question input, textarea {
    inline-size: 100%; min-block-size: 36px; padding: 6px 10px; border: 1px solid var(--edge); border-radius: 10px; background: var(--surface);
}
.field input:invalid { border-color: var(--danger); }
.field.flag { grid-template-columns: auto 1fr; align-items: center; gap: 8px; }
.field.flag input { order: -1; }
input[type="checkbox"] { inline-size: 20px; block-size: 20px; accent-color: var(--accent); vertical-align: middle; }
.choice-field { position: relative; }
.choice-field input::placeholder { color: var(--muted); opacity: 1; }
.suggestions {
    position: absolute; inset-inline: 0; inset-block-start: 40px; z-index: 3; max-block-size: min(18rem, 50vh); padding: 6px; overflow-y: auto; border-radius: 12px;
    background: var(--surface); box-shadow: var(--shadow); scrollbar-width: thin;
}
.suggestions > p { padding: 4px 8px; }
.suggestions li { display: grid; padding: 6px 8px; border-radius: 8px; cursor: pointer; overflow-wrap: anywhere; }
.suggestions li:hover { background: var(--hover); }
.suggestions [aria-selected="true"] { background: var(--hover); outline: 2px solid var(--link); outline-offset: -2px; }
.dates ol, .dates ul { display: grid; gap: 2px; }
.dates ul { margin-block-start: 4px; padding-inline-start: 12px; }
.dates a { display: inline-block; min-block-size: 26px; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; margin-block-end: 8px; }
.tools .count { flex: 1; color: var(--muted); }
.columns { position: relative; }
.choice {
    position: absolute; inset-inline-end: 0; z-index: 2; display: grid; gap: 4px; padding: 12px; max-block-size: 60vh; overflow-y: auto; inline-size: max-content;
    max-inline-size: 80vw; border-radius: 12px; background: var(--surface); box-shadow: var(--shadow);
}
.choice label { min-block-size: 28px; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-block: 8px; }
.scroll { overflow-x: auto; scrollbar-width: thin; }
table { border-collapse: collapse; inline-size: 100%; font-size: 0.93em; }
th, td { padding: 8px 10px; border-block-end: 1px solid var(--line); text-align: start; vertical-align: top; overflow-wrap: anywhere; min-inline-size: 4rem; }
thead th { white-space: nowrap; font-weight: 650; background: var(--raised); }
thead td { background: var(--raised); }
.select { inline-size: 36px; min-inline-size: 36px; }
td time, td .value-number, td.number { white-space: nowrap; }
.number, .value-number { font-variant-numeric: tabular-nums; }
td .value-text { display: inline-block; max-inline-size: 30rem; overflow-wrap: break-word; }
.long { min-inline-size: 14rem; }
.long .value-text { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
tbody tr:hover { background: var(--hover); }
.pages { display: flex; gap: 8px; margin-block: 12px; }
.files { margin-block: 12px; color: var(--muted); }
.value-json { font-family: ui-monospace, monospace; font-size: 0.93em; overflow-wrap: anywhere; }

/* ---- One of them ---- */
.item-view { display: grid; gap: 16px; }
.facts div { border-block-end: 1px solid var(--line); }
.facts div:last-child { border: 0; }
.facts dt { color: var(--muted); }
.fields { display: grid; gap: 12px; max-inline-size: 30rem; }
.related { display: flex; flex-wrap: wrap; gap: 4px 16px; }
.related a { display: inline-block; min-block-size: 26px; }
.log, .queue { display: grid; gap: 12px; }
.log li { padding: 10px 14px; border-radius: 14px; background: var(--theirs); }
.log li.staff { background: var(--info-soft); color: var(--on-soft); }
.by { display: flex; flex-wrap: wrap; gap: 4px 12px; font-size: 0.93em; }
.by a { min-block-size: 24px; }
.content { white-space: pre-wrap; overflow-wrap: anywhere; }
.flag > span, span.flag { padding: 0 8px; border-radius: 999px; background: var(--warn-soft); color: var(--on-soft); }

/* ---- Questions ---- */
dialog {
    inline-size: min(30rem, calc(100vw - 32px)); max-block-size: calc(100dvh - 32px); padding: 24px; border: 0; border-radius: 16px; background: var(--surface); color: var(--text);
    box-shadow: var(--shadow);
}
dialog::backdrop { background: rgb(10 14 22 / 55%); }
.question h2 { font-size: 1.2em; font-weight: 650; overflow-wrap: anywhere; }
.question form { display: grid; gap: 8px; }
.what { display: grid; gap: 6px; margin-block-end: 8px; overflow-wrap: anywhere; }
.so-far:not(:empty) { padding: 8px 12px; border-radius: 12px; background: var(--info-soft); color: var(--on-soft); }
.buttons { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 10px; margin-block-start: 8px; }
.buttons > * { padding-inline: 16px; }
.filters .buttons { justify-content: start; }

@container (max-width: 64rem) {
    .list-view { grid-template-columns: minmax(0, 1fr); }
    .fold > summary { display: list-item; }
    .filters { grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); align-items: end; }
    .dates { grid-column: 1 / -1; }
}
@container (max-width: 52rem) {
    .admin { grid-template-columns: minmax(0, 1fr); gap: 12px; padding: 12px; }
    .menu { overflow-x: auto; scrollbar-width: thin; }
    .menu ul { display: flex; position: static; }
    .menu a[aria-current] { box-shadow: inset 0 -3px var(--link); }
    .dates ul { display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 0; }
}
@media (forced-colors: active) { .series-0, .series-1 { fill: CanvasText; forced-color-adjust: none; } }
@media print { .menu, .fold, .bar, .tools, .pages, .files { display: none; } .admin, .list-view { display: block; } }
`);
