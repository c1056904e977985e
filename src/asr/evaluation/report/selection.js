// Which utterances the table shows, and in what order.
const filters = { text: '', errors: 'all', slice: '', only: null };
const order = { by: 'errors', down: true };
const listeners = [];
const onSelection = (listener) => listeners.push(listener);
let chosen = [];

const folded = (text) => text.normalize('NFKC').toLowerCase();
let haystack = null; // folded once, when something is looked for

function searchable(i) {
  haystack ||= COLUMNS.id.map((id, k) => folded([
    id, COLUMNS.reference[k], COLUMNS.hypothesis[k], COLUMNS.speaker[k], COLUMNS.other ? COLUMNS.other[k] : '',
    ...Object.values(COLUMNS.extras).map((values) => values[k]),
  ].join('\n')));
  return haystack[i];
}

const HEARD = new Set(DATA.heard);
const TESTS = {
  all: () => true,
  wrong: (i) => ERRORS[i] > 0,
  right: (i) => ERRORS[i] === 0,
  substitutions: (i) => COLUMNS.substitutions[i] > 0,
  deletions: (i) => COLUMNS.deletions[i] > 0,
  insertions: (i) => COLUMNS.insertions[i] > 0,
  heard: (i) => HEARD.has(i),
  better: (i) => ERRORS[i] < COLUMNS.other_errors[i],
  worse: (i) => ERRORS[i] > COLUMNS.other_errors[i],
};

const KEYS = {
  place: (i) => i,
  id: (i) => COLUMNS.id[i],
  text: (i) => COLUMNS.reference[i],
  speaker: (i) => COLUMNS.speaker[i],
  seconds: (i) => COLUMNS.seconds[i],
  // Of labels, the surest mistakes come first, as among those that can be heard.
  errors: (i) => (TRANSCRIPTS ? ERRORS[i] : (ERRORS[i] ? 1 + BELIEF[i] : -BELIEF[i])),
  rate: rateOf,
  belief: (i) => BELIEF[i],
  change: (i) => ERRORS[i] - COLUMNS.other_errors[i],
};

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined || a === '') return 1;
  if (b === null || b === undefined || b === '') return -1;
  if (typeof a === 'number' && typeof b === 'number') return (a - b) * (order.down ? -1 : 1);
  return COLLATOR.compare(String(a), String(b)) * (order.down ? -1 : 1);
}
const COLLATOR = new Intl.Collator(undefined, { numeric: true });

function select() {
  const words = folded(filters.text).split(/\s+/).filter(Boolean);
  const test = TESTS[filters.errors];
  const [column, value] = filters.slice ? JSON.parse(filters.slice) : [];
  const members = column && DATA.members[column].of;
  chosen = [];
  for (let i = 0; i < COUNT; i += 1) {
    if (!test(i) || (members && members[i] !== value)) continue;
    if (filters.only && !filters.only.test(i)) continue;
    if (words.length && !words.every((word) => searchable(i).includes(word))) continue;
    chosen.push(i);
  }
  const key = KEYS[order.by];
  const keys = new Map(chosen.map((i) => [i, key(i)]));
  chosen.sort((a, b) => compare(keys.get(a), keys.get(b)) || a - b);
  for (const listener of listeners) listener();
  tell(`${chosen.length} utterances`);
}

function sortBy(name) {
  if (order.by === name) order.down = !order.down;
  else Object.assign(order, { by: name, down: !['id', 'text', 'speaker', 'place'].includes(name) });
  select();
}

// Shows the utterances that a plot, a slice or a confusion stands for.
function showOnly(name, test) {
  Object.assign(filters, { text: '', errors: 'all', slice: '', only: { name, test } });
  select();
  goTo('utterances');
  byId('rows').focus({ preventScroll: true });
}

function showSlice(column, value) {
  Object.assign(filters, { text: '', errors: 'all', slice: JSON.stringify([column, value]), only: null });
  select();
  goTo('utterances');
  byId('rows').focus({ preventScroll: true });
}

const goTo = (id) => byId(id).scrollIntoView({ block: 'start' });
