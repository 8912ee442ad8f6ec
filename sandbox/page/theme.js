/** Chooses light or dark before the first paint: a plain script in the head, so that the wrong one never flashes. */
{
  const chosen = localStorage.getItem("drop-sandbox-theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
