// vercount's elements, and those it took from busuanzi, filled by viewtally: vercount_value_…,
// busuanzi_value_…, and the containers around them.
(doc => {
  const base = doc.currentScript.src.replace(/\/js([?#].*)?$/, "");
  const ready = work => doc.readyState == "loading" ? doc.addEventListener("DOMContentLoaded", work, { once: true }) : work();
  const each = (kind, work) => ["site_pv", "page_pv", "site_uv"].forEach(name => ["vercount", "busuanzi"].forEach(by => {
    const element = doc.getElementById(by + "_" + kind + "_" + name);
    if (element) work(element, name);
  }));

  const count = () => ready(() => {
    each("container", element => { element.style.display = "none"; });
    // As text, so that no browser asks first whether it may.
    fetch(base + "/api/v2/log", { method: "POST", keepalive: true, body: JSON.stringify({ url: location.origin + location.pathname }) })
      .then(answer => answer.json())
      .then(({ data }) => {
        each("value", (element, name) => { element.textContent = data[name]; });
        each("container", element => { element.style.display = "inline"; });
      }).catch(Boolean);
  });

  const wait = doc.prerendering ? "prerenderingchange" : doc.hidden && "visibilitychange";
  wait ? doc.addEventListener(wait, count, { once: true }) : count();
})(document);
