// Runs before anything is painted, so that neither the colours nor the language change under the reader's eyes.
// No module: modules run after the document is parsed.
(() => {
  const root = document.documentElement;
  const stored = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage is forbidden: the browser's preferences have to do
    }
  };
  const theme = stored("bert.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const language = stored("bert.language");
  const chinese = language === "zh" || (language !== "en" && /^zh\b/i.test(navigator.language));
  root.lang = chinese ? "zh-Hans" : "en";
})();
