// Audio with its spectrogram, and beneath it, on the same time axis, the model's tokens.
const clips = new Map();
function clipOf(i) {
  if (!HEARD.has(i)) return null;
  if (!clips.has(i)) clips.set(i, parsed(`clip-${i}`));
  return clips.get(i);
}

const player = new Audio();
let playing = null; // the number of the utterance
let heads = [];

player.addEventListener('play', () => document.body.classList.add('playing'));
for (const name of ['pause', 'ended']) player.addEventListener(name, () => document.body.classList.remove('playing'));
player.addEventListener('timeupdate', () => moveHeads());

function moveHeads() {
  const clip = playing === null ? null : clipOf(playing);
  if (!clip) return;
  const share = Math.min(player.currentTime / clip.seconds, 1);
  for (const head of heads) head.style.left = `${100 * share}%`;
  const time = byId('time');
  if (time && Number(time.dataset.of) === playing) time.textContent = `${player.currentTime.toFixed(2)} / ${clip.seconds.toFixed(2)} s`;
  if (!player.paused) requestAnimationFrame(moveHeads);
}

function load(i) {
  const clip = clipOf(i);
  if (!clip) return false;
  if (playing !== i) {
    player.src = clip.audio;
    playing = i;
  }
  return true;
}

function toggle(i) {
  if (i === null || !load(i)) {
    tell('No audio of this utterance is in the page');
    return;
  }
  if (player.paused) player.play().then(moveHeads, (error) => tell(`Cannot play: ${error.message}`));
  else player.pause();
}

function seek(i, share) {
  if (!load(i)) return;
  player.currentTime = Math.max(0, Math.min(share, 0.999)) * clipOf(i).seconds;
  moveHeads();
}

function listening(i) {
  const clip = clipOf(i);
  heads = [];
  if (!clip) return el('p', { class: 'muted' }, 'Its audio is not in the page; see --listen and --listen-mb of asr report.');
  if (playing !== null && playing !== i) player.pause();
  const at = (event) => seek(i, (event.clientX - event.currentTarget.getBoundingClientRect().left) / event.currentTarget.clientWidth);
  const head = () => {
    const line = el('i', { class: 'playhead' });
    heads.push(line);
    return line;
  };
  const picture = el('div', { class: 'picture', onclick: at }, el('img', { src: clip.picture, alt: 'Log-mel spectrogram, low frequencies at the bottom' }), head());
  const labels = clip.activity ? tokenLabels(clip) : null;
  if (labels) picture.append(labels);
  const parts = [el('div', { class: 'listen' },
    el('button', { type: 'button', class: 'play', id: 'play', 'aria-label': 'Play or pause', title: 'Play or pause (Space)', onclick: () => toggle(i) }),
    el('span', { class: 'time', id: 'time', 'data-of': i }, `0.00 / ${clip.seconds.toFixed(2)} s`)), picture, timeAxis(clip.seconds)];
  if (clip.activity) parts.push(roll(clip, at, head), el('p', { class: 'foot' }, 'Probability of each token at each moment, in the order of their peaks; ∅ is the blank. Letters above are the most probable path.'));
  return parts;
}

function timeAxis(total) {
  const axis = el('div', { class: 'time-axis', 'aria-hidden': 'true' });
  for (const value of ticks(0, total, 6)) {
    const mark = el('span', { class: value > 0.96 * total ? 'at-end' : '' }, `${+value.toFixed(2)} s`);
    mark.style.left = `${(100 * value) / total}%`;
    axis.append(mark);
  }
  return axis;
}

const BLANK = '∅';
const visible = (token) => (token === null ? BLANK : token === ' ' ? '␣' : token);

// The greedy path: each token where it begins.
function tokenLabels(clip) {
  const { tokens, best, first, hop } = clip.activity;
  const line = el('div', { class: 'emitted', 'aria-hidden': 'true' });
  best.forEach((token, frame) => {
    if (token < 0 || tokens[token] === null || token === best[frame - 1]) return;
    const mark = el('bdi', {}, visible(tokens[token]));
    mark.style.left = `${(100 * (first + frame * hop)) / clip.seconds}%`;
    line.append(mark);
  });
  return line;
}

function roll(clip, at, head) {
  const { tokens, frames, probabilities, first, hop } = clip.activity;
  const bytes = atob(probabilities);
  const canvas = el('canvas', { width: frames, height: tokens.length, role: 'img', 'aria-label': 'Probabilities of tokens over time' });
  const context = canvas.getContext('2d');
  const image = context.createImageData(frames, tokens.length);
  for (let k = 0; k < bytes.length; k += 1) {
    const value = bytes.charCodeAt(k);
    const blank = tokens[Math.floor(k / frames)] === null;
    image.data.set(blank ? [128, 128, 140, value * 0.55] : [255, 122, 26, value], 4 * k);
  }
  context.putImageData(image, 0, 0);
  // Frame k is of the time around its middle, whatever the model's hop.
  canvas.style.left = `${(100 * (first - hop / 2)) / clip.seconds}%`;
  canvas.style.width = `${(100 * frames * hop) / clip.seconds}%`;
  const lanes = el('div', { class: 'lanes', onclick: at }, canvas, head());
  lanes.style.height = `${13 * tokens.length}px`;
  tokens.forEach((token, k) => {
    const name = el('bdi', { class: 'lane' }, visible(token));
    name.style.top = `${13 * k}px`;
    lanes.append(name);
  });
  return lanes;
}
