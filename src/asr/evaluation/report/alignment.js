// Reference and hypothesis side by side, pair by pair, in colours and in letters.
function paired(reference, hypothesis, edits) {
  const said = reference.split(/\s+/).filter(Boolean);
  const heard = hypothesis.split(/\s+/).filter(Boolean);
  let r = 0;
  let h = 0;
  return [...edits].map((kind) => ({
    kind,
    said: kind === 'i' ? null : said[r++],
    heard: kind === 'd' ? null : heard[h++],
  }));
}

// In one line: what is missing struck through, what is new beside it.
function inline(i) {
  if (!TRANSCRIPTS) {
    if (!ERRORS[i]) return [el('bdi', { class: 'same' }, COLUMNS.reference[i])];
    return [el('bdi', { class: 'gone' }, COLUMNS.reference[i]), ' → ', el('bdi', { class: 'new' }, COLUMNS.hypothesis[i])];
  }
  return paired(COLUMNS.reference[i], COLUMNS.hypothesis[i], COLUMNS.edits[i]).flatMap(({ kind, said, heard }) => [
    ' ',
    kind === '=' ? el('bdi', {}, said) : null,
    kind === 's' || kind === 'd' ? el('del', { class: kind === 'd' ? 'gone' : 'gone swapped' }, el('bdi', {}, said)) : null,
    kind === 's' ? ' ' : null,
    kind === 's' || kind === 'i' ? el('ins', { class: kind === 'i' ? 'added' : 'new' }, el('bdi', {}, heard)) : null,
  ]);
}

const KINDS = { '=': 'right', s: 'substituted', d: 'missing', i: 'added' };

function alignment(label, reference, hypothesis, edits) {
  const pairs = paired(reference, hypothesis, edits);
  return el('div', { class: 'alignment', role: 'group', 'aria-label': label, dir: 'auto' },
    ...pairs.map(({ kind, said, heard }) => el('span', { class: `pair kind-${kind === '=' ? 'same' : kind}`, title: KINDS[kind] },
      el('bdi', { class: 'said' }, said ?? '\u00a0'), el('bdi', { class: 'heard' }, heard ?? '\u00a0'))),
    !pairs.length && el('span', { class: 'muted' }, 'nothing was said, nothing was recognised'));
}
