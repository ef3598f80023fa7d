// What pages do without the server: theme, search key, dialogs, menus, toasts, choosing rows, copying, dropping files.
// Everything hangs on data attributes (docs/ui.md); pages without them are links and forms.
"use strict";

const page = document.documentElement;
const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];


// ---- Buttons that act on the page: data-do="…"
const deeds = {
  theme() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = page.dataset.theme || (dark ? "dark" : "light");
    page.dataset.theme = now === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", page.dataset.theme);
    } catch {
      // Storage refused: the choice lasts as long as the page.
    }
  },
  open(button) {
    document.getElementById(button.dataset.target)?.showModal();
  },
  close(button) {
    button.closest("dialog")?.close();
  },
  dismiss(button) {
    button.closest(".toast").remove();
  },
  print() {
    window.print();
  },
  async copy(button) {
    await navigator.clipboard.writeText(button.dataset.text);
    toast("good", document.body.dataset.copied);
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) deeds[button.dataset.do]?.(button);
  for (const menu of all("details.drop[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (event.target.matches("dialog") && isOutside(event, event.target)) event.target.close();
});

// A click on the backdrop counts as one on the dialog itself, outside its box.
function isOutside(event, dialog) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}


// ---- Keys: "/" searches, arrows walk through suggestions and menus, Escape folds a menu
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, textarea, select, dialog")) {
    event.preventDefault();
    $(".find input")?.focus();
  }
  if (event.key === "Escape") {
    const menu = event.target.closest("details.drop[open]");
    if (menu) {
      menu.open = false;
      $("summary", menu).focus();
    }
    if (event.target.closest(".found")) $(".find input").focus();
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") walk(event);
});

function walk(event) {
  const box = event.target.closest(".find, details.drop[open]");
  if (!box) return;
  const stops = [$("input, summary", box), ...all(".menu a, .menu button", box)];
  const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next || stops.length === 1) return;
  event.preventDefault();
  next.focus();
}


// ---- Toasts: 6 seconds, as long as wanted under the pointer or the focus; errors stay until closed
function toast(kind, text, undo) {
  const template = document.getElementById(`toast-${kind}`) || document.getElementById("toast-plain");
  if (!template || !text) return;
  if (all("#toasts .toast").some((shown) => $("span", shown).textContent === text)) return; // said already
  const made = template.content.firstElementChild.cloneNode(true);
  $("span", made).textContent = text;
  if (undo) {
    const form = document.getElementById("toast-undo").content.firstElementChild.cloneNode(true);
    form.action = undo;
    $("span", made).after(form);
  }
  $("#toasts").append(made);
}

function letGo(made) {
  if (made.matches(".bad")) return;
  const wait = () => setTimeout(() => (made.matches(":hover, :focus-within") ? wait() : made.remove()), 6000);
  wait();
}

const toasts = $("#toasts");
if (toasts) {
  all(".toast", toasts).forEach(letGo);
  new MutationObserver((changes) => {
    for (const change of changes) change.addedNodes.forEach((node) => node.matches?.(".toast") && letGo(node));
  }).observe(toasts, { childList: true });
}


// ---- Choosing rows: [data-picks] holds boxes [data-pick] with data-cents, one [data-pick-all] and what follows the choice
function count(box) {
  const boxes = all("[data-pick]", box);
  const chosen = boxes.filter((pick) => pick.checked);
  const cents = chosen.reduce((sum, pick) => sum + Number(pick.dataset.cents || 0), 0);
  for (const master of all("[data-pick-all]", box)) {
    const own = boxes.filter((pick) => inScope(pick, master));
    const on = own.filter((pick) => pick.checked).length;
    master.checked = on > 0 && on === own.length;
    master.indeterminate = on > 0 && on < own.length;
  }
  for (const output of all("[data-pick-count]", box)) output.textContent = worded(output, chosen.length);
  for (const output of all("[data-pick-sum]", box)) output.textContent = money(cents, output.dataset.pickSum);
  for (const button of all("[data-pick-need]", box)) button.disabled = chosen.length === 0;
}

// data-pick-all="off" would tick excluded rows too: only rows of its own group, the present name of data-pick.
function inScope(pick, master) {
  return !master.dataset.pickAll || pick.dataset.pick === master.dataset.pickAll;
}

function worded(output, number) {
  const said = new Intl.NumberFormat(page.lang).format(number);
  const { none, one, many } = output.dataset;
  const sentence = number === 0 ? (none ?? many) : number === 1 ? (one ?? many) : many;
  return sentence ? sentence.replace("{n}", said) : said;
}

function money(cents, currency) {
  const style = currency ? { style: "currency", currency } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return new Intl.NumberFormat(page.lang, style).format(cents / 100).replace("-", "−");
}

document.addEventListener("change", (event) => {
  const box = event.target.closest("[data-picks]");
  if (box && event.target.matches("[data-pick], [data-pick-all]")) {
    const master = event.target.matches("[data-pick-all]") && event.target;
    if (master) for (const pick of all("[data-pick]:not(:disabled)", box)) if (inScope(pick, master)) pick.checked = master.checked;
    count(box);
  }
  const form = event.target.closest("form[data-auto]");
  if (form && !event.target.matches("[type=search], [type=text]")) form.requestSubmit();
});

const countAll = (within) => [...(within.matches?.("[data-picks]") ? [within] : []), ...all("[data-picks]", within)].forEach(count);
countAll(document);


// ---- Forms: sent once; the button that sends turns
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
  if (event.submitter?.formTarget) return; // a preview in a frame: the page stays
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => free(form), 8000); // an answer that is a download leaves the page where it is
});

function free(form) {
  delete form.dataset.sent;
  all('[aria-busy="true"]', form).forEach((button) => button.removeAttribute("aria-busy"));
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) all("form[data-sent]").forEach(free);
});


// ---- Files: dropped on [data-drop] or chosen in it; the name is shown, data-drop="send" sends at once
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.toggle("over", name === "dragenter" || name === "dragover");
    if (name !== "drop") return;
    const input = $("input[type=file]", zone);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

document.addEventListener("change", (event) => {
  const zone = event.target.matches("input[type=file]") && event.target.closest("[data-drop]");
  if (!zone) return;
  $("output", zone).textContent = [...event.target.files].map((file) => `${file.name} (${size(file.size)})`).join(", ");
  if (zone.dataset.drop === "send" && event.target.files.length) event.target.form.requestSubmit();
});

function size(bytes) {
  const [unit, shown] = bytes < 1e6 ? ["kilobyte", bytes / 1e3] : ["megabyte", bytes / 1e6];
  return new Intl.NumberFormat(page.lang, { style: "unit", unit, maximumFractionDigits: shown < 10 ? 1 : 0 }).format(shown);
}


// ---- htmx: the token, dialogs that come from the server, failures in words
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = $('meta[name="csrf-token"]').content;
});

// hx-target="#dialog": what comes is shown as a dialog; an empty answer, or the event dialog-close, closes it.
document.addEventListener("htmx:afterSwap", (event) => {
  countAll(event.detail.target);
  const dialog = event.detail.target.closest?.("dialog");
  if (!dialog || dialog.id !== "dialog") return;
  if (!dialog.textContent.trim()) dialog.close();
  else if (!dialog.open) dialog.showModal();
  ($("[aria-invalid=true]", dialog) || $("[autofocus]", dialog))?.focus();
});
// HX-Trigger-After-Swap: {"focus-on": "id"}: the next field of a list repaired row by row
document.addEventListener("focus-on", (event) => document.getElementById(event.detail.value)?.focus());
document.addEventListener("dialog-close", () => $("#dialog")?.close());
$("#dialog")?.addEventListener("close", (event) => event.target.replaceChildren());

// HX-Trigger: {"toast": {"kind": "good", "text": "…", "undo": "/…"}}
document.addEventListener("toast", (event) => toast(event.detail.kind, event.detail.text, event.detail.undo));

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => toast("bad", document.body.dataset.offline));
}
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (/\btoast\b/.test(xhr.getResponseHeader("HX-Trigger") || "")) return;
  toast("bad", xhr.status === 403 ? document.body.dataset.forbidden : document.body.dataset.failed);
});

// A placeholder of the template editor goes where the cursor is.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = document.getElementById(button.dataset.into);
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.focus();
});
