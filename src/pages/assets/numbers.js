// What scripts add to pages of numbers: the live strip, the number under the pointer, names of time zones, copying.
// Everything else works without it.
(() => {
  "use strict";
  const strip = document.getElementById("page-live");
  const number = new Intl.NumberFormat("en");

  if (strip) {
    const show = (name, text) => { strip.querySelector(`[data-live="${name}"]`).textContent = text; };
    let before = null;
    let timer = 0;
    const ago = (seconds) =>
      seconds === null ? "none yet"
        : seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 1 : 0)} s ago`
        : seconds < 3600 ? `${Math.floor(seconds / 60)} min ago`
        : `${Math.floor(seconds / 3600)} h ago`;
    const tick = async () => {
      timer = 0;
      try {
        const answer = await fetch("/live.json", { cache: "no-store" });
        if (!answer.ok) throw new Error(answer.statusText);
        const now = await answer.json();
        now.at = performance.now();
        if (before) {
          const rate = Math.max(0, now.counted - before.counted) / ((now.at - before.at) / 1000);
          show("rate", rate > 0 && rate < 10 ? rate.toFixed(1) : number.format(Math.round(rate)));
        }
        show("depth", number.format(now.channel_depth + now.overflow_entries));
        show("counters", number.format(now.counters));
        show("counters-word", now.counters === 1 ? "counter at work" : "counters at work");
        show("commit", ago(now.seconds_since_commit));
        for (const name of ["set_aside", "node"]) {
          if (!now[name]) continue;
          show(name, now[name]);
          strip.querySelector(`[data-live="${name}"]`).parentElement.hidden = false;
        }
        before = now;
        strip.hidden = false;
        strip.classList.remove("stale");
      } catch {
        strip.classList.add("stale");
        before = null;
      }
      start();
    };
    const start = () => {
      if (!timer && !document.hidden) timer = setTimeout(tick, 1000);
    };
    document.addEventListener("visibilitychange", () => {
      clearTimeout(timer);
      timer = 0;
      before = null;
      if (!document.hidden) tick();
    });
    if (!document.hidden) tick();
  }

  for (const chart of document.querySelectorAll("[data-chart]")) {
    const picture = chart.querySelector("svg");
    const mark = picture.querySelector(".mark");
    const output = chart.querySelector("output");
    const rows = chart.querySelector("tbody").rows;
    const usual = output.textContent;
    picture.addEventListener("pointermove", (event) => {
      const box = picture.getBoundingClientRect();
      const place = Math.floor((event.clientX - box.left) / box.width * rows.length);
      const row = rows[Math.min(Math.max(place, 0), rows.length - 1)];
      if (!row) return;
      mark.setAttribute("x", row.sectionRowIndex);
      mark.setAttribute("visibility", "visible");
      const views = row.cells[1].textContent.trim();
      output.textContent = `${row.cells[0].textContent.trim()}: ${views} ${views === "1" ? "view" : "views"}`;
    });
    picture.addEventListener("pointerleave", () => {
      mark.setAttribute("visibility", "hidden");
      output.textContent = usual;
    });
  }

  const zones = document.getElementById("page-zones");
  if (zones && Intl.supportedValuesOf) {
    for (const zone of Intl.supportedValuesOf("timeZone")) zones.append(new Option(zone, zone));
  }

  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      const usual = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = usual; }, 1500);
    });
  }
})();
