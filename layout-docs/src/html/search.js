// Search: a combobox over the index that the page carries.
const box = one("#q");
const panel = one("#found");
const list = one("#results");
const hint = one("#hint");
const MOST = 50;

// Read when it is first needed. `own` is what a thing is found by itself, `full` has the name of its section before it.
let things = null;
const read = () => JSON.parse(one("#search-index").textContent).flatMap((entry) => [
  thing(entry, entry.name, true),
  ...entry.rows.map((row) => thing(row, `${entry.name}.${row.name}`, false)),
]);
const thing = (item, full, isSection) => ({
  ...item, full, isSection,
  low: { name: item.name.toLowerCase(), full: full.toLowerCase(), about: item.about.toLowerCase(), words: item.words.toLowerCase() },
});

// How well a word fits a thing itself, and how well the name of its section: less is better, nothing is no fit.
const own = ({ low }, word) => {
  if (low.name === word || low.full === word) return 0;
  const at = low.name.indexOf(word);
  if (at === 0) return 1;
  if (at > 0) return low.name[at - 1] === "_" ? 2 : 3;
  if (word.includes(".") && low.full.includes(word)) return 2;
  if (low.about.includes(word)) return 5;
  return low.words.includes(word) ? 6 : Infinity;
};
const borrowed = ({ low }, word) => low.full.startsWith(word) ? 1 : low.full.includes(word) ? 5 : Infinity;
// Fields are not found by the name of their class alone.
const cost = (item, words) => {
  const ranks = words.map((word) => own(item, word));
  if (Math.min(...ranks) === Infinity) return Infinity;
  const sum = words.reduce((sum, word, i) => sum + Math.min(ranks[i], borrowed(item, word)), 0);
  return sum + (item.isSection ? 0 : 0.5) + item.full.length / 1000;
};
const matches = (text) => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  things ??= read();
  const found = things.map((item) => [cost(item, words), item]).filter(([cost]) => cost < Infinity);
  return { words, found: found.sort(([a], [b]) => a - b).map(([, item]) => item) };
};

// `text` with the words marked in it.
const marked = (text, words) => {
  const low = text.toLowerCase();
  const whole = document.createDocumentFragment();
  for (let at = 0; at < text.length;) {
    const next = words.map((word) => [low.indexOf(word, at), word.length]).filter(([i]) => i >= 0).sort(([a], [b]) => a - b)[0];
    whole.append(text.slice(at, next?.[0]));
    if (!next) break;
    whole.append(element("mark", "", text.slice(next[0], next[0] + next[1])));
    at = next[0] + next[1];
  }
  return whole;
};
const element = (name, className, content) => {
  const made = document.createElement(name);
  made.className = className;
  made.append(content);
  return made;
};
// The part of a text around the first word that stands in it.
const excerpt = (text, words) => {
  const at = Math.min(...words.map((word) => text.toLowerCase().indexOf(word)).filter((i) => i >= 0));
  if (!Number.isFinite(at) || at < 50) return text;
  return `…${text.slice(text.indexOf(" ", at - 40) + 1)}`;
};

let shown = [];
let active = -1;
const choose = (i) => {
  list.children[active]?.setAttribute("aria-selected", "false");
  active = i;
  const option = list.children[active];
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
};
const close = () => {
  panel.hidden = true;
  box.setAttribute("aria-expanded", "false");
  choose(-1);
};
const search = () => {
  if (!box.value.trim()) {
    shown = [];
    return close();
  }
  const { words, found } = matches(box.value);
  shown = found.slice(0, MOST);
  list.replaceChildren(...shown.map((item, i) => {
    const option = element("li", `k-${item.kind}`, element("span", "name", marked(item.full, words)));
    option.id = `found-${i}`;
    option.setAttribute("role", "option");
    option.dataset.id = item.id;
    option.append(" ", element("span", "about", marked(item.about, words)));
    if (item.words) option.append(" ", element("small", "", marked(excerpt(item.words, words), words)));
    return option;
  }));
  hint.textContent = found.length === 0
    ? `Nothing matches “${box.value.trim()}”. Try part of a name, a type such as Smi, or a kind such as weak.`
    : found.length > MOST ? `The best ${MOST} of ${found.length}. Another word narrows them.`
    : found.length === 1 ? "1 match." : `${found.length} matches.`;
  panel.hidden = false;
  list.hidden = found.length === 0;
  box.setAttribute("aria-expanded", String(found.length > 0));
  choose(found.length === 0 ? -1 : 0);
};
const find = (text) => {
  box.value = text;
  box.focus();
  search();
};
const open = (i) => {
  if (!shown[i]) return;
  close();
  go(shown[i].id);
};

box.addEventListener("input", search);
box.addEventListener("focus", () => { if (box.value) search(); });
box.addEventListener("blur", close);
panel.addEventListener("pointerdown", (event) => event.preventDefault());
list.addEventListener("click", (event) => open([...list.children].indexOf(event.target.closest("li"))));
box.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    if (panel.hidden) search();
    else if (shown.length) choose((active + step + shown.length) % shown.length);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (panel.hidden) search();
    else open(active);
  }
});
document.addEventListener("keydown", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.key === "/" && isPlain && !event.target.closest?.("input, textarea, select, [contenteditable]")) {
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "Escape") {
    if (isMenuOpen()) {
      openMenu(false);
      menu.focus();
    } else if (event.target === box) {
      if (panel.hidden) box.value = "";
      close();
      if (!box.value) box.blur();
    }
  }
});

const query = new URLSearchParams(location.search).get("q");
if (query) find(query);
if (location.hash) reveal();
