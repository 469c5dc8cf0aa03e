// Counts this page and fills [data-views]; no cookies, nothing stored. The post is data-post, or
// the path's last segment; data-spa counts each page of a single-page site. A page counts when it
// is seen, and again on return from the back/forward cache, like a reload.
((doc, nav) => {
  const { dataset: data, src } = doc.currentScript || {};
  if (!src) return;
  const base = src.replace(/\/viewtally\.js.*/, "");
  const first = location.pathname;
  let path = first;

  const post = () => {
    if (data.post && path == first) return data.post;
    const last = path.split("/").filter(Boolean).pop() || "index";
    try { return decodeURIComponent(last); } catch { return last; }
  };

  const view = (which = post()) => {
    const wait = doc.prerendering ? "prerenderingchange" : doc.hidden && "visibilitychange";
    if (wait) return doc.addEventListener(wait, () => view(which), { once: true });
    const url = base + "/posts/" + encodeURIComponent(which) + "/views";
    try {
      if (nav.sendBeacon && nav.sendBeacon(url)) return;
      fetch(url, { method: "POST", mode: "no-cors", keepalive: true }).catch(Boolean);
    } catch {}
  };

  const fill = () => {
    const all = [...doc.querySelectorAll("[data-views]")].slice(0, 500);
    if (!all[0] || !self.fetch) return;
    const posts = all.map(el => encodeURIComponent(el.dataset.views || post()));
    fetch(base + "/views?posts=" + posts).then(r => r.json()).then(r => {
      all.forEach((el, i) => { if (r.items[i]) el.textContent = r.items[i].views; });
    }).catch(Boolean);
  };

  const look = () => { view(); fill(); };
  const moved = () => {
    if (path == location.pathname) return;
    path = location.pathname;
    look();
  };

  if ("spa" in data) {
    const push = history.pushState;
    history.pushState = function () { push.apply(this, arguments); moved(); };
    addEventListener("popstate", moved);
  }
  addEventListener("pageshow", e => { if (e.persisted) view(); });
  self.viewtally = { view, fill };
  look();
})(document, navigator);
