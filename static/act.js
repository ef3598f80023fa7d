// Choosing whom to write to: what a person unticked or ticked on purpose is remembered in this tab while they look at other
// steps, pages and customers, counted in the bar, and sent along with the form.
"use strict";

const memoryOf = (form) => `choice ${form.dataset.choice}`;

function remembered(form) {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(memoryOf(form)) || "[]"));
  } catch {
    return new Map();
  }
}

function remember(form, choices) {
  try {
    sessionStorage.setItem(memoryOf(form), JSON.stringify([...choices]));
  } catch {
    // Storage refused: the choice lasts as long as the page.
  }
}

// Every box that differs from what the page proposes, by its key: whether it is on, its cents and its step.
function note(form) {
  const choices = remembered(form);
  for (const box of all("[data-pick]", form)) {
    const { cents, step } = box.dataset;
    if (box.checked === box.defaultChecked) choices.delete(box.value);
    else choices.set(box.value, { on: box.checked, cents: Number(cents), step });
  }
  remember(form, choices);
  return choices;
}

function tally(form, choices) {
  const changes = [...choices.values()];
  const sum = (some, of) => some.reduce((total, one) => total + (one.on ? of(one) : -of(one)), 0);
  const number = Math.max(0, Number(form.dataset.count) + sum(changes, () => 1));
  const cents = Number(form.dataset.cents) + sum(changes, (one) => one.cents);
  for (const output of all("[data-choice-count]", form)) output.textContent = worded(output, number);
  for (const output of all("[data-choice-sum]", form)) output.textContent = money(cents, output.dataset.choiceSum);
  for (const button of all("[data-choice-step]", form)) {
    const own = changes.filter((one) => one.step === button.dataset.choiceStep);
    const here = Number(button.dataset.count) + sum(own, () => 1);
    $("[data-choice-n]", button).textContent = new Intl.NumberFormat(document.documentElement.lang).format(here);
    button.disabled = here <= 0 || form.dataset.blocked === "yes";
  }
  for (const button of all("[data-choice-all]", form)) button.disabled = number <= 0 || form.dataset.blocked === "yes";
}

function restore() {
  const form = $("form[data-choice]");
  if (!form) return;
  const choices = remembered(form);
  for (const box of all("[data-pick]", form)) {
    if (choices.has(box.value)) box.checked = choices.get(box.value).on;
  }
  count(form);
  tally(form, choices);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-choice]");
  if (form && event.target.matches("[data-pick], [data-pick-all]")) tally(form, note(form));
});

// What is not on this page goes along in hidden fields.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-choice]")) return;
  const here = new Set(all("[data-pick]", form).map((box) => box.value));
  for (const [key, { on }] of remembered(form)) {
    if (here.has(key)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: on ? "also" : "without", value: key });
    form.append(field);
  }
  remember(form, new Map());
});

document.addEventListener("htmx:afterSettle", restore);
restore();
