(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector) => document.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);

  one("#theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("layout-docs-theme", root.dataset.theme); } catch { /* storage is off */ }
  });

  const widths = all("[data-show]");
  for (const button of widths) {
    button.addEventListener("click", () => {
      root.dataset.show = button.dataset.show;
      for (const other of widths) other.setAttribute("aria-pressed", String(other === button));
    });
  }

  const menu = one("#menu");
  const openMenu = (open) => {
    document.body.classList.toggle("menu-open", open);
    menu.setAttribute("aria-expanded", String(open));
  };
  menu.addEventListener("click", () => openMenu(menu.getAttribute("aria-expanded") !== "true"));
  one("#sidebar").addEventListener("click", (event) => { if (event.target.closest("a")) openMenu(false); });

  const entries = JSON.parse(one("#search-index").textContent).map((entry) => ({
    text: entry.text,
    section: byId(entry.id),
    branch: one(`[data-for="${CSS.escape(entry.id)}"]`),
    rows: entry.rows.map((row) => ({ text: row.text, element: byId(row.id) })),
  }));
  const box = one("#q");
  const status = one("#status");

  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let classes = 0;
    let fields = 0;
    for (const entry of entries) {
      const whole = words.every((word) => entry.text.includes(word));
      const hits = entry.rows.filter((row) => words.every((word) => `${entry.text} ${row.text}`.includes(word)) &&
        words.some((word) => row.text.includes(word)));
      const found = whole || hits.length > 0;
      for (const row of entry.rows) row.element?.classList.toggle("hit", hits.includes(row));
      entry.section.classList.toggle("narrowed", words.length > 0 && !whole && found);
      entry.section.hidden = !found;
      entry.branch?.classList.toggle("missed", !found);
      classes += Number(found);
      fields += hits.length;
    }
    for (const branch of all("#sidebar li").reverse()) {
      const below = all(":scope > ul > li", branch).some((li) => !li.hidden);
      branch.hidden = branch.classList.contains("missed") && !below;
    }
    root.classList.toggle("searching", words.length > 0);
    status.textContent = words.length === 0 ? ""
      : classes === 0 ? `Nothing matches “${box.value.trim()}”.`
      : `${classes} of ${entries.length} sections, ${fields} ${fields === 1 ? "field" : "fields"} match.`;
  };
  box.addEventListener("input", search);

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape") {
      openMenu(false);
      if (event.target === box) {
        box.value = "";
        search();
        box.blur();
      }
    } else if (event.key === "Enter" && event.target === box) {
      const first = entries.find((entry) => !entry.section.hidden);
      if (first && box.value.trim()) {
        (first.rows.find((row) => row.element?.classList.contains("hit"))?.element ?? first.section)
          .scrollIntoView({ block: "start" });
      }
    }
  });

  const reveal = () => {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    const section = target?.closest("section.entry");
    if (!section) return;
    if (section.hidden || section.classList.contains("narrowed")) {
      box.value = "";
      search();
    }
    target.scrollIntoView({ behavior: "instant", block: target === section ? "start" : "center" });
  };
  addEventListener("hashchange", reveal);

  const seen = new Set();
  const observer = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) isIntersecting ? seen.add(target) : seen.delete(target);
    const current = entries.find((entry) => seen.has(entry.section));
    for (const entry of entries) {
      const link = entry.branch?.querySelector("a");
      if (entry === current) link?.setAttribute("aria-current", "true");
      else link?.removeAttribute("aria-current");
    }
    const sidebar = one("#sidebar");
    const link = current?.branch?.querySelector("a");
    if (link && sidebar.scrollHeight > sidebar.clientHeight) {
      const { top, bottom } = link.getBoundingClientRect();
      const frame = sidebar.getBoundingClientRect();
      if (top < frame.top || bottom > frame.bottom) sidebar.scrollTop += top - frame.top - frame.height / 3;
    }
  }, { rootMargin: "-70px 0px -60% 0px" });
  for (const entry of entries) observer.observe(entry.section);

  const query = new URLSearchParams(location.search).get("q");
  if (query) {
    box.value = query;
    search();
  }
  if (location.hash) reveal();
})();
