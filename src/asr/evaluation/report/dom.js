// Elements out of names and text. Text from data only ever becomes a text node or an attribute
// that runs nothing: there is no innerHTML in these files.
const SVG = 'http://www.w3.org/2000/svg';
const INERT = /^(class|id|role|tabindex|title|type|placeholder|for|value|label|hidden|selected|colspan|scope|open|href|src|alt|preload|controls|disabled|aria-[a-z]+|data-[a-z]+|x[12]?|y[12]?|d|r|cx|cy|rx|width|height|transform|points|viewBox|preserveAspectRatio|text-anchor|dominant-baseline|min|max|step|autocomplete|spellcheck|dir)$/;

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (INERT.test(name)) element.setAttribute(name, value === true ? '' : String(value));
    else throw new Error(`attribute ${name} is not known to be safe`);
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);
const byId = (id) => document.getElementById(id);

function replace(element, ...children) {
  element.replaceChildren();
  return fill(element, {}, children);
}

function parsed(id) {
  const element = byId(id);
  return element ? JSON.parse(element.textContent) : null;
}

// Announced to screen readers.
function tell(text) {
  byId('told').textContent = text;
}

const DATA = parsed('data');
const COLUMNS = DATA.columns;
const COUNT = COLUMNS.id.length;
const TRANSCRIPTS = DATA.kind === 'transcripts';
