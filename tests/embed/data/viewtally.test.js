// Runs viewtally.js in made-up pages: node viewtally.test.js PATH/TO/viewtally.js
const assert = require("assert"), fs = require("fs"), vm = require("vm");
const code = fs.readFileSync(process.argv[2], "utf8");
const views = "http://host:1/sub/posts/", site = "https://example.org";
// What is sent for a page of the site.
const page_of = (path, title = "A title") => "http://host:1/sub/views?url=" + encodeURIComponent(site + path) + "&title=" + encodeURIComponent(title);

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
    hidden, prerendering, title: options.title ?? "A title", referrer: options.referrer ?? "",
    addEventListener: listen(ofDocument),
    querySelectorAll: () => elements,
  };
  const navigator = noBeacon ? {} : { sendBeacon: url => { beacons.push(url); return beacon(); } };
  const location = { pathname: path, origin: site, get href() { return site + this.pathname; } };
  const history = { pushState(_, __, to) { location.pathname = to; } };
  const console = { warn: text => warned.push(text) };
  const self = { document, navigator, location, history, console, addEventListener: listen(ofWindow), encodeURIComponent, URL };
  self.self = self;
  if (!noKeepalive) self.Request = class { get keepalive() { return false; } };
  if (!noFetch) self.fetch = (url, how) => {
    (how && how.keepalive ? sent : fetched).push(how && how.keepalive ? url : [url, how]);
    const status = unknown.some(name => url.includes(name)) ? 404 : 202;
    return fetchFails ? Promise.reject(new Error("blocked")) : Promise.resolve({ status, json: () => Promise.resolve({ items }) });
  };
  vm.runInNewContext(code, self);
  return { sent, beacons, fetched, warned, document, location, history, self, onWindow: (name, event) => fire(ofWindow, name, event), onDocument: name => fire(ofDocument, name) };
}

const element = name => ({ dataset: { views: name }, textContent: "?" });

const tests = {
  "a page counts by its address, or as its data-post"() {
    assert.deepStrictEqual(page().sent, [page_of("/blog/hello/")]);
    assert.equal(page().fetched.length, 0, "nothing to fill");
    assert.deepStrictEqual(page({ data: { post: "내 글" } }).sent, [views + encodeURIComponent("내 글") + "/views"]);
    assert.deepStrictEqual(page({ path: "/", title: "Ünïcode & more" }).sent, [page_of("/", "Ünïcode & more")]);
    assert.deepStrictEqual(page({ title: "🎉".repeat(300) }).sent, [page_of("/blog/hello/", "🎉".repeat(200))]);
    assert.deepStrictEqual(page({ data: { post: "/other/page/" } }).sent, [page_of("/other/page/")]);
  },
  "of where a reader comes from the host is sent, and nothing else"() {
    const referrer = "https://news.example/private?token=1#x";
    assert.deepStrictEqual(page({ referrer }).sent, [page_of("/blog/hello/") + "&ref=news.example"]);
    assert.deepStrictEqual(page({ referrer, data: { post: "a" } }).sent, [views + "a/views?ref=news.example"]);
    assert.deepStrictEqual(page({ referrer: "about:blank" }).sent, [page_of("/blog/hello/")]);
  },
  async "a page without a post says so once"() {
    const p = page({ path: "/hello.htm", unknown: ["hello", "next"], data: { spa: "" } });
    await new Promise(setImmediate);
    p.history.pushState(0, 0, "/next");
    p.onWindow("pageshow", { persisted: true });
    await new Promise(setImmediate);
    assert.equal(p.sent.length, 3);
    assert.equal(p.warned.length, 1);
    assert.match(p.warned[0], /no post for "https:\/\/example.org\/hello.htm" at http:\/\/host:1\/sub,.* data-post/);
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
    assert.deepStrictEqual([old.beacons, old.sent, old.fetched], [[page_of("/blog/hello/")], [], []]);
    assert.equal(page({ noKeepalive: true, beacon: () => false }).fetched[0][1].mode, "no-cors");
    assert.equal(page({ noKeepalive: true, noBeacon: true, fetchFails: true }).fetched.length, 1);
    assert.equal(page({ fetchFails: true }).sent.length, 1);
    page({ noKeepalive: true, beacon: () => { throw new Error("no"); } });
    page({ noBeacon: true, noFetch: true, elements: [element("")] });
    vm.runInNewContext(code, { document: { currentScript: null }, navigator: {} });
  },
  async "numbers are asked for in one request, and unknown posts left alone"() {
    const elements = [element("a"), element(""), element("none"), element("/2024/b/")];
    const p = page({ elements, items: [{ views: 41 }, null, { views: 0 }, { views: 7 }] });
    const urls = ["/blog/hello/", "/2024/b/"].map(path => "&url=" + encodeURIComponent(site + path)).join("");
    assert.deepStrictEqual(p.fetched.map(([url]) => url), ["http://host:1/sub/views?posts=a,none" + urls]);
    await new Promise(setImmediate);
    assert.deepStrictEqual(elements.map(e => e.textContent), [41, 0, "?", 7]);
    const named = page({ elements: [element("")], data: { post: "a" } });
    assert.deepStrictEqual(named.fetched.map(([url]) => url), ["http://host:1/sub/views?posts=a"]);
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
    assert.deepStrictEqual(p.sent, [views + "first/views", page_of("/blog/next"), views + "first/views"]);
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
