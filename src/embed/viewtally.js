// Counts this page and fills [data-views]; no cookies, nothing stored. The post is data-post, or
// the path's last segment as a slug; data-spa counts each page of a single-page site. A page counts
// when it is seen, and again on return from the back/forward cache, like a reload.
((doc, nav) => {
  const { dataset: data, src } = doc.currentScript || {};
  if (!src) return;
  const base = src.replace(/\/viewtally\.js.*/, "");
  const first = location.pathname;
  let path = first, warned;

  // The rule of src/model/address.rs.
  const decode = run => new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(Uint8Array.from(run.slice(1).split("%"), hex => parseInt(hex, 16)));
  const slug = path => {
    const parts = path.replace(/(%[\da-f]{2})+/gi, decode).split("/").filter(part => !/^\.{0,2}$/.test(part));
    if (/^index(\.html?)?$/i.test(parts[parts.length - 1])) parts.pop();
    const name = (parts.pop() || "index").replace(/([^])\.html?$/i, "$1");
    const date = /(^|\/)(\d{4}(\/\d\d?){1,2})$/.exec([...parts, name].join("/"));
    const cut = text => [...text].slice(0, 200).join("").replace(/^-+|-+$/g, "");
    const made = cut((date ? date[2] : name.replace(/^\d{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])[-_]+(?=[^-_])/, ""))
      .normalize().toLowerCase().normalize()
      .replace(/[^\p{Alphabetic}\p{N}\p{M}_]+/gu, run => /[^-]/.test(run) ? "-" : run)
      .replace(/^-+/, ""));
    return /^\p{N}+$/u.test(made) ? cut("post-" + made) : made;
  };

  const post = () => data.post && path == first ? data.post : slug(path);

  const warn = which => {
    if (!warned) console.warn(`viewtally: there is no post "${which}" at ${base}, so this page is not counted; name another one by data-post`);
    warned = true;
  };

  const view = (which = post()) => {
    const wait = doc.prerendering ? "prerenderingchange" : doc.hidden && "visibilitychange";
    if (wait) return doc.addEventListener(wait, () => view(which), { once: true });
    if (!which) return warn(which);
    const url = base + "/posts/" + encodeURIComponent(which) + "/views";
    try {
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
  self.viewtally = { view, fill, slug };
  look();
})(document, navigator);
