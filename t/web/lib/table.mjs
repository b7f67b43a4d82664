// Tables of cases that tests in other languages read too, from t/tables; characters as {U+0041} there.
import { readFileSync } from 'node:fs';

export function table(name) {
    const [, ...rows] = readFileSync(new URL(`../../tables/${name}.tsv`, import.meta.url), 'utf8').trimEnd().split('\n');

    return rows.map(row => row.split('\t').map(column => column.replace(/\{U\+([0-9A-F]+)\}/g,
        (_, code) => String.fromCodePoint(parseInt(code, 16)))));
}
