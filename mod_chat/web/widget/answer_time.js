/**
 * @file answer_time.js
 * How soon a page says that it answers (the attribute answer-time), as a sentence.
 */
const TEXTS = { m: 'answersInMinutes', h: 'answersInHours', d: 'answersInDays' };

/** `value`: a number of minutes, hours or days, such as `15m`, `2h` or `1d`. Anything else gives ''. */
export function answerTimeText(i18n, value) {
    const [, n, unit] = /^\s*([1-9]\d{0,2})\s*([mhd])\s*$/.exec(value ?? '') ?? [];

    return unit ? i18n.t(TEXTS[unit], { n: Number(n) }) : '';
}
