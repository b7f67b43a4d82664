/**
 * @file dates.js
 * From years to months to days: where in them a list is, and what can be chosen next.
 *
 * A list answers with `dates`, [{year, count}], [{month, count}] or [{day, count}], one step below its parameters.
 */
const STEPS = ['year', 'month', 'day'];

/** The way back, [{text, changes}], the first of them all dates (`text` null), the last where the list is; `changes` are
 * parameters, as withParams() of route.js takes them. */
export function dateWay(lang, params) {
    const depth = depthOf(params);

    return [{ text: null, changes: { year: null, month: null, day: null } }, ...STEPS.slice(0, depth).map((step, i) => ({
        text: dateText(lang, step, params),
        changes: Object.fromEntries(STEPS.map((one, j) => [one, j <= i ? params[one] : null])),
    }))];
}

/** What there is one step below, [{text, count, changes}]. */
export function dateChoices(lang, params, dates) {
    const step = STEPS[depthOf(params)];

    return (step === undefined ? [] : dates).filter(one => one[step] !== undefined).map(one => {
        const value = String(one[step]);

        return { text: dateText(lang, step, { ...params, [step]: value }), count: one.count, changes: { [step]: value } };
    });
}

function depthOf(params) {
    const depth = STEPS.findIndex(step => params[step] === undefined);

    return depth < 0 ? STEPS.length : depth;
}

/* 2026, March, 14 March: days of the calendar, which no time zone moves. */
function dateText(lang, step, { year, month = '1', day = '1' }) {
    const options = { year: { year: 'numeric' }, month: { month: 'long' }, day: { day: 'numeric', month: 'long' } }[step];
    const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));

    date.setUTCFullYear(Number(year)); // also of the first century
    return Number.isNaN(date.getTime()) ? '?' : new Intl.DateTimeFormat(lang, { timeZone: 'UTC', ...options }).format(date);
}
