// Runs calls of the real client, one after another, and prints what became of each as JSON.
// Input: {"origin": …, "tokens": {who: token}, "calls": [[who, "fs.share", [arguments]], …]}
globalThis.PUTER_API_ORIGIN = process.env.ORIGIN;
globalThis.PUTER_ORIGIN = process.env.ORIGIN;
const { init } = require('@heyputer/puter.js/src/init.cjs');

const plain = async (value) => {
    if (value && typeof value.arrayBuffer === 'function') return { text: await value.text() };
    if (typeof value === 'function') return undefined;
    return value === undefined ? null : value;
};

(async () => {
    const input = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    const clients = {};
    const results = [];
    for (const [who, name, args] of input.calls) {
        clients[who] ??= init(input.tokens[who]);
        const path = name.split('.');
        const method = path.pop();
        const module = path.reduce((at, part) => at[part], clients[who]);
        const given = args.map((one) => (one && one.$file ? new File([one.$file], one.name) : one));
        try {
            results.push({ ok: await plain(await module[method](...given)) });
        } catch (error) {
            results.push({ error: { ...error, message: error?.message ?? String(error) } });
        }
    }
    process.stdout.write(JSON.stringify(results), () => process.exit(0));
})();
