/** @file numbers.js Counts, and how long something takes, as people write them. */
const UNITS = [['second', 1], ['minute', 60], ['hour', 3600], ['day', 86400]];
const NEXT = 1.5; // of a unit, before it is used

/** 40 seconds, 3 minutes, 2.5 hours. */
export function durationText(lang, seconds) {
    const [unit, length] = UNITS.findLast(([, one]) => seconds >= NEXT * one) ?? UNITS[0];
    const n = seconds / length;

    return new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: n < 10 && unit !== 'second' ? 1 : 0 })
        .format(n);
}

/** How many a list has: `count` is exact, about right, or a lower bound, and null where nobody knows. */
export function countText(i18n, count, kind) {
    if (count === null || count === undefined)
        return '';
    return i18n.t({ about: 'adminCountAbout', at_least: 'adminCountAtLeast' }[kind] ?? 'adminCount', { n: count });
}
