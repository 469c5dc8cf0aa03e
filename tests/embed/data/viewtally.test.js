// Runs viewtally.js in made-up pages: node viewtally.test.js PATH/TO/viewtally.js PATH/TO/addresses.tsv
const assert = require("assert"), fs = require("fs"), vm = require("vm");
const code = fs.readFileSync(process.argv[2], "utf8");
const addresses = fs.readFileSync(process.argv[3], "utf8").split("\n").filter(line => line && line[0] != "#");
const views = "http://host:1/sub/posts/";

// A page with only what the snippet touches: what it sent and fetched, and how to fire events at it.
function page(options = {}) {
  const { data = {}, path = "/blog/hello/", hidden = false, prerendering = false, elements = [], items = [] } = options;
  const { beacon = () => true, noBeacon = false, noFetch = false, fetchFails = false, noKeepalive = false } = options;
  const { unknown = [] } = options;
  const sent = [], beacons = [], fetched = [], warned = [], ofWindow = {}, ofDocument = {};
  const listen = all => (name, run, how) => (all[name] ||= []).push({ run, once: how && how.once });
  const fire = (all, name, event = {}) => {
    const now = all[name] || [];
    all[name] = now.filter(listener => !listener.once);
    now.forEach(listener => listener.run(event));
  };
  const document = {
    currentScript: { src: "http://host:1/sub/viewtally.js?v=1", dataset: data },
    hidden, prerendering,
    addEventListener: listen(ofDocument),
    querySelectorAll: () => elements,
  };
  const navigator = noBeacon ? {} : { sendBeacon: url => { beacons.push(url); return beacon(); } };
  const location = { pathname: path };
  const history = { pushState(_, __, to) { location.pathname = to; } };
  const console = { warn: text => warned.push(text) };
  const self = { document, navigator, location, history, console, addEventListener: listen(ofWindow), encodeURIComponent, TextDecoder };
  self.self = self;
  if (!noKeepalive) self.Request = class { get keepalive() { return false; } };
  if (!noFetch) self.fetch = (url, how) => {
    (how && how.keepalive ? sent : fetched).push(how && how.keepalive ? url : [url, how]);
    const status = unknown.some(post => url.endsWith("/posts/" + post + "/views")) ? 404 : 202;
    return fetchFails ? Promise.reject(new Error("blocked")) : Promise.resolve({ status, json: () => Promise.resolve({ items }) });
  };
  vm.runInNewContext(code, self);
  return { sent, beacons, fetched, warned, document, location, history, self, onWindow: (name, event) => fire(ofWindow, name, event), onDocument: name => fire(ofDocument, name) };
}

const element = name => ({ dataset: { views: name }, textContent: "?" });

const tests = {
  "a page counts as its data-post, or as the last segment of its path"() {
    assert.deepStrictEqual(page().sent, [views + "hello/views"]);
    assert.equal(page().fetched.length, 0, "nothing to fill");
    assert.deepStrictEqual(page({ data: { post: "내 글" } }).sent, [views + encodeURIComponent("내 글") + "/views"]);
    assert.deepStrictEqual(page({ path: "/" }).sent, [views + "index/views"]);
    assert.deepStrictEqual(page({ path: "/2023/05/Hello.html" }).sent, [views + "hello/views"]);
  },
  "addresses name the posts of the table"() {
    assert(addresses.length > 40);
    for (const line of addresses) {
      const [address, slug] = line.split("\t");
      const path = address.replace(/^https?:\/\/[^/]*/, "").replace(/[?#].*/, "") || "/";
      const { sent, warned } = page({ path });
      assert.deepStrictEqual(sent, slug ? [views + encodeURIComponent(slug) + "/views"] : [], address);
      assert.equal(warned.length, slug ? 0 : 1, address);
    }
  },
  async "a page without a post says so once"() {
    const p = page({ path: "/hello.htm", unknown: ["hello", "next"], data: { spa: "" } });
    await new Promise(setImmediate);
    p.history.pushState(0, 0, "/next");
    p.onWindow("pageshow", { persisted: true });
    await new Promise(setImmediate);
    assert.equal(p.sent.length, 3);
    assert.equal(p.warned.length, 1);
    assert.match(p.warned[0], /no post "hello" at http:\/\/host:1\/sub,.* data-post/);
    const known = page();
    await new Promise(setImmediate);
    assert.deepStrictEqual(known.warned, []);
  },
  "a hidden page counts once, when it is seen"() {
    const p = page({ hidden: true });
    p.onDocument("visibilitychange");
    assert.equal(p.sent.length, 0);
    p.document.hidden = false;
    p.onDocument("visibilitychange");
    p.onDocument("visibilitychange");
    assert.equal(p.sent.length, 1);
  },
  "a prerendered page that is opened in the background counts when it is seen"() {
    const p = page({ prerendering: true, hidden: true });
    p.document.prerendering = false;
    p.onDocument("prerenderingchange");
    assert.equal(p.sent.length, 0);
    p.document.hidden = false;
    p.onDocument("visibilitychange");
    assert.equal(p.sent.length, 1);
  },
  "a return from the back/forward cache counts, a first show does not count twice"() {
    const p = page();
    p.onWindow("pageshow", { persisted: false });
    assert.equal(p.sent.length, 1);
    p.onWindow("pageshow", { persisted: true });
    assert.equal(p.sent.length, 2);
  },
  "where requests do not outlive the page it sends beacons, and what is blocked does no harm"() {
    const old = page({ noKeepalive: true });
    assert.deepStrictEqual([old.beacons, old.sent, old.fetched], [[views + "hello/views"], [], []]);
    assert.equal(page({ noKeepalive: true, beacon: () => false }).fetched[0][1].mode, "no-cors");
    assert.equal(page({ noKeepalive: true, noBeacon: true, fetchFails: true }).fetched.length, 1);
    assert.equal(page({ fetchFails: true }).sent.length, 1);
    page({ noKeepalive: true, beacon: () => { throw new Error("no"); } });
    page({ noBeacon: true, noFetch: true, elements: [element("")] });
    vm.runInNewContext(code, { document: { currentScript: null }, navigator: {} });
  },
  async "numbers are asked for in one request, and unknown posts left alone"() {
    const elements = [element("a"), element(""), element("none")];
    const p = page({ elements, items: [{ views: 41 }, { views: 0 }, null] });
    assert.deepStrictEqual(p.fetched.map(([url]) => url), ["http://host:1/sub/views?posts=a,hello,none"]);
    await new Promise(setImmediate);
    assert.deepStrictEqual(elements.map(e => e.textContent), [41, 0, "?"]);
    page({ elements, items: undefined });
    page({ elements, fetchFails: true });
    await new Promise(setImmediate);
  },
  "a single-page site counts each page once for each visit, and only if asked to"() {
    const p = page({ data: { spa: "", post: "first" } });
    p.history.pushState(0, 0, "/blog/next");
    p.history.pushState(0, 0, "/blog/next");
    p.location.pathname = "/blog/hello/";
    p.onWindow("popstate");
    assert.deepStrictEqual(p.sent, ["first", "next", "first"].map(post => views + post + "/views"));
    const other = page();
    other.history.pushState(0, 0, "/x");
    assert.equal(other.sent.length, 1);
    other.self.viewtally.view("by-hand");
    assert.equal(other.sent[1], views + "by-hand/views");
  },
};

(async () => {
  for (const [name, test] of Object.entries(tests)) {
    await test();
    console.log("ok: " + name);
  }
})().catch(error => { console.error(error); process.exit(1); });
process.on("unhandledRejection", error => { console.error("unhandled", error); process.exit(1); });
