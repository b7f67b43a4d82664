/**
 * @file base_style.js
 * The plain things of all elements that a launcher does not need, and their colours: fields, faces, counts.
 * After TOKENS.
 */
import { sheet, themed } from './tokens_style.js';

export const BASE = sheet(`${themed(`
    --raised: #f5f6f8; --theirs: #eff1f5;
    --danger: #b3231b; --danger-soft: #fdedeb; --info-soft: #eaf1fe; --warn-soft: #fdf4dd; --on-soft: #24272e;`, `
    --raised: #1f2229; --theirs: #272b33;
    --danger: #ff9c93; --danger-soft: #41201e; --info-soft: #1f2c47; --warn-soft: #3b3117; --on-soft: #eceef2;`)}
ol, ul { list-style: none; }
textarea, input, select { font: inherit; color: inherit; letter-spacing: inherit; margin: 0; }
a { color: var(--link); text-underline-offset: 2px; }
:dir(rtl) > .icon-back, :dir(rtl) > .icon-send { transform: scaleX(-1); }
.primary {
    display: inline-block; min-block-size: 32px; padding: 5px 14px; border-radius: 999px; font-weight: 600;
    font-size: 0.87em;
    color: var(--on-accent); background: var(--accent); text-decoration: none; border: 1px solid transparent;
}
.primary:hover { filter: brightness(1.08); }
.avatar {
    position: relative; inline-size: 2.8em; block-size: 2.8em; flex: none; display: grid; place-items: center;
    overflow: hidden;
    border-radius: 50%; font-weight: 600; font-size: 0.93em; letter-spacing: 0.02em; color: #fff; background: #4a5fb5;
}
.avatar img { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; object-fit: cover; }
.hue-0 { background: #4a5fb5; } .hue-1 { background: #1c7364; } .hue-2 { background: #8d4b9b; }
.hue-3 { background: #9c4a2f; } .hue-4 { background: #2f6d96; } .hue-5 { background: #6a6320; }
.pill {
    min-inline-size: 1.6em; padding: 0 0.45em; border-radius: 999px; text-align: center; font-weight: 700;
    font-size: 0.8em;
    line-height: 1.6; color: #fff; background: var(--badge); direction: ltr; font-variant-numeric: tabular-nums;
}
.empty strong { color: var(--text); font-weight: 600; }
@media (forced-colors: active) {
    .plain, .primary, .bubble { border: 1px solid; }
    .pill, .avatar { forced-color-adjust: none; }
}
`);
