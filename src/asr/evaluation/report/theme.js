// Light, dark, or what the system prefers; remembered where the browser lets a file remember.
const THEMES = { auto: 'Auto', light: 'Light', dark: 'Dark' };

function remembered() {
  try {
    return localStorage.getItem('asr-report-theme');
  } catch {
    return null;
  }
}

function setTheme(name) {
  const theme = Object.hasOwn(THEMES, name) ? name : 'auto';
  document.documentElement.dataset.theme = theme;
  byId('theme').textContent = `${{ auto: '◐', light: '☀', dark: '☾' }[theme]} ${THEMES[theme]}`;
  byId('theme').setAttribute('aria-label', `Theme: ${THEMES[theme]}`);
  try {
    localStorage.setItem('asr-report-theme', theme);
  } catch {
    // then it is forgotten
  }
}

function startTheme() {
  setTheme(remembered());
  byId('theme').addEventListener('click', () => {
    const names = Object.keys(THEMES);
    setTheme(names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length]);
  });
}
