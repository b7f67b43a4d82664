/**
 * @file dom.js
 * Elements without HTML: what people typed is text, and pages with Trusted Types have nothing to object to.
 *
 *     el('button', { type: 'button', class: 'icon', 'aria-label': i18n.t('close'), onclick: close }, icon('close'))
 *
 * Members that begin with `on` are listeners, null and false leave an attribute out, true makes an empty one.
 */
const SVG = 'http://www.w3.org/2000/svg';

/** Drawn with a line of 24 × 24; the rest are in icons.js. */
const PATHS = new Map([
    ['chat', 'M21 11.5a8.4 8.4 0 0 1-12.3 7.4L3 21l2.1-5.4A8.4 8.4 0 1 1 21 11.5Z'],
    ['close', 'M6 6l12 12M18 6L6 18'],
]);

export function el(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);

    for (const [name, value] of Object.entries(attributes))
        if (name.startsWith('on'))
            element.addEventListener(name.slice(2), value);
        else
            setAttribute(element, name, value);
    element.append(...children.filter(child => child !== null && child !== undefined && child !== false));
    return element;
}

/** null and false take it away. */
export function setAttribute(element, name, value) {
    if (value === null || value === false || value === undefined)
        element.removeAttribute(name);
    else
        element.setAttribute(name, value === true ? '' : value);
}

/** A picture that says nothing to those who do not see it: who needs words gives the button a label. */
export function icon(name) {
    const svg = document.createElementNS(SVG, 'svg');
    const path = document.createElementNS(SVG, 'path');

    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    svg.setAttribute('class', `icon icon-${name}`);
    path.setAttribute('d', PATHS.get(name));
    svg.append(path);
    return svg;
}

/** More of them: [name, path]. */
export function addIcons(paths) {
    for (const [name, path] of paths)
        PATHS.set(name, path);
}

/** An address of this site or of another, but nothing that runs; null where there is none. */
export function safeUrl(text) {
    try {
        const url = new URL(text || 'none:', document.baseURI);

        return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
    } catch {
        return null;
    }
}
