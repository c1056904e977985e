// Small SVG plots: an axis frame, bars, lines, and points with whiskers.
function frame(title, caption, { width = 420, height = 230, left = 44, bottom = 34, top = 8, right = 22 } = {}) {
  const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title, class: 'plot' });
  const box = { x: left, y: top, width: width - left - right, height: height - top - bottom };
  const figure = el('figure', { class: 'card' }, el('figcaption', {}, el('h3', {}, title), caption && el('p', {}, caption)), root);
  return { root, box, figure };
}

const scaled = (low, high, from, to) => (value) => from + ((value - low) / (high - low || 1)) * (to - from);

function ticks(low, high, count = 4) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step) found.push(value);
  return found;
}

function axes({ root, box }, x, y, { xTicks, yTicks, xName, yName, xText = String, yText = String }) {
  for (const value of yTicks) {
    root.append(svg('line', { class: 'grid', x1: box.x, x2: box.x + box.width, y1: y(value), y2: y(value) }));
    root.append(svg('text', { class: 'tick', x: box.x - 6, y: y(value), 'text-anchor': 'end', 'dominant-baseline': 'middle' }, yText(value)));
  }
  const floor = box.y + box.height;
  for (const value of xTicks) {
    root.append(svg('text', { class: 'tick', x: x(value), y: floor + 13, 'text-anchor': 'middle' }, xText(value)));
  }
  root.append(svg('line', { class: 'axis', x1: box.x, x2: box.x + box.width, y1: floor, y2: floor }));
  root.append(svg('text', { class: 'name', x: box.x + box.width, y: floor + 28, 'text-anchor': 'end' }, xName));
  if (yName) root.append(svg('text', { class: 'name', x: box.x + 4, y: box.y + 8 }, yName));
}

// What a click, or Enter, on part of a plot does.
function pressable(element, label, action) {
  return fill(element, {
    role: 'button', tabindex: 0, 'aria-label': label, onclick: action,
    onkeydown: (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      event.stopPropagation();
      action();
    },
  }, [svg('title', {}, label)]);
}

// bars: [{name, value, label, action}]
function histogram(title, caption, bars, xName) {
  const plot = frame(title, caption);
  const { root, box } = plot;
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const y = scaled(0, most, box.y + box.height, box.y + 14);
  const step = box.width / bars.length;
  axes(plot, (k) => box.x + (k + 0.5) * step, y, {
    xTicks: bars.map((_, k) => k), yTicks: ticks(0, most, 3), xName, xText: (k) => bars[k].name,
  });
  bars.forEach((bar, k) => {
    const height = box.y + box.height - y(bar.value);
    const rect = svg('rect', {
      class: `bar ${bar.tone || ''}`, x: box.x + k * step + step * 0.1, y: y(bar.value), width: step * 0.8,
      height: bar.value ? Math.max(height, 1.5) : 0, rx: 2,
    });
    if (bar.value && bar.action) pressable(rect, `${bar.label}: ${bar.value} utterances; show them`, bar.action);
    root.append(rect);
    if (bar.value) root.append(svg('text', { class: 'count', x: box.x + (k + 0.5) * step, y: y(bar.value) - 3, 'text-anchor': 'middle' }, whole(bar.value)));
  });
  return plot.figure;
}

const path = (xs, ys) => xs.map((x, k) => `${k ? 'L' : 'M'}${x.toFixed(2)} ${ys[k].toFixed(2)}`).join('');

// Reliability: how much is right of what has a confidence.
function reliability(calibration, action) {
  const plot = frame(
    'Can confidences be believed?',
    `Expected calibration error ${percent(calibration.expected_calibration_error)}. Points on the line are as right as they are confident; their size is their number.`,
    { height: 250 },
  );
  const { root, box } = plot;
  const x = scaled(0, 1, box.x, box.x + box.width);
  const y = scaled(0, 1, box.y + box.height, box.y + 6);
  const shares = [0, 0.25, 0.5, 0.75, 1];
  axes(plot, x, y, { xTicks: shares, yTicks: shares, xName: 'confidence', yName: 'share right', xText: (v) => percent(v, 0), yText: (v) => percent(v, 0) });
  root.append(svg('line', { class: 'ideal', x1: x(0), y1: y(0), x2: x(1), y2: y(1) }));
  const threshold = calibration.reject && calibration.reject.threshold;
  if (isNumber(threshold)) {
    root.append(svg('line', { class: 'threshold', x1: x(threshold), x2: x(threshold), y1: y(0), y2: y(1) }));
  }
  const bins = calibration.bins || [];
  root.append(svg('path', { class: 'line', d: path(bins.map((b) => x(b.confidence)), bins.map((b) => y(b.accuracy))) }));
  const most = Math.max(...bins.map((b) => b.utterances));
  for (const bin of bins) {
    const dot = svg('circle', { class: 'dot', cx: x(bin.confidence), cy: y(bin.accuracy), r: 3 + 7 * Math.sqrt(bin.utterances / most) });
    root.append(pressable(dot, `confidence ${percent(bin.low, 0)} to ${percent(bin.high, 0)}: ${bin.utterances} utterances, ${percent(bin.accuracy)} right; show them`, () => action(bin)));
  }
  if (calibration.reject) plot.figure.append(el('p', { class: 'foot' }, rejectText(calibration.reject)));
  return plot.figure;
}

function rejectText(reject) {
  if (!isNumber(reject.threshold)) return `No threshold makes ${percent(reject.wanted, 0)} of what is kept right.`;
  return `Keeping confidences from ${reject.threshold.toFixed(3)} makes ${percent(reject.precision)} of what is kept right, and keeps ${percent(reject.kept)}. It is chosen on these utterances, so it flatters.`;
}

// A rate on a line from 0 to the largest, with its interval.
function whisker(rate, interval, most) {
  const x = scaled(0, most || 1, 2, 98); // percent of whatever width there is
  const root = svg('svg', { class: 'whisker', 'aria-hidden': 'true' });
  root.append(svg('line', { class: 'track', x1: '2%', x2: '98%', y1: 9, y2: 9 }));
  if (interval && interval.every(isNumber)) {
    const [low, high] = interval.map((bound) => x(Math.min(Math.max(bound, 0), most)));
    root.append(svg('rect', { class: 'range', x: `${low}%`, y: 6, width: `${Math.max(high - low, 0.5)}%`, height: 6, rx: 3 }));
  }
  if (isNumber(rate)) root.append(svg('circle', { class: 'dot', cx: `${x(Math.min(rate, most))}%`, cy: 9, r: 4.5 }));
  return root;
}
