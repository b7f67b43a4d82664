/** @file sheet.js A style sheet that a shadow root adopts, so that a policy without inline styles has nothing to object to. */
export function sheet(text) {
    const one = new CSSStyleSheet();

    one.replaceSync(text);
    return one;
}

/** `root` has this sheet from now on; once, whoever asks for it. */
export function adopt(root, one) {
    if (!root.adoptedStyleSheets.includes(one))
        root.adoptedStyleSheets = [...root.adoptedStyleSheets, one];
}
