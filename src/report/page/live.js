// What survives a refresh, the theme, and the refresh of a live report.

const kStateKey = `synfin ${location.pathname}`;
const kThemeKey = 'synfin theme';

/// Storage may be forbidden; the page works without it.
function stored(storage, key) {
  try {
    return JSON.parse(window[storage].getItem(key));
  } catch {
    return null;
  }
}

function store(storage, key, value) {
  try {
    window[storage].setItem(key, JSON.stringify(value));
  } catch { /* nothing is kept */ }
}

/// Restores what was chosen before the last refresh, and returns where the page was scrolled to.
function restoreState() {
  const saved = stored('sessionStorage', kStateKey);
  if (!saved) return 0;
  Object.assign(state, saved.state);
  return saved.hash === location.hash ? saved.scroll : 0;
}

function saveState() {
  store('sessionStorage', kStateKey, { state, scroll: window.scrollY, hash: location.hash });
}

function applyTheme(theme) {
  if (theme === 'light' || theme === 'dark') document.documentElement.setAttribute('data-theme', theme);
  else document.documentElement.removeAttribute('data-theme');
}

function themeButton() {
  const now = () => document.documentElement.getAttribute('data-theme')
    || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const button = el('button', { type: 'button', class: 'plain theme', onclick: () => {
    const next = now() === 'dark' ? 'light' : 'dark';
    applyTheme(next);
    store('localStorage', kThemeKey, next);
    name();
  } });
  const name = () => { button.textContent = now() === 'dark' ? 'Light' : 'Dark'; };
  name();
  return button;
}

/// A live report is replaced by synfin; the page loads itself again, unless somebody types, drags
/// or has paused it.
function liveStatus() {
  if (!more.refresh_seconds) return null;
  const every = Math.max(1, more.refresh_seconds);
  const text = el('span', { role: 'status' });
  const button = el('button', { type: 'button', class: 'plain pause', onclick: () => { state.paused = !state.paused; name(); } });
  const name = () => {
    button.textContent = state.paused ? 'Resume' : 'Pause';
    text.textContent = state.paused ? 'Paused' : `Live, every ${duration(every * 1000)}`;
  };
  let busy = 0;
  for (const event of ['pointerdown', 'keydown', 'input']) addEventListener(event, () => { busy = Date.now(); }, true);
  const refresh = () => {
    const waits = state.paused || document.hidden || Date.now() - busy < 3000;
    if (waits) return setTimeout(refresh, 1000);
    saveState();
    return location.reload();
  };
  setTimeout(refresh, every * 1000);
  name();
  return el('span', { class: 'live' }, text, ' ', button);
}
