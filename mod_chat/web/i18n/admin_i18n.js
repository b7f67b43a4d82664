/** @file admin_i18n.js The texts of the elements with what only the administration says; others do not load that. */
import { I18n } from './i18n.js';

const TABLES = new Map([
    ['en', async () => (await import('./admin_en.js')).TEXTS],
    ['de', async () => (await import('./admin_de.js')).TEXTS],
]);

/** In this language (BCP 47); what a page has brought by addLanguage() comes first. */
export async function loadWithAdmin(lang) {
    const primary = lang.split('-')[0].toLowerCase();
    const [i18n, own] = await Promise.all([I18n.load(lang), (TABLES.get(primary) ?? TABLES.get('en'))()]);

    return i18n.with({ en: own });
}
