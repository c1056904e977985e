// The figures at the head of the page, and the plots beneath them.
const NAMES = { wer: 'Word error rate', cer: 'Character error rate', accuracy: 'Accuracy', macro_f1: 'Macro F1' };
const last = (text) => String(text).replace(/[/\\]+$/, '').split(/[/\\]/).slice(-2).join('/');

function startSummary() {
  const told = DATA.summary;
  const source = (told.data && told.data.source) || '';
  document.title = `Evaluation of ${last(told.model || DATA.folder)}`;
  byId('title').textContent = last(told.model || DATA.folder);
  replace(byId('subtitle'), source && el('bdi', { title: source }, `on ${last(source)}`));
  replace(byId('notes'), DATA.notes.map((note) => el('p', { class: 'note' }, note)));
  replace(byId('summary'), el('div', { class: 'cards' }, ...rates(told), edits(told), facts(told)), basis(told));
  startPlots(told);
  byId('everything').append(el('details', { class: 'card' }, el('summary', {}, 'All figures'), nested(told)));
}

function rates(told) {
  const intervals = told.intervals || {};
  const test = told.test || {};
  const main = ['wer', 'accuracy'].filter((name) => name in test);
  const names = [...new Set([...main, ...Object.keys(test)])];
  return names.filter((name) => isNumber(test[name])).map((name) => {
    const interval = intervals[name];
    return el('div', { class: 'card figure' },
      el('h3', {}, NAMES[name] || spelled(name)),
      el('p', { class: 'big' }, percent(test[name], 2)),
      interval && interval.every(isNumber)
        ? [el('p', { class: 'muted' }, `95 %: ${percent(interval[0])} to ${percent(interval[1])}`),
          whisker(test[name], interval, Math.min(1, Math.max(0.05, ...interval, test[name]) * 1.1))] : null);
  });
}

function edits(told) {
  if (!TRANSCRIPTS || !isNumber(told.words)) return null;
  const kinds = ['substitutions', 'deletions', 'insertions'];
  const total = sum(kinds.map((kind) => told[kind] || 0)) || 1;
  let at = 0;
  const bar = svg('svg', { viewBox: '0 0 200 12', class: 'stack', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  for (const kind of kinds) {
    const width = (200 * (told[kind] || 0)) / total;
    bar.append(svg('rect', { class: kind, x: at, y: 0, width, height: 12 }));
    at += width;
  }
  return el('div', { class: 'card figure' }, el('h3', {}, `Errors in ${whole(told.words)} words`), bar,
    el('ul', { class: 'legend' }, ...kinds.map((kind) => el('li', { class: kind },
      el('button', { type: 'button', onclick: () => { filters.only = null; filters.errors = kind; select(); goTo('utterances'); } },
        el('i', {}), `${whole(told[kind])} ${kind}`)))));
}

function facts(told) {
  const counts = told.utterances || {};
  const latency = told.latency && isNumber(told.latency.median_ms)
    ? [['Latency, median', `${told.latency.median_ms.toFixed(1)} ms`], ['Latency, 95 %', `${told.latency.p95_ms.toFixed(1)} ms`]] : [];
  const rows = [
    ['Utterances', counts.skipped ? `${whole(counts.kept)} (${whole(counts.skipped)} skipped)` : whole(counts.kept ?? COUNT)],
    ['Audio', duration(told.audio_seconds)],
    ['All right', percent(ERRORS.filter((errors) => !errors).length / COUNT)],
    ['Real-time factor', isNumber(told.real_time_factor) ? told.real_time_factor.toPrecision(2) : '–'],
    ...latency,
  ];
  return el('div', { class: 'card figure' }, el('dl', {}, ...rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])));
}

function basis(told) {
  const way = told.interval;
  const texts = [];
  if (way) texts.push(`Intervals hold ${percent(way.level ?? 0.95, 0)}: bootstrap of ${whole(way.blocks)} blocks (${way.blocked_by}), ${whole(way.resamples)} resamples.`);
  if (told.scoring) texts.push(`Scoring: ${scoringText(told.scoring)}.`);
  return texts.length ? el('p', { class: 'basis' }, texts.join(' ')) : null;
}

function scoringText(scoring) {
  if (typeof scoring !== 'object') return String(scoring);
  return Object.entries(scoring).filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${spelled(name)} ${typeof value === 'object' ? JSON.stringify(value) : value}`).join(', ');
}

function startPlots(told) {
  const found = [];
  if (TRANSCRIPTS) found.push(rateHistogram());
  else found.push(beliefHistogram());
  found.push(durationPlot());
  if (told.calibration && (told.calibration.bins || []).length) {
    found.push(reliability(told.calibration, (bin) => showOnly(
      `confidence ${percent(bin.low, 0)} to ${percent(bin.high, 0)}`,
      (i) => BELIEF[i] !== null && (BELIEF[i] > bin.low || (bin.low === 0 && BELIEF[i] === 0)) && BELIEF[i] <= bin.high)));
  }
  byId('plots').append(el('h2', {}, 'At a glance'), el('div', { class: 'grid' }, ...found));
}

function rateHistogram() {
  const edges = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1];
  const bars = [{ name: '0', label: 'no error', tone: 'good', test: (rate) => rate === 0 }];
  edges.forEach((low, k) => {
    const high = edges[k + 1] ?? Infinity;
    const name = high === Infinity ? '> 100' : `≤ ${100 * high}`;
    bars.push({ name, label: `error rate ${name} %`, test: (rate) => rate > low && rate <= high });
  });
  for (const bar of bars) {
    bar.value = COLUMNS.id.filter((_, i) => bar.test(rateOf(i))).length;
    bar.action = () => showOnly(bar.label, (i) => bar.test(rateOf(i)));
  }
  return histogram('Utterances by word error rate', 'Press a bar to list what is in it.', bars, 'word error rate, %');
}

function beliefHistogram() {
  const bars = Array.from({ length: 10 }, (_, k) => {
    const inside = (i) => ERRORS[i] > 0 && Math.min(Math.floor(BELIEF[i] * 10), 9) === k;
    const label = `mistakes with probability ${10 * k} to ${10 * k + 10} %`;
    return { name: `${10 * k + 10}`, label, tone: 'bad', value: COLUMNS.id.filter((_, i) => inside(i)).length, action: () => showOnly(label, inside) };
  });
  return histogram('How sure were the mistakes?', 'Wrong labels by the probability they were given.', bars, 'probability up to, %');
}

// The mean rate of utterances of similar duration, with their number.
function durationPlot() {
  const sorted = COLUMNS.id.map((_, i) => i).filter((i) => isNumber(COLUMNS.seconds[i])).sort((a, b) => COLUMNS.seconds[a] - COLUMNS.seconds[b]);
  const groups = Math.max(1, Math.min(16, Math.floor(sorted.length / 8)));
  const plot = frame('Error rate by duration', `Each point is ${whole(Math.ceil(sorted.length / groups))} utterances of similar duration.`, { height: 250 });
  const { root, box } = plot;
  const found = Array.from({ length: groups }, (_, k) => {
    const part = sorted.slice(Math.floor((k * sorted.length) / groups), Math.floor(((k + 1) * sorted.length) / groups));
    const units = TRANSCRIPTS ? sum(part.map((i) => COLUMNS.words[i])) : part.length;
    return { seconds: sum(part.map((i) => COLUMNS.seconds[i])) / (part.length || 1), rate: sum(part.map((i) => ERRORS[i])) / Math.max(units, 1), part };
  }).filter((group) => group.part.length);
  if (!found.length) return null;
  const high = Math.max(0.02, ...found.map((group) => group.rate)) * 1.15;
  const longest = Math.max(...found.map((group) => group.seconds)) * 1.05;
  const x = scaled(0, longest, box.x, box.x + box.width);
  const y = scaled(0, high, box.y + box.height, box.y + 6);
  axes(plot, x, y, { xTicks: ticks(0, longest, 5), yTicks: ticks(0, high, 4), xName: 'seconds', yText: (v) => `${+(100 * v).toFixed(1)} %`, xText: (v) => String(+v.toFixed(2)) });
  root.append(svg('path', { class: 'line', d: path(found.map((g) => x(g.seconds)), found.map((g) => y(g.rate))) }));
  for (const group of found) {
    const members = new Set(group.part);
    const label = `about ${seconds(group.seconds)}: ${percent(group.rate)} errors in ${group.part.length} utterances`;
    root.append(pressable(svg('circle', { class: 'dot', cx: x(group.seconds), cy: y(group.rate), r: 5 }), label, () => showOnly(label, (i) => members.has(i))));
  }
  return plot.figure;
}

// Plain values within values, as lists.
function nested(value) {
  return el('dl', { class: 'nested' }, ...Object.entries(value).flatMap(([name, item]) => {
    const deep = item !== null && typeof item === 'object' && !(Array.isArray(item) && item.every((part) => typeof part !== 'object'));
    return [el('dt', {}, el('bdi', {}, spelled(name))), el('dd', {}, deep ? nested(item) : el('bdi', {}, shown(name, item)))];
  }));
}
