// Theme, pointer widths, menu, place in the page, copied links. Without this script the page can be read all the same.
const root = document.documentElement;
const one = (selector) => document.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);
const store = (name, value) => {
  try {
    if (value) localStorage.setItem(`layout-docs-${name}`, value);
    else localStorage.removeItem(`layout-docs-${name}`);
  } catch { /* storage is off */ }
};

const status = one("#status");
let silence = 0;
const say = (text) => {
  clearTimeout(silence);
  status.textContent = text;
  silence = setTimeout(() => { status.textContent = ""; }, 4000);
};

// Theme: as the system has it, light, dark.
const theme = one("#theme");
const themes = { auto: "as the system", light: "light", dark: "dark" };
const chosen = () => root.dataset.theme ?? "auto";
const after = (name) => Object.keys(themes)[(Object.keys(themes).indexOf(name) + 1) % 3];
const nameTheme = () => {
  theme.setAttribute("aria-label", `Theme: ${themes[chosen()]}. Change to: ${themes[after(chosen())]}`);
  theme.title = `Theme: ${themes[chosen()]}`;
};
theme.addEventListener("click", () => {
  const next = after(chosen());
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  store("theme", next === "auto" ? null : next);
  nameTheme();
  say(theme.title);
});
nameTheme();

// Pointer widths.
const widths = all("button[data-show]");
const show = (width) => {
  root.dataset.show = width;
  for (const button of widths) button.setAttribute("aria-pressed", String(button.dataset.show === width));
};
for (const button of widths) {
  button.addEventListener("click", () => {
    show(button.dataset.show);
    store("show", button.dataset.show);
  });
}
show(root.dataset.show ?? "both");

// Menu, where the window has no room for the sidebar.
const menu = one("#menu");
const sidebar = one("#sidebar");
const isMenuOpen = () => menu.getAttribute("aria-expanded") === "true";
const openMenu = (open) => {
  document.body.classList.toggle("menu-open", open);
  menu.setAttribute("aria-expanded", String(open));
  if (open) (sidebar.querySelector("[aria-current]") ?? sidebar.querySelector("a"))?.focus();
};
menu.addEventListener("click", () => openMenu(!isMenuOpen()));
document.addEventListener("click", (event) => {
  const left = !event.target.closest("#menu, #sidebar") || event.target.closest("#sidebar a");
  if (isMenuOpen() && left) openMenu(false);
});
sidebar.addEventListener("focusout", (event) => {
  if (isMenuOpen() && event.relatedTarget && !event.relatedTarget.closest("#sidebar, #menu")) openMenu(false);
});

// The place that the address names.
const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
const reveal = () => {
  const name = decode(location.hash.slice(1));
  if (!name || name === "content") return;
  const target = byId(name);
  if (!target) {
    say(`Nothing here is named “${name}”.`);
    find(name.replace(/^(bits|struct)\./, ""));
    return;
  }
  target.scrollIntoView();
  // Sections that were not drawn before have their size only now.
  requestAnimationFrame(() => target.scrollIntoView());
};
const go = (id) => {
  if (decode(location.hash.slice(1)) === id) reveal();
  else location.hash = id;
  const target = byId(id);
  target?.querySelector(target.matches("tr") ? ".name a" : "h2 a")?.focus({ preventScroll: true });
};
addEventListener("hashchange", reveal);

// The section in sight, in the sidebar.
const sections = all("main > section[id]");
const order = new Map(sections.map((section, i) => [section, i]));
const links = new Map(all("a", sidebar).map((link) => [link.getAttribute("href").slice(1), link]));
const inSight = new Set();
let current = null;
const follow = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) isIntersecting ? inSight.add(target) : inSight.delete(target);
  const first = [...inSight].reduce((a, b) => (a && order.get(a) < order.get(b) ? a : b), null);
  const link = first && links.get(first.id);
  if (!link || link === current) return;
  current?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  current = link;
  const { top, bottom } = link.getBoundingClientRect();
  const frame = sidebar.getBoundingClientRect();
  if (top < frame.top || bottom > frame.bottom) sidebar.scrollTop += top - frame.top - frame.height / 3;
}, { rootMargin: "-70px 0px -60% 0px" });
for (const section of sections) follow.observe(section);

// Boxes are stops of the Tab key only while there is something to scroll.
const scrolls = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else if (target !== document.activeElement) target.removeAttribute("tabindex");
  }
});
for (const box of all(".scroll")) scrolls.observe(box);

// Links to copy: each heading has a button, the rows share one, which comes to the row in hand.
const shared = one(".copy")?.cloneNode(true);
const visit = (event) => {
  const row = event.target.closest?.("tr[id]");
  if (!row || !shared || row.contains(shared) || document.activeElement === shared) return;
  // Where the keyboard is it stays, whatever the pointer happens to be on.
  if (event.type === "pointerover" && shared.closest("tr")?.matches(":has(:focus-visible)")) return;
  shared.setAttribute("aria-label", `Copy the link to ${row.id}`);
  row.querySelector(".name a")?.after(shared);
};
document.addEventListener("pointerover", visit);
document.addEventListener("focusin", visit);
const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { /* no clipboard here: the old way */ }
  const box = document.createElement("textarea");
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const place = new URL(location.href);
  place.search = "";
  place.hash = button.closest("tr[id], section[id]").id;
  const done = await copied(place.href);
  button.focus({ preventScroll: true });
  say(done ? "Link copied." : `The link is ${place.href}`);
});

// A cell of a ruler and its row belong together.
const rowOf = (event) => {
  const cell = event.target.closest?.("[data-row]");
  return cell && byId(cell.dataset.row);
};
let lit = null;
document.addEventListener("pointerover", (event) => {
  const row = rowOf(event);
  if (row === lit) return;
  lit?.classList.remove("lit");
  row?.classList.add("lit");
  lit = row;
});
document.addEventListener("click", (event) => {
  const row = rowOf(event);
  if (row) go(row.id);
});
