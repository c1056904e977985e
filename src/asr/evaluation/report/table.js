// All utterances, of which only the rows in sight are in the document.
const ROW = 40; // pixels, as in page.css
const BEYOND = 8; // rows drawn above and below what is in sight
let cursor = 0; // place among the chosen

const BELIEVED = BELIEF.some((value) => value !== null && value !== undefined);
const SPOKEN = COLUMNS.speaker.some((value) => value);
const HEADS = [
  ['place', '#', 'number'], ['id', 'id', 'id'], SPOKEN && ['speaker', 'speaker', 'speaker'], ['seconds', 's', 'number'],
  TRANSCRIPTS && ['errors', 'errors', 'number'], TRANSCRIPTS && ['rate', 'wer', 'number'],
  BELIEVED && ['belief', TRANSCRIPTS ? 'confidence' : 'probability', 'number'],
  COLUMNS.other_errors && ['change', 'change', 'number'],
  ['text', TRANSCRIPTS ? 'alignment' : 'label', 'text'],
].filter(Boolean);

function startTable() {
  const section = byId('utterances');
  section.append(el('h2', {}, 'Utterances ', el('span', { class: 'muted', id: 'shown' })), controls(),
    el('div', { class: 'split', id: 'split' },
      el('div', { class: 'card rows', id: 'rows', tabindex: 0, role: 'grid', 'aria-rowcount': COUNT + 1, 'aria-label': 'Utterances; arrows move, Enter opens, Space plays' },
        el('table', { role: 'presentation' },
          el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...HEADS.map(head))), el('tbody', { id: 'body', role: 'rowgroup' })),
        el('p', { class: 'empty', id: 'empty', hidden: true }, 'No utterance is like this.')),
      el('aside', { id: 'detail', class: 'card', tabindex: -1, 'aria-label': 'Utterance', hidden: true })));
  const rows = byId('rows');
  let waiting = false;
  rows.addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }, { passive: true });
  new ResizeObserver(() => draw()).observe(rows);
  rows.addEventListener('keydown', tableKeys);
  onSelection(() => {
    cursor = 0;
    rows.scrollTop = 0;
    marks();
    draw();
  });
}

function head([name, text, kind]) {
  return el('th', { role: 'columnheader', scope: 'col', class: `${kind} col-${name}`, 'data-by': name, 'aria-sort': 'none' },
    el('button', { type: 'button', onclick: () => sortBy(name) }, text, el('span', { class: 'arrow', 'aria-hidden': 'true' })));
}

function controls() {
  const kinds = [['all', 'all'], ['wrong', 'with errors'], ['right', 'without errors'],
    ...(TRANSCRIPTS ? ['substitutions', 'deletions', 'insertions'].map((kind) => [kind, `with ${kind}`]) : []),
    ['heard', 'that can be heard'], ...(COLUMNS.other_errors ? [['better', 'better than before'], ['worse', 'worse than before']] : [])];
  const groups = Object.entries(DATA.members).map(([column, { values }]) => el('optgroup', { label: spelled(column) },
    ...values.map((value, number) => el('option', { value: JSON.stringify([column, number]) }, `${spelled(column)}: ${value}`))));
  return el('div', { class: 'controls', role: 'search' },
    el('input', { type: 'search', id: 'search', placeholder: 'Search words, ids, speakers   /', 'aria-label': 'Search', autocomplete: 'off', spellcheck: 'false',
      oninput: (event) => { filters.text = event.target.value; select(); } }),
    el('select', { id: 'errors', 'aria-label': 'Errors', onchange: (event) => { filters.errors = event.target.value; select(); } }, ...kinds.map(([value, text]) => el('option', { value }, text))),
    groups.length ? el('select', { id: 'slice', 'aria-label': 'Slice', onchange: (event) => { filters.slice = event.target.value; select(); } }, el('option', { value: '' }, 'every slice'), ...groups) : null,
    el('span', { id: 'only' }));
}

// What is chosen, at the controls and the heads.
function marks() {
  byId('shown').textContent = `${whole(chosen.length)} of ${whole(COUNT)}`;
  for (const [id, name] of [['search', 'text'], ['errors', 'errors'], ['slice', 'slice']]) {
    if (byId(id) && byId(id).value !== filters[name]) byId(id).value = filters[name];
  }
  replace(byId('only'), filters.only && el('button', { type: 'button', class: 'chip', title: 'Remove', onclick: () => { filters.only = null; select(); } }, el('bdi', {}, filters.only.name), ' ✕'));
  for (const th of document.querySelectorAll('#rows th')) {
    const mine = th.dataset.by === order.by;
    th.setAttribute('aria-sort', mine ? (order.down ? 'descending' : 'ascending') : 'none');
    th.querySelector('.arrow').textContent = mine ? (order.down ? ' ↓' : ' ↑') : '';
  }
}

function draw() {
  const rows = byId('rows');
  const first = Math.max(0, Math.floor(rows.scrollTop / ROW) - BEYOND);
  const end = Math.min(chosen.length, Math.ceil((rows.scrollTop + rows.clientHeight) / ROW) + BEYOND);
  const drawn = [];
  for (let place = first; place < end; place += 1) drawn.push(row(place));
  replace(byId('body'), gap(first), ...drawn, gap(chosen.length - end));
  byId('empty').hidden = chosen.length > 0;
  if (chosen.length) rows.setAttribute('aria-activedescendant', `row-${cursor}`);
  else rows.removeAttribute('aria-activedescendant');
}

function gap(count) {
  const cell = el('td', { class: 'gap' }); // of one column, since others may be hidden
  cell.style.height = `${count * ROW}px`;
  return el('tr', { 'aria-hidden': 'true', class: 'gap' }, cell);
}

function row(place) {
  const i = chosen[place];
  return el('tr', { role: 'row', id: `row-${place}`, class: `${place === cursor ? 'current' : ''} ${i === opened ? 'open' : ''}`, 'aria-rowindex': place + 2, 'aria-selected': String(place === cursor), onclick: () => { cursor = place; open(i); draw(); } },
    ...HEADS.map(([name, , kind]) => el('td', { role: 'gridcell', class: `${kind} col-${name}` }, cellOf(name, i))));
}

function cellOf(name, i) {
  if (name === 'text') return [HEARD.has(i) ? el('span', { class: 'heard-mark', title: 'Can be heard' }, '♪ ') : null, ...inline(i)];
  if (name === 'place') return i + 1;
  if (name === 'id' || name === 'speaker') return el('bdi', { title: COLUMNS[name][i] }, COLUMNS[name][i] || '–');
  if (name === 'seconds') return isNumber(COLUMNS.seconds[i]) ? COLUMNS.seconds[i].toFixed(2) : '–';
  if (name === 'errors') return ERRORS[i] ? el('b', { class: 'bad' }, ERRORS[i]) : '0';
  if (name === 'rate') return rateOf(i) === Infinity ? '∞' : percent(rateOf(i), 0);
  if (name === 'belief') return isNumber(BELIEF[i]) ? BELIEF[i].toFixed(3) : '–';
  const change = ERRORS[i] - COLUMNS.other_errors[i];
  return change ? el('b', { class: change < 0 ? 'good' : 'bad' }, `${change > 0 ? '+' : '−'}${Math.abs(change)}`) : '0';
}

function move(to) {
  if (!chosen.length) return;
  cursor = Math.max(0, Math.min(to, chosen.length - 1));
  const rows = byId('rows');
  const head = rows.querySelector('thead').offsetHeight;
  if (cursor * ROW < rows.scrollTop) rows.scrollTop = cursor * ROW;
  const over = head + (cursor + 1) * ROW - rows.clientHeight;
  if (rows.scrollTop < over) rows.scrollTop = over;
  if (opened !== null) open(chosen[cursor]);
  draw();
}

function tableKeys(event) {
  if (event.target !== byId('rows') || event.ctrlKey || event.metaKey || event.altKey) return;
  const page = Math.max(1, Math.floor(byId('rows').clientHeight / ROW) - 2);
  const steps = { ArrowDown: cursor + 1, ArrowUp: cursor - 1, PageDown: cursor + page, PageUp: cursor - page, Home: 0, End: chosen.length - 1 };
  if (event.key in steps) move(steps[event.key]);
  else if (event.key === 'Enter' && chosen.length) {
    open(chosen[cursor]);
    draw();
    byId('detail').focus();
  } else return;
  event.preventDefault();
}

// Opens an utterance wherever it is, whatever is filtered.
function revealed(i) {
  if (!chosen.includes(i)) {
    Object.assign(filters, { text: '', errors: 'all', slice: '', only: null });
    select();
  }
  open(i);
  move(chosen.indexOf(i));
  goTo('utterances');
  byId('rows').focus({ preventScroll: true });
}
