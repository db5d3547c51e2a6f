// Runs calls of the real client, one after another, and prints what became of each as JSON.
// Input: {"tokens": {who: token}, "calls": [[who, "shareItemWithGroup", {…}], …]}; "$n.path" names an earlier result.
const portal = require('@esri/arcgis-rest-portal');
const { ArcGISIdentityManager } = require('@esri/arcgis-rest-request');

const url = process.env.PORTAL;
const managers = {};

const login = async (who, input) => {
    managers[who] ??= input.passwords
        ? await ArcGISIdentityManager.signIn({ username: who, password: input.passwords, portal: url })
        : await ArcGISIdentityManager.fromToken({ token: input.tokens[who], portal: url });
    return managers[who];
};

const filled = (value, results) => {
    if (typeof value === 'string' && value.startsWith('$')) {
        return value.slice(1).split('.').reduce((at, part) => at?.[part], results.map((one) => one.ok));
    }
    if (value && value.$file !== undefined) return new File([value.$file], value.name);
    if (Array.isArray(value)) return value.map((one) => filled(one, results));
    if (value && typeof value === 'object') {
        return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one, results)]));
    }
    return value;
};

const byId = new Set(['getItem', 'getItemData', 'getItemGroups', 'getGroup', 'getGroupContent', 'getGroupUsers', 'getUser',
    'getItemInfo', 'getItemMetadata', 'getItemResources', 'getPortal']);

(async () => {
    const input = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    const results = [];
    for (const [who, name, given] of input.calls) {
        try {
            const authentication = who === 'nobody' ? undefined : await login(who, input);
            const options = { ...filled(given, results), authentication, portal: url };
            const { id, next, ...rest } = options;
            let found;
            if (next) found = await results.at(-1).next();
            else if (byId.has(name)) found = await portal[name](id, rest);
            else found = await portal[name](options);
            if (found instanceof Response) found = { text: await found.text() };
            const turn = found?.nextPage;
            results.push({ ok: found === undefined ? null : JSON.parse(JSON.stringify(found)), next: turn });
        } catch (error) {
            results.push({ error: { name: error?.name, message: error?.message ?? String(error), code: error?.code } });
        }
    }
    process.stdout.write(JSON.stringify(results), () => process.exit(0));
})();
