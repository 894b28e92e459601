(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const query = new URLSearchParams(location.search);
  const stored = (name) => { try { return localStorage.getItem(`layout-docs-${name}`); } catch { return null; /* storage is off */ } };
  const theme = query.get("theme") ?? stored("theme");
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  const show = stored("show");
  if (show === "compressed" || show === "full") root.dataset.show = show;
})();
