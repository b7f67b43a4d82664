/** @file sheet.js A style sheet that a shadow root adopts, so that a policy without inline styles has nothing to object to. */
export function sheet(text) {
    const one = new CSSStyleSheet();

    one.replaceSync(text);
    return one;
}
