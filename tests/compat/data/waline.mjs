// Counts and reads with Waline's own client: node waline.mjs PATH/TO/api.js SERVER
import assert from "assert";
import { pathToFileURL } from "url";

const [client, serverURL] = process.argv.slice(2);
const { getArticleCounter, getPageview, updateArticleCounter, updatePageview } = await import(pathToFileURL(client));
// Node's own agent is no browser's.
const plain = globalThis.fetch;
globalThis.fetch = (url, how = {}) => plain(url, { ...how, headers: { ...how.headers, "User-Agent": "Mozilla/5.0 Firefox/140.0" } });

const one = { serverURL, lang: "en" };
assert.deepStrictEqual(await updatePageview({ ...one, path: "/2024/a/" }), [{ time: 1 }]);
assert.deepStrictEqual(await updatePageview({ ...one, path: "/2024/a/" }), [{ time: 2 }]);
assert.deepStrictEqual(await updatePageview({ ...one, path: "/글/" }), [{ time: 1 }]);
const paths = ["/none/", "/글/", "/2024/a/"];
assert.deepStrictEqual(await getPageview({ ...one, paths }), [{ time: 0 }, { time: 1 }, { time: 2 }]);
const counters = await getArticleCounter({ ...one, paths: ["/2024/a/"], type: ["time", "reaction0"] });
assert.deepStrictEqual(counters, [{ time: 2, reaction0: 0 }]);
await assert.rejects(updateArticleCounter({ ...one, path: "/2024/a/", type: "time", action: "desc" }));
await assert.rejects(updateArticleCounter({ ...one, path: "/2024/a/", type: "reaction0", action: "inc" }));
