// What scripts add to the editor: the preview beside the text while it is written, and warnings before unsaved text is left
// and before more is sent than the server takes. Everything else works without it.
(() => {
  "use strict";
  const form = document.getElementById("page-editor");
  if (!form) return;
  const section = document.getElementById("page-preview");
  const pane = document.getElementById("page-preview-text");
  const button = form.querySelector("[value=preview]");
  const status = document.getElementById("page-preview-status");
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
      status.textContent = "";
    } catch {
      if (asking.signal.aborted) return;
      pane.classList.add("stale");
      status.textContent = "This is how it was: the server does not show it anew. Your text is in the form.";
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
  const tooLong = document.getElementById("page-too-long");
  form.addEventListener("submit", (event) => {
    const bytes = new URLSearchParams(new FormData(form, event.submitter)).toString().length;
    const most = Number(form.dataset.max);
    tooLong.hidden = bytes <= most;
    if (tooLong.hidden) {
      unsaved = false;
      return;
    }
    event.preventDefault();
    tooLong.textContent = `Not saved: this is too long. It takes ${bytes} bytes to send, and the server takes ${most} (--max-body).`;
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
})();
