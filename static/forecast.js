// The forecast grid: an amount moves to another week by mouse, by long press or from the keyboard, within its customer's row.
// The page only carries it there; the server sets the date and answers with the row, the totals, the head and the curve.
"use strict";

(() => {
  const RENEWED = "#totals,#expected,#curve";
  const CHIP = ".grid button.money";
  let lift = null; // what is being carried: {chip, from, ghost, keyed}
  let carriedAt = 0;

  const grid = (within) => within.closest(".grid");
  const cellOf = (chip) => chip.closest("td[data-place]");
  const headOf = (cell) => grid(cell).querySelector(`thead th[data-place="${cell.dataset.place}"]`);

  function takes(cell, chip) {
    const wanted = headOf(cell).dataset.takes;
    return wanted === "any" || (wanted === "late" && chip.dataset.tone === "late");
  }

  function address(row, verb, more = {}) {
    const { url, query } = grid(row).dataset;
    return `${url}${row.id.slice(1)}/${verb}?${new URLSearchParams([...new URLSearchParams(query), ...Object.entries(more)])}`;
  }

  function say(text) {
    const place = document.getElementById("moves");
    if (place) place.textContent = text;
  }

  // ---- Lifting: the chip goes along, a pale copy stays where it was
  function raise(chip, keyed) {
    const ghost = chip.cloneNode(true);
    ghost.classList.add("ghost");
    ghost.tabIndex = -1;
    ghost.setAttribute("aria-hidden", "true");
    lift = { chip, ghost, keyed, from: cellOf(chip) };
    chip.before(ghost);
    chip.classList.toggle("lift", keyed);
  }

  function mark(cell) {
    for (const other of cell.parentElement.querySelectorAll("td.drop")) other.classList.remove("drop");
    if (cell !== lift.from) cell.classList.add("drop");
  }

  function settle() {
    const { chip, ghost, from } = lift;
    from.parentElement.querySelectorAll("td.drop").forEach((cell) => cell.classList.remove("drop"));
    chip.classList.remove("lift");
    if (ghost.isConnected) ghost.replaceWith(chip);
    else if (from.isConnected) from.append(chip);
    lift = null;
  }

  async function send(cell) {
    const { chip, from, keyed } = lift;
    const row = from.parentElement;
    const values = { place: from.dataset.place, tone: chip.dataset.tone, cents: chip.dataset.cents, to: cell.dataset.place };
    const there = `td[data-place="${cell.dataset.place}"] [data-tone="${chip.dataset.tone}"]`;
    const { id } = row;
    await htmx.ajax("POST", address(row, "move"), { source: row, target: row, swap: "outerHTML", selectOOB: RENEWED, values });
    const present = document.getElementById(id);
    if (present === row) settle(); // refused, or a question first: back where it was
    else lift = null;
    if (keyed && !document.querySelector("dialog[open]")) (present?.querySelector(there) || present?.querySelector("button.money"))?.focus();
  }

  // ---- Mouse and touch: SortableJS, made for a row when it is first touched
  function prepare(row) {
    if (row.dataset.ready || !grid(row).dataset.movable) return;
    row.dataset.ready = "yes";
    for (const cell of row.querySelectorAll("td[data-place]")) {
      Sortable.create(cell, {
        group: row.id,
        draggable: "button.money:not(.still, .ghost)",
        sort: false,
        forceFallback: true,
        fallbackOnBody: true,
        fallbackTolerance: 4,
        fallbackClass: "carried",
        ghostClass: "ghost",
        delay: 150,
        delayOnTouchOnly: true,
        touchStartThreshold: 8,
        onStart: (event) => raise(event.item, false),
        onMove(event) {
          const fits = event.to === lift.from || takes(event.to, event.dragged);
          if (fits) mark(event.to);
          return fits;
        },
        onEnd(event) {
          carriedAt = event.originalEvent?.timeStamp ?? performance.now();
          if (event.to === lift.from) settle();
          else send(event.to);
        },
      });
    }
  }

  for (const name of ["pointerover", "touchstart"]) {
    document.addEventListener(name, (event) => {
      const row = event.target.closest?.(".grid tbody tr");
      if (row) prepare(row);
    }, { capture: true, passive: true });
  }

  // A long press on the phone would open the browser's own menu.
  document.addEventListener("contextmenu", (event) => {
    if (event.pointerType === "touch" && event.target.closest(CHIP)) event.preventDefault();
  });

  // ---- Click, tap or Enter: the items behind the amount
  document.addEventListener("click", (event) => {
    const chip = event.target.closest(CHIP);
    if (!chip || lift || event.timeStamp - carriedAt < 80) return;
    const row = chip.closest("tr");
    const about = { place: cellOf(chip).dataset.place, tone: chip.dataset.tone, cents: chip.dataset.cents };
    htmx.ajax("GET", address(row, "chip", about), { source: row, target: "#dialog", swap: "innerHTML", selectOOB: RENEWED });
  });

  // ---- Keyboard: arrows carry, Enter keeps, Escape puts back
  document.addEventListener("keydown", (event) => {
    const chip = event.target.closest?.(CHIP);
    if (!chip) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") carry(event, chip);
    else if (lift?.keyed && event.key === "Enter") {
      event.preventDefault();
      const cell = cellOf(chip);
      if (cell === lift.from) settle();
      else send(cell);
    } else if (lift?.keyed && event.key === "Escape") {
      event.preventDefault();
      putBack();
      chip.focus();
    }
  });

  function carry(event, chip) {
    if (chip.matches(".still") || !grid(chip).dataset.movable || (lift && lift.chip !== chip)) return;
    event.preventDefault();
    const step = event.key === "ArrowRight" ? 1 : -1;
    const cells = [...chip.closest("tr").querySelectorAll("td[data-place]")];
    let place = cells.indexOf(cellOf(chip)) + step;
    while (cells[place] && cells[place] !== lift?.from && !takes(cells[place], chip)) place += step;
    if (!cells[place]) return;
    if (!lift) raise(chip, true);
    const moving = lift;
    lift = null; // taking the chip out of its cell takes the focus too, which is no wish to stop
    cells[place].append(chip);
    chip.focus();
    lift = moving;
    mark(cells[place]);
    cells[place].scrollIntoView({ block: "nearest", inline: "nearest" });
    const head = headOf(cells[place]);
    say(grid(chip).dataset.lifted.replace("{column}", `${head.firstChild.textContent.trim()}, ${head.querySelector("small").textContent}`));
  }

  function putBack() {
    say(grid(lift.chip).dataset.back);
    settle();
  }

  document.addEventListener("focusout", (event) => {
    if (lift?.keyed && event.target === lift.chip && event.relatedTarget) putBack();
  });

  // ---- Undo from the toast, without leaving the page when the row is on it
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const customer = /\/forecast\/customers\/(\d+)\/undo\?/.exec(form.action)?.[1];
    const row = customer && document.getElementById(`c${customer}`);
    if (!row) return;
    event.preventDefault();
    form.closest(".toast")?.remove();
    const asked = new URL(form.action);
    const move = asked.searchParams.get("move");
    htmx.ajax("POST", address(row, "undo", { move }), { source: row, target: row, swap: "outerHTML", selectOOB: RENEWED });
  });
})();
