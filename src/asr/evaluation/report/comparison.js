// What another evaluation of the same utterances did better or worse.
function startComparison() {
  const found = DATA.compare;
  if (!found) return;
  const section = byId('comparison');
  section.hidden = false;
  section.append(el('h2', {}, 'Comparison'));
  if (found.verdict) section.append(el('p', { class: `verdict ${found.better ? `better-${found.better}` : ''}` }, el('strong', {}, found.verdict)));
  const name = (side) => el('bdi', { title: found[side] && found[side].model }, `${side.toUpperCase()}: ${last((found[side] && found[side].folder) || side)}`);
  const parts = [];
  if (found.rates) parts.push(rateTable(found, name));
  if (found.test) {
    parts.push(el('div', { class: 'card' }, el('h3', {}, `Test: ${found.test.name || ''}`), el('dl', {},
      ...Object.entries(found.test).filter(([key]) => key !== 'name').flatMap(([key, value]) => [el('dt', {}, spelled(key)), el('dd', {}, key === 'p' ? significant(value) : shown(key, value))]))));
  }
  if (Object.keys(found.slices || {}).length) parts.push(sliceDifferences(found.slices));
  if ((found.changed || []).length) parts.push(changedTable(found.changed));
  section.append(el('div', { class: 'grid' }, ...parts));
}

function rateTable(found, name) {
  return el('div', { class: 'card' }, el('h3', {}, 'Rates'), el('table', { class: 'plain' },
    el('thead', {}, el('tr', {}, ...['', name('a'), name('b'), 'B less A, points', '95 % interval', 'p'].map((text, k) => el('th', { scope: 'col', class: k && 'number' }, text)))),
    el('tbody', {}, ...Object.entries(found.rates).map(([metric, rate]) => el('tr', {}, el('th', { scope: 'row', class: 'short' }, metric),
      el('td', { class: 'number' }, percent(rate.a, 2)), el('td', { class: 'number' }, percent(rate.b, 2)),
      el('td', { class: `number strong ${tone(metric, rate.difference)}` }, isNumber(rate.difference) ? points(rate.difference) : '–'),
      el('td', { class: 'number' }, (rate.interval || []).every(isNumber) ? (rate.interval || []).map(points).join(' to ') : '–'),
      el('td', { class: 'number' }, significant(rate.p)))))));
}

function tone(metric, difference) {
  if (!difference) return '';
  return (difference < 0) === ['wer', 'cer'].includes(metric) ? 'good' : 'bad';
}

function sliceDifferences(slices) {
  const metric = DATA.compare.metric;
  const rows = Object.entries(slices).flatMap(([column, values]) => Object.entries(values).map(([value, told]) => ({ column, value, ...told })));
  rows.sort((a, b) => (a.p_holm ?? 1) - (b.p_holm ?? 1) || Math.abs(b.difference ?? 0) - Math.abs(a.difference ?? 0));
  return el('div', { class: 'card scroll' }, el('h3', {}, 'Slices'), el('table', { class: 'plain' },
    el('thead', {}, el('tr', {}, ...['slice', 'utterances', 'A', 'B', 'points', 'p, corrected'].map((text, k) => el('th', { scope: 'col', class: k && 'number' }, text)))),
    el('tbody', {}, ...rows.slice(0, 100).map((row) => el('tr', {}, el('th', { scope: 'row' }, `${spelled(row.column)}: `, sliceName(row.column, row.value)),
      el('td', { class: 'number' }, whole(row.utterances)), el('td', { class: 'number' }, percent(row.a)), el('td', { class: 'number' }, percent(row.b)),
      el('td', { class: `number strong ${tone(metric, row.difference)}` }, isNumber(row.difference) ? points(row.difference) : '–'), el('td', { class: 'number' }, significant(row.p_holm)))))));
}

function changedTable(changed) {
  const places = new Map(COLUMNS.id.map((id, i) => [id, i]));
  return el('div', { class: 'card scroll full' }, el('h3', {}, 'Utterances that changed most'), el('table', { class: 'plain' },
    el('thead', {}, el('tr', {}, ...['utterance', 'A → B', 'said', 'A', 'B'].map((text) => el('th', { scope: 'col' }, text)))),
    el('tbody', {}, ...changed.map((row) => el('tr', {},
      el('th', { scope: 'row' }, places.has(row.id) ? el('button', { type: 'button', class: 'link', onclick: () => { revealed(places.get(row.id)); } }, el('bdi', {}, row.id)) : el('bdi', {}, row.id)),
      el('td', { class: `short ${row.errors_b > row.errors_a ? 'bad' : 'good'}` }, `${row.errors_a} → ${row.errors_b}`),
      ...[row.reference, row.a, row.b].map((text) => el('td', {}, el('bdi', {}, text))))))));
}
