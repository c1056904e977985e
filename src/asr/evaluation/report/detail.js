// One utterance: what was said and heard, its sound, and what else is known of it.
let opened = null;

function open(i) {
  if (opened === i) return;
  opened = i;
  byId('split').classList.add('opened');
  byId('detail').hidden = false;
  byId('detail').scrollTop = 0;
  replace(byId('detail'),
    el('div', { class: 'detail-head' }, el('h3', {}, el('bdi', {}, COLUMNS.id[i])),
      el('button', { type: 'button', 'aria-label': 'Close', title: 'Close (Escape)', onclick: close }, '✕')),
    ...texts(i), ...[listening(i)].flat(), known(i));
}

function close() {
  if (opened === null) return false;
  opened = null;
  player.pause();
  byId('detail').hidden = true;
  byId('split').classList.remove('opened');
  draw();
  byId('rows').focus({ preventScroll: true });
  return true;
}

function texts(i) {
  if (!TRANSCRIPTS) return [el('p', { class: 'label-line' }, ...inline(i)), probable(i)];
  const parts = [alignment('Reference above, hypothesis below', COLUMNS.reference[i], COLUMNS.hypothesis[i], COLUMNS.edits[i])];
  if (COLUMNS.other) {
    parts.push(el('p', { class: 'foot' }, `Before, with ${COLUMNS.other_errors[i]} errors:`),
      alignment('Before', COLUMNS.reference[i], COLUMNS.other[i], COLUMNS.other_edits[i]));
  }
  return parts;
}

function probable(i) {
  return el('ul', { class: 'probable' }, ...COLUMNS.probable[i].map(([label, share]) => el('li', { class: label === COLUMNS.reference[i] ? 'truth' : '' },
    el('bdi', {}, label), svg('svg', { viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('rect', { x: 0, y: 0, width: 100 * share, height: 8 })),
    el('span', { class: 'number' }, percent(share)))));
}

function known(i) {
  const facts = [
    TRANSCRIPTS && ['Errors', `${COLUMNS.substitutions[i]} substituted, ${COLUMNS.deletions[i]} missing, ${COLUMNS.insertions[i]} added, of ${COLUMNS.words[i]} words`],
    BELIEVED && [TRANSCRIPTS ? 'Confidence' : 'Probability', isNumber(BELIEF[i]) ? BELIEF[i].toFixed(4) : '–'],
    COLUMNS.speaker[i] && ['Speaker', COLUMNS.speaker[i]],
    ['Duration', seconds(COLUMNS.seconds[i])],
    ...Object.entries(COLUMNS.extras).filter(([, values]) => values[i] !== null).map(([name, values]) => [spelled(name), values[i]]),
    ['File', COLUMNS.offset[i] ? `${COLUMNS.path[i]}, from ${COLUMNS.offset[i]} s` : COLUMNS.path[i]],
  ].filter(Boolean);
  return el('dl', { class: 'known' }, ...facts.flatMap(([name, value]) => [el('dt', {}, el('bdi', {}, name)), el('dd', {}, el('bdi', {}, value))]));
}
