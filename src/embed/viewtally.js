// Counts this page and fills [data-views]; no cookies, nothing stored. The page is named by its
// address, or by data-post; data-spa counts each page of a single-page site. A page counts when it
// is seen, and again on return from the back/forward cache, like a reload.
((doc, nav) => {
  const { dataset: data, src } = doc.currentScript || {};
  if (!src) return;
  const base = src.replace(/\/viewtally\.js.*/, "");
  const first = location.pathname;
  let path = first, warned;

  // What has a slash is the address of a page, anything else a post's slug or id.
  const own = () => data.post && path == first ? data.post : location.origin + path;
  const isPage = which => /\//.test(which);
  const coded = which => encodeURIComponent(isPage(which) ? new URL(which, location.href).href : which);

  // Where the reader comes from: the host, and nothing else of it.
  const from = mark => {
    try {
      const { host } = new URL(doc.referrer);
      return host ? mark + "ref=" + encodeURIComponent(host) : "";
    } catch { return ""; }
  };

  const warn = which => {
    if (!warned) console.warn(`viewtally: there is no post for "${which}" at ${base}, so this page is not counted; name one by data-post, or start viewtally with --site`);
    warned = true;
  };

  const view = (which = own()) => {
    const wait = doc.prerendering ? "prerenderingchange" : doc.hidden && "visibilitychange";
    if (wait) return doc.addEventListener(wait, () => view(which), { once: true });
    try {
      const url = base + (isPage(which)
        ? "/views?url=" + coded(which) + "&title=" + encodeURIComponent([...doc.title].slice(0, 200).join("")) + from("&")
        : "/posts/" + coded(which) + "/views" + from("?"));
      // Both outlive the page; only the answer to the first is seen.
      if (self.Request && "keepalive" in Request.prototype)
        fetch(url, { method: "POST", keepalive: true }).then(r => r.status == 404 && warn(which)).catch(Boolean);
      else if (!nav.sendBeacon || !nav.sendBeacon(url))
        fetch(url, { method: "POST", mode: "no-cors" }).catch(Boolean);
    } catch {}
  };

  const fill = () => {
    const all = [...doc.querySelectorAll("[data-views]")].slice(0, 500);
    if (!all[0] || !self.fetch) return;
    const asked = all.map(el => el.dataset.views || own());
    const posts = asked.filter(which => !isPage(which)).map(coded);
    const pages = asked.filter(isPage).map(which => "&url=" + coded(which));
    fetch(base + "/views?posts=" + posts + pages.join("")).then(r => r.json()).then(r => {
      let post = 0, page = posts.length;
      all.forEach((el, i) => {
        const item = r.items[isPage(asked[i]) ? page++ : post++];
        if (item) el.textContent = item.views;
      });
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
