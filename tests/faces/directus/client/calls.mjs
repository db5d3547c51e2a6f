// Runs calls of the real client, one after another, and prints what became of each as JSON.
// Input: {"tokens": {who: token}, "calls": [[who, name, [arguments]], …]}; a text "$2.id" stands for what call 2 gave.
// A name with a dot belongs to the client itself (client.query, client.login); any other one is a command for rest().
import { readFileSync } from 'node:fs';
import * as sdk from '@directus/sdk';

const input = JSON.parse(readFileSync(0, 'utf8'));
const results = [];
const clients = {};

const given = (value) => {
    if (typeof value === 'string' && /^\$\d+(\.\w+)*$/.test(value)) {
        const [number, ...path] = value.slice(1).split('.');
        return path.reduce((at, part) => at?.[part], results[Number(number)].ok);
    }
    if (Array.isArray(value)) return value.map(given);
    if (value && typeof value === 'object') {
        return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, given(one)]));
    }
    return value;
};

const client = (who) => {
    const plain = sdk.createDirectus(process.env.ORIGIN).with(sdk.rest()).with(sdk.graphql());
    if (who === 'session') return plain.with(sdk.authentication('json'));
    const token = input.tokens[who] ?? (who.startsWith('$') ? given(who) : null);
    return token ? plain.with(sdk.staticToken(token)) : plain;
};

for (const [who, name, args] of input.calls) {
    clients[who] ??= client(who);
    const [, method] = name.split('.');
    try {
        const made = method
            ? await clients[who][method](...given(args))
            : await clients[who].request(sdk[name](...given(args)));
        results.push({ ok: made ?? null });
    } catch (error) {
        const first = error?.errors?.[0];
        const code = first?.extensions?.code ?? null;
        results.push({ error: { status: error?.response?.status ?? null, code, message: first?.message ?? String(error) } });
    }
}
process.stdout.write(JSON.stringify(results), () => process.exit(0));
