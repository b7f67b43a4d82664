/** @file diff.js What a change has changed: an audit item has the members of an object before and after it. */

/** [{name, before, after}], sorted by name; undefined: it was not there. */
export function differences(before, after) {
    const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort();

    return names.map(name => ({ name, before: before?.[name], after: after?.[name] }))
        .filter(one => JSON.stringify(one.before) !== JSON.stringify(one.after));
}
