/**
 * @file time_format.js
 * Moments as people say them, in the language of the i18n and the reader's time zone.
 */
const DAY_MS = 86400000;

export class TimeFormat {
    #formats;
    #relative;
    #zone;
    #now;

    /** `timeZone` and `now`, for tests. */
    constructor(lang, { timeZone, now = () => new Date() } = {}) {
        const format = options => new Intl.DateTimeFormat(lang, { timeZone, ...options });

        this.#now = now;
        this.#formats = {
            clock: format({ timeStyle: 'short' }),
            weekday: format({ weekday: 'long' }),
            shortWeekday: format({ weekday: 'short' }),
            date: format({ weekday: 'long', day: 'numeric', month: 'long' }),
            dateOfYear: format({ day: 'numeric', month: 'long', year: 'numeric' }),
            short: format({ day: 'numeric', month: 'short' }),
            shortOfYear: format({ day: '2-digit', month: '2-digit', year: '2-digit' }),
            full: format({ dateStyle: 'long', timeStyle: 'short' }),
            medium: format({ dateStyle: 'medium', timeStyle: 'short' }),
        };
        this.#relative = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' });
        this.#zone = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
    }

    /** 14:03 */
    clock(moment) {
        return this.#formats.clock.format(new Date(moment));
    }

    /** With day, month and year. */
    full(moment) {
        return this.#formats.full.format(new Date(moment));
    }

    /** The same in fewer letters, for a table. */
    medium(moment) {
        return this.#formats.medium.format(new Date(moment));
    }

    /** The day between messages: Today, Yesterday, Tuesday, Tuesday 3 March, 3 March 2024. */
    day(moment) {
        const days = this.#daysAgo(moment);
        const date = new Date(moment);

        if (days === 0 || days === 1)
            return capital(this.#relative.format(-days, 'day'));
        if (days > 1 && days < 7)
            return capital(this.#formats.weekday.format(date));
        return capital(this.#formats[this.#isThisYear(moment) ? 'date' : 'dateOfYear'].format(date));
    }

    /** In a list: the time today, then the day. */
    brief(moment) {
        const days = this.#daysAgo(moment);
        const date = new Date(moment);

        if (days <= 0)
            return this.clock(moment);
        if (days < 7)
            return this.#formats.shortWeekday.format(date);
        return this.#formats[this.#isThisYear(moment) ? 'short' : 'shortOfYear'].format(date);
    }

    /** When a message was seen: the time, with the day unless it is today. */
    since(moment) {
        return this.#daysAgo(moment) === 0 ? this.clock(moment) : `${this.brief(moment)}, ${this.clock(moment)}`;
    }

    /** The same for all moments of a day. */
    dayKey(moment) {
        return this.#zone.format(new Date(moment));
    }

    #daysAgo(moment) {
        return Math.round((this.#number(this.#now()) - this.#number(moment)) / DAY_MS);
    }

    #number(moment) {
        return Date.parse(`${this.dayKey(moment)} UTC`);
    }

    #isThisYear(moment) {
        return this.dayKey(moment).split('/').at(-1) === this.dayKey(this.#now()).split('/').at(-1);
    }
}

function capital(text) {
    const [first = '', ...rest] = text;

    return first.toLocaleUpperCase() + rest.join('');
}
