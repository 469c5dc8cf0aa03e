// What scripts add to the editor: the preview beside the text while it is written, and a warning before unsaved text is
// left. Everything else works without it.
(() => {
  "use strict";
  const form = document.getElementById("page-editor");
  if (!form) return;
  const section = document.getElementById("page-preview");
  const pane = document.getElementById("page-preview-text");
  const button = form.querySelector("[value=preview]");
  const PAUSE = 400;

  let asked = null;
  let timer = 0;
  const preview = async () => {
    asked?.abort();
    const asking = asked = new AbortController();
    try {
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST",
        body: new URLSearchParams(new FormData(form, button)),
        signal: asking.signal,
      });
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      pane.replaceChildren(...page.getElementById("page-preview-text").childNodes);
      pane.classList.remove("stale");
    } catch {
      if (!asking.signal.aborted) pane.classList.add("stale");
    }
  };

  let open = false;
  const show = (on) => {
    open = on;
    section.hidden = !on;
    document.querySelector("main").classList.toggle("wide", on);
    button.setAttribute("aria-pressed", on);
    if (!on) return;
    preview();
    if (matchMedia("(max-width: 60rem)").matches) section.scrollIntoView();
  };
  button.addEventListener("click", (event) => {
    event.preventDefault();
    show(!open);
  });
  show(!section.hidden);

  let unsaved = Boolean(document.querySelector(".notice.bad"));
  form.addEventListener("input", () => {
    unsaved = true;
    clearTimeout(timer);
    if (open) timer = setTimeout(preview, PAUSE);
  });
  form.addEventListener("submit", () => { unsaved = false; });
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
})();
