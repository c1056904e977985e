// What the keyboard does anywhere in the page.
const KEY_TEXTS = [
  ['/', 'search'], ['↑ ↓ PgUp PgDn Home End', 'move in the table'], ['Enter', 'open the utterance'],
  ['Space', 'play or pause it'], ['← →', 'half a second back or on, where an utterance is open'],
  ['Escape', 'close it, or clear the search and filters'], ['t', 'light, dark or automatic'], ['?', 'these keys'],
];

function startKeys() {
  const dialog = byId('keys');
  replace(dialog, el('h2', {}, 'Keys'), el('dl', {}, ...KEY_TEXTS.flatMap(([key, text]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, text)])),
    el('button', { type: 'button', onclick: () => dialog.close() }, 'Close'));
  byId('help').addEventListener('click', () => dialog.showModal());
  document.addEventListener('keydown', pageKeys);
}

function pageKeys(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || byId('keys').open) return;
  const target = event.target;
  const typing = target.matches('input, select, textarea');
  if (event.key === 'Escape') escaped(typing ? target : null);
  else if (typing) {
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    if (target.id !== 'search') return;
    byId('rows').focus();
  } else if (event.key === '/') {
    byId('search').focus();
    byId('search').select();
  } else if (event.key === '?') byId('keys').showModal();
  else if (event.key === 't') byId('theme').click();
  else if (event.key === ' ' && !target.matches('button, summary, a, [role=button]')) toggle(opened ?? chosen[cursor] ?? null);
  else if ((event.key === 'ArrowLeft' || event.key === 'ArrowRight') && opened !== null && clipOf(opened)) {
    const now = playing === opened ? player.currentTime : 0;
    seek(opened, (now + (event.key === 'ArrowRight' ? 0.5 : -0.5)) / clipOf(opened).seconds);
  } else return;
  event.preventDefault();
}

function escaped(field) {
  if (field) {
    field.blur();
    byId('rows').focus({ preventScroll: true });
    return;
  }
  if (close()) return;
  Object.assign(filters, { text: '', errors: 'all', slice: '', only: null });
  select();
}
