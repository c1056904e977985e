// Rates of parts of the data, with intervals, one column at a time.
const MOST_SLICES = 200;

function startSlices() {
  const found = DATA.summary.slices || {};
  const names = Object.keys(found).filter((name) => Object.keys(found[name]).length);
  if (!names.length) return;
  const section = byId('slices');
  section.hidden = false;
  const body = el('div', { class: 'card scroll' });
  const tabs = names.map((name) => el('button', { type: 'button', class: 'tab', 'aria-pressed': 'false', onclick: () => pick(name) }, el('bdi', {}, spelled(name))));
  const pick = (name) => {
    tabs.forEach((tab, k) => tab.setAttribute('aria-pressed', String(names[k] === name)));
    replace(body, sliceTable(name, found[name]));
  };
  section.append(el('h2', {}, 'Slices'), el('div', { class: 'tabs' }, ...tabs), body);
  pick(names[0]);
}

function sliceTable(column, values) {
  const [first] = Object.values(values);
  const metric = ['wer', 'accuracy', 'cer'].find((name) => name in first) || 'wer';
  const worstFirst = (a, b) => (metric === 'accuracy' ? a[1][metric] - b[1][metric] : b[1][metric] - a[1][metric]);
  const all = Object.entries(values);
  const rows = column === 'duration' ? all : all.sort(worstFirst);
  const high = Math.max(...rows.slice(0, MOST_SLICES).flatMap(([, told]) => [told[metric], ...(told.interval || [])]).filter(isNumber), 0.01);
  const most = metric === 'accuracy' ? 1 : Math.min(high, 2);
  const counted = 'words' in first;
  return el('div', {},
    el('table', { class: 'plain' },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, spelled(column)), el('th', { scope: 'col', class: 'number' }, 'utterances'),
        counted && el('th', { scope: 'col', class: 'number' }, 'words'), el('th', { scope: 'col', class: 'number' }, metric), el('th', { scope: 'col', class: 'number' }, '95 % interval'), el('th', {}))),
      el('tbody', {}, ...rows.slice(0, MOST_SLICES).map(([value, told]) => el('tr', {},
        el('th', { scope: 'row' }, sliceName(column, value)),
        el('td', { class: 'number' }, whole(told.utterances)), counted && el('td', { class: 'number' }, whole(told.words)),
        el('td', { class: 'number strong' }, percent(told[metric])),
        el('td', { class: 'number muted' }, (told.interval || []).every(isNumber) ? (told.interval || []).map((b) => percent(b)).join(' – ') : '–'),
        el('td', { class: 'wide' }, whisker(told[metric], told.interval, most)))))),
    rows.length > MOST_SLICES && el('p', { class: 'foot' }, `${MOST_SLICES} of ${rows.length}; summary.json has all.`));
}

function sliceName(column, value) {
  const members = DATA.members[column];
  const number = members ? members.values.indexOf(value) : -1;
  if (number < 0) return el('bdi', {}, value);
  return el('button', { type: 'button', class: 'link', title: 'Show these utterances', onclick: () => showSlice(column, number) }, el('bdi', {}, value));
}
