(() => {
  "use strict";
  for (const overlay of document.querySelectorAll(".overlay")) {
    const cells = [...overlay.querySelectorAll("svg [data-part]")];
    const rows = new Map([...overlay.querySelectorAll("tr[data-part]")].map((row) => [row.dataset.part, row]));
    const byPart = new Map(cells.map((cell) => [cell.dataset.part, cell]));
    const readout = overlay.querySelector(".readout");
    const hint = readout.textContent;
    let lit;
    const show = (part) => {
      if (lit !== undefined) for (const element of [byPart.get(lit), rows.get(lit)]) element?.classList.remove("lit");
      lit = part;
      if (part !== undefined) for (const element of [byPart.get(part), rows.get(part)]) element?.classList.add("lit");
      readout.textContent = byPart.get(part)?.querySelector("title").textContent ?? hint;
    };
    const partOf = (event) => event.target.closest?.("[data-part]")?.dataset.part;
    overlay.addEventListener("pointerover", (event) => show(partOf(event)));
    overlay.addEventListener("pointerleave", () => show(partOf({ target: document.activeElement })));
    overlay.addEventListener("focusin", (event) => show(partOf(event)));
    overlay.addEventListener("focusout", () => show(undefined));

    const go = (cell) => {
      if (!cell) return;
      for (const other of cells) other.setAttribute("tabindex", other === cell ? "0" : "-1");
      cell.focus();
    };
    const middle = (cell) => { const { left, width } = cell.getBoundingClientRect(); return left + width / 2; };
    overlay.querySelector("svg").addEventListener("keydown", (event) => {
      const at = cells.indexOf(event.target.closest("[data-part]"));
      if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      const here = cells[at];
      const vertical = (step) => {
        const { top, bottom } = here.getBoundingClientRect();
        const beyond = cells.filter((cell) => {
          const box = cell.getBoundingClientRect();
          return step > 0 ? box.top >= bottom - 2 : box.bottom <= top + 2;
        });
        const nearest = step > 0 ? beyond[0] : beyond[beyond.length - 1];
        if (!nearest) return undefined;
        const line = nearest.getBoundingClientRect().top;
        const sameLine = beyond.filter((cell) => Math.abs(cell.getBoundingClientRect().top - line) < 4);
        return sameLine.sort((a, b) => Math.abs(middle(a) - middle(here)) - Math.abs(middle(b) - middle(here)))[0];
      };
      const moves = {
        ArrowRight: () => cells[at + 1], ArrowLeft: () => cells[at - 1], Home: () => cells[0], End: () => cells[cells.length - 1],
        ArrowDown: () => vertical(1), ArrowUp: () => vertical(-1),
      };
      if (!moves[event.key]) return;
      event.preventDefault();
      go(moves[event.key]());
    });
  }
})();
