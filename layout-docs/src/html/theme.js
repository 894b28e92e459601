(() => {
  let theme = new URLSearchParams(location.search).get("theme");
  try { theme ??= localStorage.getItem("layout-docs-theme"); } catch { /* storage is off */ }
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
})();
