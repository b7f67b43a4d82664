/**
 * @file frame_style.js
 * How the dialog behind a launcher stands (frame.js): over the one of the widget, or all over the window where that is
 * small. --offset is its distance from the edges.
 */
import { sheet } from './tokens_style.js';

export const FRAME = sheet(`
.panel {
    position: fixed; z-index: var(--chat-z, 2147483000); margin: 0; padding: 0; border: 0; color: inherit;
    background: var(--surface);
    inset-block: auto calc(var(--offset) + 72px + env(safe-area-inset-bottom, 0px)); inset-inline: auto var(--offset);
    inline-size: min(392px, calc(100vw - 2 * var(--offset)));
    block-size: min(640px, calc(100dvh - 2 * var(--offset) - 72px));
    max-inline-size: none; max-block-size: none; border-radius: var(--chat-radius, 18px);
    box-shadow: var(--shadow); overflow: hidden;
}
.panel[open] { display: flex; flex-direction: column; animation: open 0.16s ease-out; }
@keyframes open { from { opacity: 0; transform: translateY(10px) scale(0.985); } }
.panel::backdrop { background: var(--surface); }
.panel header {
    display: flex; align-items: center; gap: 8px; flex: none; min-block-size: 64px; padding-block: 8px;
    padding-inline: 8px; border-block-end: 1px solid var(--line);
}
.panel h2 {
    flex: 1; min-inline-size: 0; font-weight: 650; font-size: 1.07em; line-height: 1.25; overflow: hidden;
    display: -webkit-box; -webkit-box-orient: vertical;
    -webkit-line-clamp: 2; line-clamp: 2; overflow-wrap: anywhere; text-align: -webkit-match-parent;
    text-align: match-parent;
}
.panel h2:focus-visible { outline: none; }
.panel:not([data-view="thread"]) h2 { font-size: 1.27em; padding-inline-start: 10px; }
.opening { flex: 1; gap: 14px; }
.opening:focus-visible { outline: none; }
@media (max-width: 599px), (max-height: 479px) {
    .panel {
        inset: 0; inline-size: 100vw; inline-size: 100%; block-size: 100vh; block-size: 100dvh; border-radius: 0;
        box-shadow: none;
        padding-inline: env(safe-area-inset-left, 0px) env(safe-area-inset-right, 0px);
    }
    .panel header { padding-block-start: calc(8px + env(safe-area-inset-top, 0px)); }
}
@media (max-height: 359px) { .panel header { min-block-size: 48px; padding-block: 2px; } }
@media print { .panel { display: none; } }
`);
