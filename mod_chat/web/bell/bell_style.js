/**
 * @file bell_style.js
 * How the bell looks in a bar, and where its dialog stands (ui/frame.js): under the button.
 */
import { sheet } from '../ui/tokens_style.js';

export const BELL = sheet(`
:host { --offset: 12px; position: relative; display: inline-block; vertical-align: middle; }
:host([hidden]) { display: none; }
.bell { position: relative; color: inherit; }
.bell .icon { inline-size: 24px; block-size: 24px; }
.badge {
    position: absolute; inset-block-start: 2px; inset-inline-end: 0; min-inline-size: 18px; padding: 0 4px; border-radius: 9px;
    direction: ltr; background: var(--badge); color: #fff; font-weight: 700; font-size: 11px; line-height: 18px;
    text-align: center; font-variant-numeric: tabular-nums;
}
@media (min-width: 600px) and (min-height: 480px) {
    .panel {
        position: absolute; inset-block: calc(100% + 6px) auto; inset-inline: auto 0; block-size: auto;
        min-block-size: 220px; max-block-size: min(600px, calc(100dvh - 90px)); inline-size: min(392px, calc(100vw - 24px));
        translate: var(--shift, 0);
    }
}
@media (forced-colors: active) { .badge { border: 1px solid; } }
@media print { .bell { display: none; } }
`);
