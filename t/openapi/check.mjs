// An OpenAPI document as three public readers of it see it: check.mjs <document.json> <folder of npm's modules>
//
// A line of JSON for each finding: {"reader","rule","where","what"}. None: all three are content. What
// openapi-typescript makes is compiled in strict mode, with a client that uses it.
//
// Their recommended rules are kept, warnings too, but for these: paths end with a slash, as the contract has
// them; a handshake succeeds with 101; and the licence of a site's interface is the site's.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [, , file, folder] = process.argv;
const require = createRequire(`${folder}/`);
const text = readFileSync(file, 'utf8');

const EXEMPT = /^(?:no-path-trailing-slash|path-keys-no-trailing-slash|info-license)$/;
const SUCCESS = /^operation-(?:2xx|success)-response$/;

function found(reader, rule, where, what) {
    if (EXEMPT.test(rule) || (SUCCESS.test(rule) && /conversations(?:~1|\/)ws/.test(where)))
        return;
    console.log(JSON.stringify({ reader, rule: String(rule), where, what }));
}

async function readWithRedocly() {
    const { lint, createConfig } = require('@redocly/openapi-core');
    const config = await createConfig({ extends: ['recommended-strict'] });

    for (const { ruleId, message, location: [place] } of await lint({ ref: file, config }))
        found('redocly', ruleId, place?.pointer, message);
}

async function readWithSpectral() {
    const { Document, Ruleset, Spectral } = require('@stoplight/spectral-core');
    const { oas } = require('@stoplight/spectral-rulesets');
    const { Json } = require('@stoplight/spectral-parsers');
    const spectral = new Spectral();

    spectral.setRuleset(new Ruleset({ extends: [[oas, 'recommended']] }));
    for (const { code, path, message } of await spectral.run(new Document(text, Json, file)))
        found('spectral', code, path.join('/'), message);
}

const CLIENT = `
import type { components, operations, paths } from './types';

type Message = components['schemas']['Message'];
type List = operations['listConversations']['responses'][200]['content']['application/json'];
type Post = paths['/conversations/{id}/messages/']['post']['requestBody']['content']['application/json'];

export const draft: Post = { content: 'hello', client_id: null };
export function newest(list: List): number | undefined {
    const id: number | undefined = list.conversations[0]?.id;

    return list.next === null ? id : undefined;
}
export function when(message: Message): string {
    return message.read_at ?? message.created_at;
}
`;

async function readWithTypescript() {
    const { default: openapiTS, astToString } = require('openapi-typescript');
    const ts = require('typescript');

    writeFileSync(`${file}.types.ts`, astToString(await openapiTS(text)));
    writeFileSync(`${file}.client.ts`, CLIENT.replace('./types', `${file}.types`));
    const program = ts.createProgram([`${file}.client.ts`],
        { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext,
            moduleResolution: ts.ModuleResolutionKind.Bundler, types: [] });

    for (const { file: at, start, messageText } of ts.getPreEmitDiagnostics(program))
        found('openapi-typescript', 'compile', `${at?.fileName}:${start}`,
            ts.flattenDiagnosticMessageText(messageText, ' '));
}

for (const read of [readWithRedocly, readWithSpectral, readWithTypescript])
    await read().catch(error => found(read.name, 'failed', '', error.stack));
