// Misses against false alarms of each label, over all thresholds.
function startDetection() {
  const labels = Object.keys(DATA.roc || {});
  if (!labels.length) return;
  const section = byId('detection');
  section.hidden = false;
  labels.sort((a, b) => DATA.roc[a].area - DATA.roc[b].area);
  const place = el('div', { class: 'grid' });
  const choice = el('select', { id: 'detected', onchange: () => draw(choice.value) }, ...labels.map((label) => el('option', { value: label }, label)));
  const draw = (label) => replace(place, curve('Receiver operating characteristic', `Area ${DATA.roc[label].area.toFixed(4)}`, DATA.roc[label], 'false alarms', 'found', (miss) => 1 - miss),
    curve('Detection error trade-off', `Equal error rate ${percent(DATA.roc[label].equal_error_rate, 2)}`, DATA.roc[label], 'false alarms', 'missed', (miss) => miss));
  section.append(el('h2', {}, 'Detection'), el('p', { class: 'controls' }, el('label', { for: 'detected' }, 'Label, the hardest first '), choice), place);
  draw(labels[0]);
}

function curve(title, caption, told, xName, yName, of) {
  const plot = frame(title, caption, { height: 250 });
  const { root, box } = plot;
  const x = scaled(0, 1, box.x, box.x + box.width);
  const y = scaled(0, 1, box.y + box.height, box.y + 6);
  const shares = [0, 0.25, 0.5, 0.75, 1];
  axes(plot, x, y, { xTicks: shares, yTicks: shares, xName, yName, xText: (v) => percent(v, 0), yText: (v) => percent(v, 0) });
  root.append(svg('path', { class: 'line', d: path(told.false_alarm.map(x), told.miss.map((miss) => y(of(miss)))) }));
  return plot.figure;
}
