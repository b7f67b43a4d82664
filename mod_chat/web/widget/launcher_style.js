/**
 * @file launcher_style.js
 * How the launcher looks: a round button in a corner, its badge.
 */
import { sheet } from '../ui/tokens_style.js';

export const LAUNCHER = sheet(`
:host { --offset: var(--chat-offset, 20px); }
:host([hidden]) { display: none; }
.launcher {
    position: fixed; inset-block-end: calc(var(--offset) + env(safe-area-inset-bottom, 0px));
    inset-inline-end: var(--offset);
    z-index: var(--chat-z, 2147483000); inline-size: 56px; block-size: 56px; display: grid; place-items: center;
    border-radius: 50%;
    color: var(--on-accent); background: var(--accent);
    box-shadow: 0 1px 3px rgb(16 24 40 / 25%), 0 8px 24px rgb(16 24 40 / 25%);
    transition: transform 0.15s, filter 0.15s;
}
.launcher:hover { filter: brightness(1.08); transform: translateY(-1px); }
.launcher:active { transform: scale(0.96); }
.launcher:focus-visible { outline: 3px solid var(--link); outline-offset: 3px; }
.launcher .icon { inline-size: 26px; block-size: 26px; }
.badge {
    position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 22px; padding: 0 6px;
    border-radius: 11px;
    direction: ltr; background: var(--badge); color: #fff; font-weight: 700; font-size: 13px; line-height: 22px; text-align: center;
    box-shadow: 0 0 0 2px var(--surface); font-variant-numeric: tabular-nums;
}
@media (forced-colors: active) { .launcher { border: 2px solid; } }
@media print { .launcher { display: none; } }
`);
