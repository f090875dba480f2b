// Tells Swagger, whose dark theme is a class, which theme it is.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function dress() {
  const theme = root.dataset.theme ?? (dark.matches ? "dark" : "light");
  root.classList.toggle("dark-mode", theme === "dark");
}

dress();
dark.addEventListener("change", dress);
new MutationObserver(dress).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
