/**
 * @file keyed.js
 * The children of an element follow a list: each item has a key, and keeps its element while the key is there.
 *
 * An element is built when its key is new or its signature has changed. It is moved only when it must be, and the
 * one that has the focus never is: moved, it would lose it.
 */

/**
 * `nodes` is the state, a Map that begins empty: key -> {element, signature}. `build(item, element)` gives the item's
 * element; it may fill the one that it had (null: none) and give that one back.
 */
export function keyed(parent, nodes, items, { key, signature, build }) {
    const keys = new Set(items.map(key));

    for (const [gone, { element }] of nodes)
        if (!keys.has(gone)) {
            element.remove();
            nodes.delete(gone);
        }
    const elements = items.map(item => {
        const known = nodes.get(key(item));
        const wanted = signature(item);

        if (known?.signature === wanted)
            return known.element;
        const element = build(item, known?.element ?? null);

        if (known && known.element !== element)
            known.element.replaceWith(element);
        nodes.set(key(item), { element, signature: wanted });
        return element;
    });

    arrange(parent, elements);
}

/* From one that stays where it is to both ends. */
function arrange(parent, elements) {
    const { activeElement } = parent.getRootNode();
    const focused = parent.contains(activeElement) ? elements.findIndex(one => one.contains(activeElement)) : -1;
    const fixed = Math.max(0, focused >= 0 ? focused : elements.findLastIndex(one => one.parentNode === parent));

    if (elements.length > 0 && elements[fixed].parentNode !== parent)
        parent.append(elements[fixed]);
    for (let i = fixed - 1; i >= 0; i--)
        if (elements[i].nextSibling !== elements[i + 1])
            elements[i + 1].before(elements[i]);
    for (let i = fixed + 1; i < elements.length; i++)
        if (elements[i].previousSibling !== elements[i - 1])
            elements[i - 1].after(elements[i]);
}
