/** @file banner_style.js How the line looks that tells what is wrong (banner.js). */
import { sheet } from './tokens_style.js';

export const BANNER = sheet(`
.notice {
    display: flex; align-items: center; gap: 8px; margin: 0 12px 8px; padding: 6px 12px; min-block-size: 40px;
    border-radius: 12px;
    background: var(--info-soft); color: var(--on-soft); font-size: 0.87em;
}
.notice.warning { background: var(--warn-soft); } .notice.error { background: var(--danger-soft); }
.notice > .icon { inline-size: 1.4em; block-size: 1.4em; }
.notice.error > .icon { color: var(--danger); }
.notice .sentence { flex: 1; min-inline-size: 0; font-variant-numeric: tabular-nums; }
.notice .plain, .notice .primary { flex: none; }
.tool.small { inline-size: 32px; block-size: 32px; margin-inline-end: -6px; }
.tool.small .icon { inline-size: 1.2em; block-size: 1.2em; }
`);
