// Runs before the first paint: the theme chosen on this device, else the system's.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage refused by the browser: the system decides.
}
