// Numbers as text.
const RATES = new Set(['wer', 'cer', 'accuracy', 'macro_f1', 'top_5', 'eer']);
const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
const percent = (share, digits = 1) => (isNumber(share) ? `${(100 * share).toFixed(digits)} %` : '–');
const points = (share) => `${share > 0 ? '+' : ''}${(100 * share).toFixed(2)}`;
const whole = (value) => (isNumber(value) ? Math.round(value).toLocaleString('en') : '–');
const seconds = (value) => (isNumber(value) ? `${value.toFixed(value < 10 ? 2 : 1)} s` : '–');
const spelled = (name) => name.replaceAll('_', ' ');

function duration(value) {
  if (!isNumber(value)) return '–';
  if (value < 120) return seconds(value);
  if (value < 7200) return `${(value / 60).toFixed(1)} min`;
  return `${(value / 3600).toFixed(2)} h`;
}

function significant(p) {
  if (!isNumber(p)) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

// Any plain value of the summary, short.
function shown(name, value) {
  if (value === null || value === undefined) return '–';
  if (isNumber(value) && RATES.has(name)) return percent(value, 2);
  if (isNumber(value)) {
    return Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(4)));
  }
  if (Array.isArray(value)) return value.map((item) => shown(name, item)).join(', ');
  return String(value);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

const ERRORS = TRANSCRIPTS
  ? COLUMNS.id.map((_, i) => COLUMNS.substitutions[i] + COLUMNS.deletions[i] + COLUMNS.insertions[i])
  : COLUMNS.id.map((_, i) => (COLUMNS.reference[i] === COLUMNS.hypothesis[i] ? 0 : 1));
const BELIEF = TRANSCRIPTS ? COLUMNS.confidence : COLUMNS.probability;
// Of an utterance; what is heard in silence is infinitely wrong.
const rateOf = (i) => {
  if (!TRANSCRIPTS) return ERRORS[i];
  return COLUMNS.words[i] ? ERRORS[i] / COLUMNS.words[i] : ERRORS[i] ? Infinity : 0;
};
