// busuanzi's names, for pages made for it, counted by viewtally: bszCaller.fetch(url, callback), which
// themes that load pages themselves call, bszTag, and the elements busuanzi_value_… and
// busuanzi_container_…. The page's address is sent, since a referrer is cut to its origin.
var bszCaller, bszTag;
(doc => {
  const base = doc.currentScript.src.replace(/\/busuanzi\/.*/, "");
  const ready = work => doc.readyState == "loading" ? doc.addEventListener("DOMContentLoaded", work, { once: true }) : work();
  const each = (kind, work) => bszTag.bszs.forEach(name => {
    const element = doc.getElementById("busuanzi_" + kind + "_" + name);
    if (element) work(element, name);
  });
  const show = how => each("container", element => { element.style.display = how; });

  // The host of the page that linked here, and nothing else of it.
  const from = () => {
    try { return "&ref=" + encodeURIComponent(new URL(doc.referrer).host); } catch { return ""; }
  };

  bszTag = {
    bszs: ["site_pv", "page_pv", "site_uv"],
    texts: numbers => each("value", (element, name) => { element.textContent = numbers[name]; }),
    hides: () => show("none"),
    shows: () => show("inline"),
  };

  bszCaller = {
    // Whatever counter the address names, it is this one that is asked.
    fetch(url, callback) {
      const name = "BusuanziCallback_" + Math.floor(Math.random() * 2 ** 40);
      const script = doc.createElement("script");
      self[name] = numbers => ready(() => {
        try { callback(numbers); } catch { bszTag.hides(); }
        script.remove();
        delete self[name];
      });
      script.src = base + "/busuanzi?jsonpCallback=" + name + "&url=" + encodeURIComponent(location.origin + location.pathname) +
        "&title=" + encodeURIComponent([...doc.title].slice(0, 200).join("")) + from();
      script.onerror = () => bszTag.hides();
      doc.head.appendChild(script);
    },
  };

  const count = () => ready(() => bszCaller.fetch("", numbers => { bszTag.texts(numbers); bszTag.shows(); }));
  const wait = doc.prerendering ? "prerenderingchange" : doc.hidden && "visibilitychange";
  wait ? doc.addEventListener(wait, count, { once: true }) : count();
})(document);
