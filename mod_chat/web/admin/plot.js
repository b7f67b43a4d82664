/**
 * @file plot.js
 * A small bar chart, in SVG: a bar for each day, in parts where there are several series. Its look is in admin_style.js.
 *
 * Who does not see it is told the sum and the highest; the numbers themselves are in a table elsewhere (overview.js).
 */
const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 300;
const HEIGHT = 80;
const GAP = 0.25; // of a bar's place

/** The rectangles of `days`, an array of arrays with a number for each series: {x, y, width, height, series}. */
export function barsOf(days) {
    const max = Math.max(1, ...days.map(sum));
    const place = WIDTH / Math.max(1, days.length);

    return days.flatMap((values, i) => {
        let y = HEIGHT;

        return values.map((value, series) => {
            const height = HEIGHT * value / max;

            y -= height;
            return { x: round(i * place + place * GAP / 2), y: round(y), width: round(place * (1 - GAP)), height: round(height), series };
        }).filter(({ height }) => height > 0);
    });
}

export function sum(values) {
    return values.reduce((a, b) => a + b, 0);
}

/** `label`: what is said of it. */
export function plot(days, label) {
    const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label, class: 'plot' });

    svg.append(shape('path', { d: `M0 ${HEIGHT}H${WIDTH}`, class: 'axis' }),
        ...barsOf(days).map(({ series, ...box }) => shape('rect', { ...box, class: `series-${series}` })));
    return svg;
}

function shape(tag, attributes) {
    const one = document.createElementNS(SVG, tag);

    for (const [name, value] of Object.entries(attributes))
        one.setAttribute(name, value);
    return one;
}

function round(n) {
    return Math.round(n * 100) / 100;
}
