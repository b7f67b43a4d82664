// A reporter for node's test runner: plain TAP, one line for each test however deep it stands, as prove
// reads it. (The runner's own TAP has details in a YAML that prove's parser does not know.)
const SUMMARY = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /; // the runner's own
const comment = text => String(text).replace(/^/gm, '# ').replace(/ +$/gm, '') + '\n';

export default async function* tap(events) {
    const names = []; // of the tests around the one that runs
    let count = 0;

    for await (const { type, data } of events) {
        if (type === 'test:start') {
            names.length = data.nesting;
            names.push(data.name);
        } else if (type === 'test:pass') {
            yield `ok ${++count} - ${title(names, data)}${data.skip === undefined ? '' : ` # SKIP ${data.skip}`}\n`;
        } else if (type === 'test:fail' && data.details.error.failureType !== 'subtestsFailed') {
            yield `not ok ${++count} - ${title(names, data)}\n`;
            // On stderr, where prove lets it through.
            const why = data.details.error.cause ?? data.details.error;

            process.stderr.write(comment(`failed: ${title(names, data)}\n${why.stack ?? why}`));
        } else if (type === 'test:diagnostic' && !SUMMARY.test(data.message)) {
            process.stderr.write(comment(data.message));
        }
    }
    yield `1..${count}\n`;
}

function title(names, { name, nesting }) {
    return [...names.slice(0, nesting), name].join(': ').replace(/[#\\]/g, ' ').replace(/\s+/g, ' ');
}
