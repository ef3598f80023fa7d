// The matching of payments by keyboard, and the live remainder while one is split (docs/ui.md).
// [data-keys] holds elements with data-key="j": the key presses them. In a list, the row of the focus goes first.
"use strict";

(() => {
  const names = { ArrowDown: "j", ArrowUp: "k" };
  let place = 0; // of the row that had the focus, so that the next one gets it

  const rows = () => all("#match [data-row]");
  const rowOf = (node) => node.closest?.("[data-row]");

  document.addEventListener("keydown", (event) => {
    const box = $("#match[data-keys]");
    if (!box || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("dialog[open], input, select, textarea, details.drop[open]")) return;
    const key = names[event.key] || event.key;
    if (key === "Enter" && event.target.closest("a, button, summary")) return; // it does what it says
    if ((key === "j" || key === "k") && rows().length) {
      event.preventDefault();
      step(key === "j" ? 1 : -1);
      return;
    }
    const row = rowOf(event.target) || rows()[place];
    const wanted = `[data-key="${CSS.escape(key)}"]:not([disabled])`;
    const found = (row && $(wanted, row)) || $(wanted, box);
    if (!found) return;
    event.preventDefault();
    if (found.matches("summary")) openWho(found);
    else if (found.matches("input")) found.focus();
    else found.click();
  });

  // Enter in an amount saves the split only when nothing is left to be typed there: the form's own button says so.
  function step(by) {
    const list = rows();
    const at = list.indexOf(rowOf(document.activeElement));
    place = Math.max(0, Math.min(list.length - 1, at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by));
    $("[data-focus]", list[place]).focus();
  }

  function openWho(summary) {
    summary.parentElement.open = true;
    $("input", summary.parentElement).focus();
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = rowOf(event.detail.elt);
    if (row) place = rows().indexOf(row);
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "match" && event.detail.elt.id !== "match") return;
    const list = rows();
    const box = list.length ? list[Math.min(place, list.length - 1)] : $("#match");
    all("#match form[data-split]").forEach(reckon);
    const target = $("[data-focus=act]:not(:disabled)", box) || $("[data-focus]", box);
    target?.focus({ preventScroll: list.length === 0 });
  });

  // ---- Splitting: what is left of the payment, what stays open of each item
  const sign = (form) => (Number(form.dataset.split) < 0 ? -1 : 1);

  function cents(text) {
    const bare = text.replace(/[\s\u00a0\u202f€]/g, "").replace("−", "-");
    if (!bare) return 0;
    const point = bare.includes(",") ? bare.replace(/\./g, "").replace(",", ".") : bare;
    const value = Math.round(Number(point) * 100);
    return Number.isFinite(value) ? value : NaN;
  }

  function reckon(form) {
    if (!$("[data-part]", form)) return 0; // shown, not divided
    let left = Number(form.dataset.split);
    let given = 0;
    for (const part of all("[data-part]", form)) {
      const input = $("input", part);
      const amount = cents(input.value);
      input.toggleAttribute("aria-invalid", Number.isNaN(amount));
      if (Number.isNaN(amount)) continue;
      left -= amount;
      given += amount ? 1 : 0;
      const rest = Number(part.dataset.open) - amount;
      $("output", part).textContent = rest ? money(rest) : "–";
      const reason = $("select", part);
      reason.hidden = !amount || !rest;
      if (reason.hidden) reason.value = "";
      part.classList.toggle("chosen", amount !== 0);
    }
    const output = $("[data-left]", form);
    output.textContent = left ? money(left) : "–";
    const over = left * sign(form) < 0;
    output.classList.toggle("alert", over);
    for (const button of all("[data-need-part]")) button.disabled = !given || over;
    return left;
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-split]");
    if (form) reckon(form);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const [form, part] = [button.closest("form"), button.closest("[data-part]")];
    const input = $("input", part);
    const room = reckon(form) + (cents(input.value) || 0);
    const open = Number(part.dataset.open);
    const value = open * sign(form) > 0 && Math.abs(open) > Math.abs(room) ? room : open;
    input.value = money(value);
    reckon(form);
    input.focus();
  });

  all("#match form[data-split]").forEach(reckon);
})();
