// What is taken for what: pairs of words, or a matrix of labels.
const MOST_PAIRS = 40;

function startConfusion() {
  const parts = [];
  if (DATA.confusion) parts.push(...matrixParts(DATA.confusion));
  if (DATA.confusions) parts.push(...pairParts(DATA.confusions));
  if (!parts.length) return;
  byId('confusion').hidden = false;
  byId('confusion').append(el('h2', {}, 'Confusions'), el('div', { class: 'grid' }, ...parts));
}

function pairParts(found) {
  return ['substitutions', 'deletions', 'insertions'].filter((kind) => (found[kind] || []).length).map((kind) => {
    const rows = found[kind].slice(0, MOST_PAIRS);
    const most = rows[0][rows[0].length - 1];
    return el('div', { class: 'card' }, el('h3', {}, `Most frequent ${kind}`),
      el('ol', { class: 'pairs scroll' }, ...rows.map((row) => pairItem(kind, row, most))));
  });
}

function pairItem(kind, row, most) {
  const words = row.slice(0, -1);
  const count = row[row.length - 1];
  const bar = svg('svg', { class: 'share', viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: kind, x: 0, y: 0, width: (100 * count) / most, height: 4 }));
  const text = kind === 'substitutions'
    ? [el('bdi', { class: 'gone' }, words[0]), ' → ', el('bdi', { class: 'new' }, words[1])]
    : [el('bdi', { class: kind === 'deletions' ? 'gone' : 'new' }, words[0])];
  return el('li', {}, el('button', {
    type: 'button', title: 'Show these utterances',
    onclick: () => showOnly(`${kind.slice(0, -1)} ${words.join(' → ')}`, (i) => hasEdit(i, kind[0], words)),
  }, el('span', {}, ...text), el('span', { class: 'times' }, whole(count)), bar));
}

function hasEdit(i, kind, words) {
  return paired(COLUMNS.reference[i], COLUMNS.hypothesis[i], COLUMNS.edits[i]).some((pair) => pair.kind === kind
    && (kind === 'i' ? pair.heard === words[0] : pair.said === words[0])
    && (kind !== 's' || pair.heard === words[1]));
}

function matrixParts({ labels, matrix, unseen, per_label: each }) {
  const pairs = [];
  matrix.forEach((row, said) => row.forEach((count, heard) => {
    if (count && said !== heard) pairs.push([labels[said], labels[heard], count]);
  }));
  pairs.sort((a, b) => b[2] - a[2]);
  const parts = [labels.length <= 120 && matrixPlot(labels, matrix)];
  if (pairs.length) {
    parts.push(el('div', { class: 'card' }, el('h3', {}, 'Most frequent confusions'),
      el('ol', { class: 'pairs scroll' }, ...pairs.slice(0, MOST_PAIRS).map((row) => labelPair(row, pairs[0][2])))));
  }
  if (each) parts.push(labelTable(labels, each));
  if (unseen && sum(unseen)) parts.push(el('p', { class: 'note' }, `${sum(unseen)} utterances have labels that the model has never heard of.`));
  return parts.filter(Boolean);
}

const showPair = (said, heard) => showOnly(`${said} → ${heard}`, (i) => COLUMNS.reference[i] === said && COLUMNS.hypothesis[i] === heard);

function labelPair([said, heard, count], most) {
  return el('li', {}, el('button', { type: 'button', title: 'Show these utterances', onclick: () => showPair(said, heard) },
    el('span', {}, el('bdi', { class: 'gone' }, said), ' → ', el('bdi', { class: 'new' }, heard)), el('span', { class: 'times' }, whole(count)),
    svg('svg', { class: 'share', viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('rect', { class: 'substitutions', x: 0, y: 0, width: (100 * count) / most, height: 4 }))));
}

function matrixPlot(labels, matrix) {
  const cell = Math.max(9, Math.min(34, 620 / labels.length));
  const margin = Math.min(110, 12 + 6.4 * Math.max(...labels.map((label) => label.length)));
  const size = margin + cell * labels.length + 4;
  const root = svg('svg', { viewBox: `0 0 ${size} ${size}`, class: 'plot matrix', role: 'img', 'aria-label': 'Confusion matrix; the list of confusions tells the same' });
  const totals = matrix.map((row) => sum(row) || 1);
  const text = (label) => (label.length > 15 ? `${label.slice(0, 14)}…` : label);
  labels.forEach((label, k) => {
    const at = margin + (k + 0.5) * cell;
    root.append(svg('text', { class: 'tick', x: margin - 5, y: at, 'text-anchor': 'end', 'dominant-baseline': 'middle' }, text(label)));
    root.append(svg('text', { class: 'tick', transform: `translate(${at} ${margin - 5}) rotate(-60)`, 'dominant-baseline': 'middle' }, text(label)));
  });
  matrix.forEach((row, said) => row.forEach((count, heard) => {
    const share = count / totals[said];
    const rect = svg('rect', { class: `cell ${said === heard ? 'diagonal' : ''}`, x: margin + heard * cell, y: margin + said * cell, width: cell - 1, height: cell - 1, rx: 2 });
    if (count) rect.style.fillOpacity = String(0.12 + 0.88 * share ** 0.6);
    else rect.classList.add('none');
    fill(rect, { onclick: count ? () => showPair(labels[said], labels[heard]) : null }, [svg('title', {}, `${labels[said]} → ${labels[heard]}: ${count} of ${totals[said]}`)]);
    root.append(rect);
    if (count && cell >= 20) root.append(svg('text', { class: `cellcount ${share > 0.45 ? 'over' : ''}`, x: margin + (heard + 0.5) * cell, y: margin + (said + 0.5) * cell, 'text-anchor': 'middle', 'dominant-baseline': 'central' }, count));
  }));
  return el('figure', { class: 'card' }, el('figcaption', {}, el('h3', {}, 'Confusion matrix'), el('p', {}, 'Rows are what was said, columns what was recognised. Press a cell to list its utterances.')), root);
}

function labelTable(labels, each) {
  const names = Object.keys(Object.values(each)[0] || {});
  const cell = (name, value) => (Number.isInteger(value) && value > 1 ? whole(value) : /support|count|utter/.test(name) ? whole(value) : percent(value));
  return el('div', { class: 'card scroll' }, el('h3', {}, 'Each label'), el('table', { class: 'plain' },
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'label'), ...names.map((name) => el('th', { scope: 'col', class: 'number' }, spelled(name))))),
    el('tbody', {}, ...labels.filter((label) => each[label]).map((label) => el('tr', {},
      el('th', { scope: 'row' }, el('button', { type: 'button', class: 'link', onclick: () => showOnly(`label ${label}`, (i) => COLUMNS.reference[i] === label) }, el('bdi', {}, label))),
      ...names.map((name) => el('td', { class: 'number' }, cell(name, each[label][name]))))))));
}
